/// A picture as viewers of a stream get it. Some of them take a picture to end at the first end
/// marker that they find, so there is one: behind the picture, and none inside a thumbnail or a
/// comment. What is stored stays as the camera sent it.
package enum JPEGView {
    /// The stretches of `bytes` that make the picture, in order; nil when it is not whole.
    package static func parts(_ bytes: Span<UInt8>) -> [Range<Int>]? {
        guard bytes.count > 4, bytes[0] == 0xFF, bytes[1] == 0xD8 else { return nil }
        var parts: [Range<Int>] = []
        var start = 0
        var i = 2
        var isScan = false
        while i + 1 < bytes.count {
            if isScan {
                // Only a marker ends a scan: stuffed bytes, restarts and fill do not.
                while i + 1 < bytes.count,
                    bytes[i] != 0xFF || isInScan(bytes[i + 1])
                { i += 1 }
                guard i + 1 < bytes.count else { return nil }
                isScan = false
            }
            guard bytes[i] == 0xFF else { return nil }
            let marker = bytes[i + 1]
            switch marker {
            case 0xFF: i += 1
            case 0x01: i += 2
            case 0xD9:
                parts.append(start..<(i + 2))
                return parts
            case 0x00, 0xD0...0xD8: return nil
            default:
                guard i + 3 < bytes.count else { return nil }
                let end = i + 2 + (Int(bytes[i + 2]) << 8 | Int(bytes[i + 3]))
                guard end >= i + 4, end < bytes.count else { return nil }
                if isForOthers(marker), hasEndMarker(bytes, (i + 2)..<end) {
                    parts.append(start..<i)
                    start = end
                }
                isScan = marker == 0xDA
                i = end
            }
        }
        return nil
    }

    private static func isInScan(_ byte: UInt8) -> Bool {
        byte == 0x00 || byte == 0xFF || (0xD0...0xD7).contains(byte)
    }

    /// Segments that no decoder needs: what applications write, but for JFIF's and Adobe's, which
    /// say how colours are meant, and comments.
    private static func isForOthers(_ marker: UInt8) -> Bool {
        (0xE1...0xED).contains(marker) || marker == 0xEF || marker == 0xFE || marker == 0xE0
    }

    private static func hasEndMarker(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        var i = range.lowerBound
        while i + 1 < range.upperBound {
            if bytes[i] == 0xFF, bytes[i + 1] == 0xD9 { return true }
            i += 1
        }
        return false
    }
}
