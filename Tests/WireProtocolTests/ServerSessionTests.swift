import Base
import TestSupport
import Testing
import WireProtocol

/// Conversations with the server's side of a connection, without a connection.
struct ServerSessionTests {
    typealias Event = ServerSession.Event

    static func frame(
        _ type: FrameType, _ payload: [UInt8] = [], code: UInt16 = 0, stream: UInt32 = 0,
        last: Bool = false
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        FrameHeader(type, payloadBytes: payload.count, code: code, stream: stream, last: last)
            .append(to: &bytes)
        return bytes + payload
    }

    static let hello = frame(
        .hello, [1, 2], code: WireLimits.helloCode, stream: WireLimits.helloStream)

    static func request(_ stream: UInt32, last: Bool = true) -> [UInt8] {
        frame(.request, [9, 9, 9], code: 0x31, stream: stream, last: last)
    }

    /// All events of bytes that come in pieces, as if a server drove the session. Bodies are joined,
    /// for they depend on the pieces.
    static func events(
        _ bytes: [UInt8], pieces: [Int], _ session: inout ServerSession
    ) -> [String] {
        var found: [String] = []
        var bodies: [UInt32: [UInt8]] = [:]
        var begun: [UInt8] = []
        var at = 0
        var turn = 0
        while at < bytes.count {
            let count = min(max(1, pieces[turn % pieces.count]), bytes.count - at)
            turn += 1
            begun += bytes[at..<at + count]
            at += count
            let input = begun
            var position = 0
            loop: while true {
                let event = session.next(input.span, &position)
                switch event {
                case .needsMore: break loop
                case .skipped: continue
                case .hello(let range):
                    session.greeted(clientWindow: 1 << 16)
                    found.append("hello \(input[range])")
                case .auth(let range):
                    session.admitted()
                    found.append("auth \(input[range])")
                case .request(let stream, let code, let range, let last):
                    found.append("request \(stream) \(code) \(input[range]) \(last)")
                case .body(let stream, let range, let last):
                    bodies[stream, default: []] += input[range]
                    if last { found.append("body \(stream) \(bodies[stream] ?? [])") }
                case .ping(let range): found.append("ping \(input[range])")
                case .cancelled, .credited, .goAway, .refused: found.append("\(event)")
                case .violated(let error):
                    found.append("violated \(error.code)")
                    return found
                }
            }
            begun = Array(input[position...])
        }
        return found
    }

    static func events(_ frames: [UInt8]..., pieces: [Int] = [1 << 20]) -> [String] {
        var session = ServerSession()
        return events(Array(frames.joined()), pieces: pieces, &session)
    }

    @Test func `a log-in, then requests`() {
        #expect(
            Self.events(
                Self.hello, Self.frame(.auth, [7]), Self.request(1),
                Self.request(2, last: false), Self.frame(.data, [1, 2], stream: 2),
                Self.frame(.data, [3], stream: 2, last: true), Self.frame(.ping, [5]))
                == [
                    "hello [1, 2]", "auth [7]", "request 1 49 [9, 9, 9] true",
                    "request 2 49 [9, 9, 9] false", "body 2 [1, 2, 3]", "ping [5]",
                ])
    }

    @Test func `the first frame's bytes are the same for ever`() {
        #expect(
            Self.hello == [0, 0, 0, 2, 0x01, 0, 0x50, 0x52, 0, 0, 0x46, 0x4C, 1, 2])
    }

    @Test func `out of turn ends the connection`() {
        let auth = Self.frame(.auth, [7])
        #expect(Self.events(Array("GET / HTTP/1.1\r\n\r\n".utf8)) == ["violated protocolViolation"])
        #expect(Self.events(auth).last == "violated protocolViolation")
        #expect(Self.events(Self.hello, Self.hello).last == "violated protocolViolation")
        #expect(Self.events(Self.hello, Self.request(1)).last == "violated notAdmitted")
        #expect(Self.events(Self.hello, auth, auth).last == "violated protocolViolation")
        for type in [FrameType.welcome, .reply, .item, .admitted, .challenge] {
            #expect(
                Self.events(Self.hello, auth, Self.frame(type, [], stream: 1)).last
                    == "violated protocolViolation")
        }
        #expect(
            Self.events(Self.hello, auth, Self.frame(.goAway), Self.request(1)).last
                == "violated protocolViolation")
    }

    @Test func `streams count upwards and are ended once`() {
        let start = Self.hello + Self.frame(.auth, [7])
        #expect(
            Self.events(start, Self.request(5), Self.request(5)).last
                == "violated protocolViolation")
        #expect(Self.events(start, Self.request(0)).last == "violated protocolViolation")
        let strangers = [
            Self.frame(.data, [1], stream: 0), Self.frame(.data, [1], stream: 3),
            Self.frame(.credit, [0, 0, 0, 1], stream: 3), Self.frame(.cancel, stream: 0),
        ]
        for stranger in strangers {
            #expect(Self.events(start, stranger).last == "violated protocolViolation")
        }
        // After its own last frame a client adds nothing.
        #expect(
            Self.events(start, Self.request(1), Self.frame(.data, [1], stream: 1)).last
                == "violated protocolViolation")
        // A cancelled stream is over; what was on the way is passed over.
        #expect(
            Self.events(
                start, Self.request(1, last: false), Self.frame(.cancel, stream: 1),
                Self.frame(.data, [1], stream: 1, last: true),
                Self.frame(.credit, [0, 0, 0, 1], stream: 1), Self.frame(.ping)
            ).suffix(2) == ["cancelled(stream: 1)", "ping []"])
    }

    @Test func `more than the window is not taken`() {
        let start = Self.hello + Self.frame(.auth, [7]) + Self.request(1, last: false)
        let half = [UInt8](repeating: 1, count: WireLimits.windowDefault / 2)
        let data = Self.frame(.data, half, stream: 1)
        #expect(!Self.events(start, data, data).contains("violated protocolViolation"))
        #expect(
            Self.events(start, data, data, Self.frame(.data, [1], stream: 1)).last
                == "violated protocolViolation")
        let flood = Self.frame(.credit, [0xFF, 0xFF, 0xFF, 0xFF], stream: 1)
        #expect(Self.events(start, flood).last == "violated protocolViolation")
    }

    @Test func `frames beyond their limits are refused by their head alone`() {
        let start = Self.hello + Self.frame(.auth, [7])
        for type in FrameType.allCases {
            var head: [UInt8] = []
            FrameHeader(type, payloadBytes: type.payloadBytesMax + 1, stream: 1).append(to: &head)
            #expect(Self.events(start, head).last == "violated tooLarge")
        }
        #expect(
            Self.events(start, [0, 1, 0, 1, 0x7F, 0, 0, 0, 0, 0, 0, 1]).last == "violated tooLarge")
    }

    @Test func `however the bytes are cut, the events are the same`() {
        let bytes =
            Self.hello + Self.frame(.auth, [7]) + Self.request(1)
            + Self.request(2, last: false) + Self.frame(.data, Array(0..<200), stream: 2)
            + [0, 0, 0, 3, 0x7E, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3]
            + Self.frame(.data, [], stream: 2) + Self.frame(.data, [8], stream: 2, last: true)
            + Self.frame(.credit, [0, 0, 0, 9], stream: 1) + Self.frame(.cancel, stream: 1)
            + Self.frame(.data, [1, 1], stream: 2) + Self.frame(.ping, [1]) + Self.request(7)
        var whole = ServerSession()
        let expected = Self.events(bytes, pieces: [bytes.count], &whole)
        #expect(expected.count == 8)
        for first in 1..<bytes.count {
            var session = ServerSession()
            let events = Self.events(bytes, pieces: [first, bytes.count], &session)
            #expect(events == expected)
        }
        for piece in 1...20 {
            var session = ServerSession()
            let events = Self.events(bytes, pieces: [piece], &session)
            #expect(events == expected)
        }
        // Flipped bits end in events or in a violation, never in a trap.
        for bit in 0..<bytes.count * 8 {
            var flipped = bytes
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            var one = ServerSession()
            var other = ServerSession()
            let events = Self.events(flipped, pieces: [7, 1, 50], &one)
            #expect(events == Self.events(flipped, pieces: [1 << 20], &other))
        }
    }
}
