internal import CLinux

/// Hexadecimal and base64, strict: one text for one value, so that two spellings never name one
/// thing.

/// Of a number below 16.
func hexText(_ digit: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
}

func hexDigit(_ c: UInt8) -> UInt64? {
    switch c {
    case 0x30...0x39: UInt64(c - 0x30)
    case 0x61...0x66: UInt64(c - 0x61 + 10)
    default: nil
    }
}

/// The number that sixteen lower-case digits write; nil for anything else. Eight at a time: every
/// leaf that is read has hundreds.
func hexWord(_ text: Span<UInt8>, at offset: Int) -> UInt64? {
    guard let high = hexHalf(text.bigEndian(UInt64.self, at: offset)),
        let low = hexHalf(text.bigEndian(UInt64.self, at: offset + 8))
    else { return nil }
    return high << 32 | low
}

/// Of eight digits, one a byte.
private func hexHalf(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let isLetter = text >> 6 & ones
    var value = (text & (ones &* 0x0F)) &+ isLetter &* 9
    // Written again they must be the same text.
    let isAboveNine = (value &+ ones &* 6) >> 4 & ones
    guard value & (ones &* 0xF0) == 0, value &+ ones &* 0x30 &+ isAboveNine &* 0x27 == text else {
        return nil
    }
    value = (value | value >> 4) & 0x00FF_00FF_00FF_00FF
    value = (value | value >> 8) & 0x0000_FFFF_0000_FFFF
    return (value | value >> 16) & 0xFFFF_FFFF
}

/// Sixteen digits; the caller has made room.
func writeHex(_ word: UInt64, to text: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
    for i in 0..<16 { unsafe text[offset + i] = hexText(word >> UInt64(60 - 4 * i) & 15) }
}

extension Array where Element == UInt8 {
    public var hex: String {
        unsafe String(unsafeUninitializedCapacity: count * 2) { text in
            for i in indices {
                unsafe text[2 * i] = hexText(UInt64(self[i] >> 4))
                unsafe text[2 * i + 1] = hexText(UInt64(self[i] & 15))
            }
            return count * 2
        }
    }

    /// Lower-case digits only.
    public init?(hex text: some StringProtocol) {
        func digit(_ c: UInt8) -> UInt8? {
            switch c {
            case 0x30...0x39: c - 0x30
            case 0x61...0x66: c - 0x61 + 10
            default: nil
            }
        }
        let text = Array(text.utf8)
        guard text.count % 2 == 0 else { return nil }
        self = []
        reserveCapacity(text.count / 2)
        for i in stride(from: 0, to: text.count, by: 2) {
            guard let high = digit(text[i]), let low = digit(text[i + 1]) else { return nil }
            append(high << 4 | low)
        }
    }

    /// RFC 4648 base64 with padding.
    public var base64: String {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        text.reserveCapacity((count + 2) / 3 * 4)
        var i = 0
        while i < count {
            let left = count - i
            let group =
                UInt32(self[i]) << 16 | (left > 1 ? UInt32(self[i + 1]) << 8 : 0)
                | (left > 2 ? UInt32(self[i + 2]) : 0)
            text.append(alphabet[Int(group >> 18)])
            text.append(alphabet[Int(group >> 12 & 63)])
            text.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : 0x3D)
            text.append(left > 2 ? alphabet[Int(group & 63)] : 0x3D)
            i += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Refuses missing padding, other alphabets, white space and non-zero trailing bits.
    public init?(base64 text: some StringProtocol) { self.init(base64: Array(text.utf8)[...]) }

    /// The same of the text's bytes.
    public init?(base64 text: ArraySlice<UInt8>) {
        let text = text.span
        guard text.count % 4 == 0 else { return nil }
        self = []
        reserveCapacity(text.count / 4 * 3)
        for i in stride(from: 0, to: text.count, by: 4) {
            let last = i + 4 == text.count
            let pads = last ? (text[i + 3] == 0x3D ? (text[i + 2] == 0x3D ? 2 : 1) : 0) : 0
            var group: UInt32 = 0
            for k in 0..<4 {
                if k >= 4 - pads {
                    group <<= 6
                } else {
                    guard let v = sixBits(text[i + k]) else { return nil }
                    group = group << 6 | v
                }
            }
            if pads == 1, group & 0xFF != 0 { return nil }
            if pads == 2, group & 0xFFFF != 0 { return nil }
            append(UInt8(truncatingIfNeeded: group >> 16))
            if pads < 2 { append(UInt8(truncatingIfNeeded: group >> 8)) }
            if pads < 1 { append(UInt8(truncatingIfNeeded: group)) }
        }
    }
}

/// What a letter of base64 stands for.
private func sixBits(_ c: UInt8) -> UInt32? {
    switch c {
    case 0x41...0x5A: UInt32(c - 0x41)
    case 0x61...0x7A: UInt32(c - 0x61 + 26)
    case 0x30...0x39: UInt32(c - 0x30 + 52)
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
}

extension String {
    /// What fits into so many bytes of UTF-8; whole letters only.
    public func cut(toBytes max: Int) -> String {
        guard utf8.count > max else { return self }
        var cut = ""
        for scalar in unicodeScalars {
            guard cut.utf8.count + UTF8.width(scalar) <= max else { break }
            cut.unicodeScalars.append(scalar)
        }
        return cut
    }

    /// `==` would call `é` and `e` with an accent the same.
    public func hasSameBytes(as other: String) -> Bool {
        let (mine, others) = (utf8Span.span, other.utf8Span.span)
        guard mine.count == others.count else { return false }
        return unsafe mine.withUnsafeBytes { mine in
            unsafe others.withUnsafeBytes { others in
                unsafe mine.isEmpty
                    || memcmp(mine.baseAddress!, others.baseAddress!, mine.count) == 0
            }
        }
    }
}
