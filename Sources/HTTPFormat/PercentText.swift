/// Percent-encoding of URLs (RFC 3986 §2.1), strict: what is broken is refused, not guessed.
package enum PercentText {
    /// Nil for a broken escape, for bytes that no URL has, and for what is not UTF-8.
    /// `plusIsSpace`: as forms write queries.
    package static func decode(
        _ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false
    ) -> String? {
        // Most have nothing to decode.
        if bytes.allSatisfy({ (0x2C...0x7E).contains($0) }) {
            return String(decoding: bytes, as: UTF8.self)
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(bytes.count)
        var i = bytes.startIndex
        while i < bytes.endIndex {
            switch bytes[i] {
            case 0x25:
                guard bytes.endIndex - i > 2, let high = digit(bytes[i + 1]),
                    let low = digit(bytes[i + 2])
                else { return nil }
                decoded.append(high << 4 | low)
                i += 2
            case 0x2B where plusIsSpace: decoded.append(0x20)
            // Clients that send letters as they are, in UTF-8, are understood as well.
            case 0x21...0x7E, 0x80...0xFF: decoded.append(bytes[i])
            default: return nil
            }
            i += 1
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// One segment of a path or one value of a query: everything but unreserved letters is encoded.
    package static func encode(_ text: String) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                encoded.append(byte)
            } else {
                encoded += [0x25, hex(byte >> 4), hex(byte & 15)]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5A, 0x61...0x7A, 0x30...0x39, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }

    private static func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }

    private static func digit(_ c: UInt8) -> UInt8? {
        switch c {
        case 0x30...0x39: c - 0x30
        case 0x41...0x46: c - 0x41 + 10
        case 0x61...0x66: c - 0x61 + 10
        default: nil
        }
    }
}
