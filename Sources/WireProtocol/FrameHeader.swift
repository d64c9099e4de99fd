internal import Base

/// The twelve bytes before everything that travels, big-endian:
///
/// ```
///  0  4  bytes that follow the header      4  1  type of frame
///  5  1  flags, bit 0 = last of this side   6  2  code: operation, or number of an error
///  8  4  stream; 0 is the connection itself
/// ```
///
/// `docs/protocol.md` has the grammar and an example of each.
package struct FrameHeader: Hashable, Sendable {
    package static let byteCount = 12
    package static let lastFlag: UInt8 = 1

    package var payloadBytes: Int
    /// As it came: types that this version does not know are skipped.
    package var type: UInt8
    package var flags: UInt8
    package var code: UInt16
    package var stream: UInt32

    package init(
        _ type: FrameType, payloadBytes: Int, code: UInt16 = 0, stream: UInt32 = 0,
        last: Bool = false
    ) {
        self.payloadBytes = payloadBytes
        self.type = type.rawValue
        flags = last ? Self.lastFlag : 0
        self.code = code
        self.stream = stream
    }

    /// The caller has seen that there are twelve bytes.
    package init(decoding bytes: Span<UInt8>, at offset: Int) {
        payloadBytes = Int(bytes.bigEndian(UInt32.self, at: offset))
        type = bytes[offset + 4]
        flags = bytes[offset + 5]
        code = bytes.bigEndian(UInt16.self, at: offset + 6)
        stream = bytes.bigEndian(UInt32.self, at: offset + 8)
    }

    package var isLast: Bool { flags & Self.lastFlag != 0 }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(UInt32(payloadBytes))
        bytes.append(type)
        bytes.append(flags)
        bytes.appendBigEndian(code)
        bytes.appendBigEndian(stream)
    }
}

package enum FrameType: UInt8, Sendable, CaseIterable {
    // Of the connection: stream 0.
    case hello = 0x01
    case welcome = 0x02
    case auth = 0x03
    case challenge = 0x04
    case admitted = 0x05
    case ping = 0x06
    case pong = 0x07
    case goAway = 0x08
    // Of a stream.
    case request = 0x10
    case reply = 0x11
    case item = 0x12
    case data = 0x13
    case credit = 0x14
    case cancel = 0x15
    /// On stream 0 it ends the connection.
    case error = 0x16

    /// What a receiver takes of each. A frame beyond it ends the connection.
    package var payloadBytesMax: Int {
        switch self {
        case .hello, .auth, .challenge, .admitted, .goAway: 4 << 10
        case .welcome, .error: 16 << 10
        case .ping, .pong: 64
        case .request: 64 << 10
        case .reply, .item: 1 << 20
        case .data: 256 << 10
        case .credit: 4
        case .cancel: 0
        }
    }

    /// What counts against a stream's credit.
    package var spendsCredit: Bool { self == .item || self == .data }
}

/// What both sides start from; a `WELCOME` says them to clients.
package enum WireLimits {
    package static let version: Int64 = 1
    /// "PRFL": the code and stream of the first frame, so that a stranger is known at once.
    package static let helloCode: UInt16 = 0x5052
    package static let helloStream: UInt32 = 0x464C
    /// Of a frame whose type is not known.
    package static let unknownBytesMax = 64 << 10
    /// Requests of one connection at a time.
    package static let streamsMax = 64
    /// What a side may send on a stream before it is given credit.
    package static let windowDefault = 256 << 10
    package static let windowMin = 16 << 10
    package static let windowMax = 16 << 20
    /// Fields of one message.
    package static let fieldsMax = 256
}
