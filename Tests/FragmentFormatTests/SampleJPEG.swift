import Base
import FragmentFormat

/// JPEGs that are right in form; what is in their scans means nothing.
enum SampleJPEG {
    static func segment(_ marker: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        var segment: [UInt8] = [0xFF, marker]
        segment.appendBigEndian(UInt16(bytes.count + 2))
        return segment + bytes
    }

    static func frameHeader(_ marker: UInt8 = 0xC0, width: Int, height: Int) -> [UInt8] {
        var bytes: [UInt8] = [8]
        bytes.appendBigEndian(UInt16(height))
        bytes.appendBigEndian(UInt16(width))
        return segment(marker, bytes + [3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
    }

    static let scanHeader = segment(0xDA, [3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0])

    /// Bytes as of a scan: every 0xFF is stuffed.
    static func scan(_ count: Int, seed: UInt64 = 7) -> [UInt8] {
        var random = SeededRandom(seed: seed)
        return random.bytes(count).flatMap { $0 == 0xFF ? [0xFF, 0x00] : [$0] }
    }

    static func picture(
        width: Int = 640, height: Int = 480, tables: Bool = true, comment: [UInt8]? = nil,
        scanBytes: Int = 500, seed: UInt64 = 7
    ) -> [UInt8] {
        var bytes: [UInt8] = [0xFF, 0xD8]
        // A thumbnail with markers of its own.
        bytes += segment(0xE1, [0xFF, 0xD8, 0xFF, 0xDA, 0xFF, 0xD9])
        if let comment { bytes += segment(0xFE, comment) }
        bytes += segment(0xDB, [UInt8](repeating: 1, count: 65))
        bytes += frameHeader(width: width, height: height)
        if tables { bytes += JPEGTables.standard }
        bytes += scanHeader + scan(scanBytes, seed: seed)
        bytes += [0xFF, 0xD3] + scan(20)
        return bytes + [0xFF, 0xD9]
    }
}
