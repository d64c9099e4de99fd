/// Hexadecimal and base64, strict: one text for one value, so that two spellings never name one
/// thing.

extension Array where Element == UInt8 {
    public var hex: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(count * 2)
        for byte in self {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
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
    public init?(base64 text: some StringProtocol) {
        func value(_ c: UInt8) -> UInt32? {
            switch c {
            case 0x41...0x5A: UInt32(c - 0x41)
            case 0x61...0x7A: UInt32(c - 0x61 + 26)
            case 0x30...0x39: UInt32(c - 0x30 + 52)
            case 0x2B: 62
            case 0x2F: 63
            default: nil
            }
        }
        let text = Array(text.utf8)
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
                    guard let v = value(text[i + k]) else { return nil }
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
