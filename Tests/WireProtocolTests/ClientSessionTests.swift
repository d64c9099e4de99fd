import Base
import Testing
import WireProtocol

/// The client's side, against what a server says, however it comes and whatever became of it.
struct ClientSessionTests {
    /// All events of bytes that come in pieces, of a client that asks as soon as it may.
    static func events(_ bytes: [UInt8], pieces: [Int]) -> [String] {
        var session = ClientSession()
        var found: [String] = []
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
                switch session.next(input.span, &position) {
                case .needsMore: break loop
                case .skipped: continue
                case .welcome(let range):
                    session.welcomed(serverWindow: 1 << 16)
                    found.append("welcome \(input[range])")
                case .admitted(let range):
                    session.admitted()
                    found.append("admitted \(input[range])")
                case .challenge(let range): found.append("challenge \(input[range])")
                case .item(let range): found.append("item \(input[range])")
                case .reply(let range, let last): found.append("reply \(input[range]) \(last)")
                case .body(let range, let last): found.append("body \(input[range]) \(last)")
                case .ping(let range): found.append("ping \(input[range])")
                case .refused(let error): found.append("refused \(error.code)")
                case .ended(let error): found.append("ended \(error.code)")
                case .credited: found.append("credited \(session.credit)")
                case .goAway: found.append("goAway")
                case .violated(let words):
                    found.append("violated \(words)")
                    return found
                }
                if session.canAsk { _ = session.request(0x31, FieldWriter(), hasBody: false) }
            }
            begun = Array(input[position...])
        }
        return found
    }

    static let said: [UInt8] = {
        func frame(
            _ type: FrameType, _ payload: [UInt8] = [], stream: UInt32 = 0, last: Bool = false
        ) -> [UInt8] {
            ServerSessionTests.frame(type, payload, code: 0x31, stream: stream, last: last)
        }
        var error: [UInt8] = []
        WireError(.notFound, "none").append(to: &error, stream: 2)
        return frame(.welcome, [1]) + frame(.admitted, [2]) + frame(.ping, [5])
            + frame(.item, [3, 3], stream: 1) + frame(.credit, [0, 0, 0, 9], stream: 1)
            + [0, 0, 0, 3, 0x7E, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3]
            + frame(.reply, [4], stream: 1) + frame(.data, Array(0..<50), stream: 1)
            + frame(.data, [], stream: 1, last: true) + error
            + frame(.data, [6], stream: 1) + frame(.reply, [], stream: 3, last: true)
            + frame(.goAway)
    }()

    @Test func `however the bytes are cut, the events are the same`() {
        let expected = Self.events(Self.said, pieces: [Self.said.count])
        #expect(
            expected.filter { !$0.hasPrefix("body") } == [
                "welcome [1]", "admitted [2]", "ping [5]", "item [3, 3]", "credited 65545",
                "reply [4] false", "refused notFound", "reply [] true", "goAway",
            ])
        for first in 1..<Self.said.count {
            #expect(Self.events(Self.said, pieces: [first, Self.said.count]) == expected)
        }
        for piece in 1...20 { #expect(Self.events(Self.said, pieces: [piece]) == expected) }
    }

    @Test func `flipped bits end in events or in a violation, the same in any pieces`() {
        for bit in 0..<Self.said.count * 8 {
            var flipped = Self.said
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(
                Self.events(flipped, pieces: [7, 1, 50])
                    == Self.events(flipped, pieces: [Self.said.count]))
        }
    }

    @Test func `a server cannot give more credit than a window holds, nor speak as a client`() {
        let start = ServerSessionTests.frame(.welcome) + ServerSessionTests.frame(.admitted)
        let most: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF]
        let flood = ServerSessionTests.frame(.credit, most, stream: 1)
        #expect(Self.events(start + flood, pieces: [999]).last?.hasPrefix("violated") == true)
        for type in [FrameType.hello, .auth, .request, .cancel] {
            let frame = ServerSessionTests.frame(type, [], stream: 1)
            #expect(Self.events(start + frame, pieces: [999]).last?.hasPrefix("violated") == true)
        }
        for block in VectorTests.of("refused frame") {
            let events = Self.events(start + block.bytes, pieces: [999])
            #expect(events.last?.hasPrefix("violated") == true, "\(block.title)")
        }
    }
}
