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

    public func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
    }

    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        append(to: &bytes)
        return bytes
    }

    /// The canonical lower-case text with hyphens, and nothing else.
    public init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// The same, as fast as it goes: every leaf has such texts.
    public init?(_ text: String) { self.init(text: text.utf8Span.span) }

    public init?(text bytes: Span<UInt8>) {
        guard bytes.count == 36 else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for at in 0..<36 {
            if Self.isHyphen(at) {
                guard bytes[at] == 0x2D else { return nil }
                continue
            }
            guard let digit = hexDigit(bytes[at]) else { return nil }
            if at < 18 {
                words.0 = words.0 << 4 | digit
            } else {
                words.1 = words.1 << 4 | digit
            }
        }
        (high, low) = words
    }

    static func isHyphen(_ at: Int) -> Bool { at == 8 || at == 13 || at == 18 || at == 23 }
}

extension RecordID: CustomStringConvertible {
    public var description: String {
        unsafe String(unsafeUninitializedCapacity: 36) { text in
            var digits = (high, low)
            for at in 0..<36 {
                if Self.isHyphen(at) {
                    unsafe text[at] = 0x2D
                } else {
                    let digit = at < 18 ? digits.0 >> 60 : digits.1 >> 60
                    if at < 18 { digits.0 <<= 4 } else { digits.1 <<= 4 }
                    unsafe text[at] = hexText(digit)
                }
            }
            return 36
        }
    }
}
