/// A UUIDv7 (RFC 9562): sortable by the time it claims. The claim proves nothing.
@frozen public struct RecordID: Hashable, Sendable {
    public let high: UInt64
    public let low: UInt64

    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `random` supplies 74 bits; the version and variant bits are set here.
    public init(at time: WallTime, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(bitPattern: time.microseconds / 1000) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (random.1 & 0x3FFF_FFFF_FFFF_FFFF)
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
        return bytes
    }

    /// The canonical lower-case text with hyphens, and nothing else.
    public init?(_ text: some StringProtocol) {
        let t = Array(text.utf8)
        guard t.count == 36, t[8] == 0x2D, t[13] == 0x2D, t[18] == 0x2D, t[23] == 0x2D else {
            return nil
        }
        let digits = String(decoding: t.filter { $0 != 0x2D }, as: UTF8.self)
        guard digits.utf8.count == 32, let bytes = [UInt8](hex: digits) else { return nil }
        high = bytes.span.bigEndian(UInt64.self, at: 0)
        low = bytes.span.bigEndian(UInt64.self, at: 8)
    }
}

extension RecordID: CustomStringConvertible {
    public var description: String {
        let hex = Array(bytes.hex.utf8)
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for (i, c) in hex.enumerated() {
            if i == 8 || i == 12 || i == 16 || i == 20 { text.append(0x2D) }
            text.append(c)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
