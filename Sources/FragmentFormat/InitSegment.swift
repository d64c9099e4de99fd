package import Base

/// The first part of every clip: what a player must know before any fragment. Made from the
/// stream's format alone, so the same format always gives the same bytes.
package enum InitSegment {
    /// Ticks of all times in our fragments: microseconds.
    package static let timescale: UInt32 = 1_000_000
    package static let trackID: UInt32 = 1
    package static let byteCountMax = 2048

    /// Nil when the parameter sets are missing, broken or far too long.
    package static func make(_ format: StreamFormat) -> [UInt8]? {
        guard (1...65_535).contains(format.width), (1...65_535).contains(format.height),
            let sample = entry(format)
        else { return nil }
        var writer = BoxWriter(capacity: 1024)
        writer.box("ftyp") {
            $0.letters("iso6")
            $0.put(UInt32(1))
            for brand in ["iso6", "iso5", "mp41"] { $0.letters(brand) }
        }
        writer.box("moov") {
            movieHeader(&$0)
            $0.box("trak") { track(&$0, format, sample) }
            $0.box("mvex") {
                $0.fullBox("trex") {
                    $0.put(trackID)
                    $0.put(UInt32(1))
                    $0.zeros(12)
                }
            }
        }
        return writer.bytes.count <= byteCountMax ? writer.bytes : nil
    }

    private static func movieHeader(_ writer: inout BoxWriter) {
        writer.fullBox("mvhd") {
            $0.zeros(8)
            $0.put(timescale)
            $0.put(UInt32(0))
            $0.put(UInt32(0x10000))
            $0.put(UInt16(0x100))
            $0.zeros(10)
            matrix(&$0)
            $0.zeros(24)
            $0.put(UInt32(trackID + 1))
        }
    }

    private static func matrix(_ writer: inout BoxWriter) {
        for value: UInt32 in [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000] {
            writer.put(value)
        }
    }

    private static func track(
        _ writer: inout BoxWriter, _ format: StreamFormat, _ entry: (inout BoxWriter) -> Void
    ) {
        writer.fullBox("tkhd", flags: 3) {
            $0.zeros(8)
            $0.put(trackID)
            $0.zeros(4 + 4 + 8 + 8)
            matrix(&$0)
            $0.put(UInt32(format.width) << 16)
            $0.put(UInt32(format.height) << 16)
        }
        writer.box("mdia") {
            $0.fullBox("mdhd") {
                $0.zeros(8)
                $0.put(timescale)
                $0.put(UInt32(0))
                // "und": no language.
                $0.put(UInt16(0x55C4))
                $0.zeros(2)
            }
            $0.fullBox("hdlr") {
                $0.zeros(4)
                $0.letters("vide")
                $0.zeros(12)
                $0.letters("camera")
                $0.zeros(1)
            }
            $0.box("minf") {
                $0.fullBox("vmhd", flags: 1) { $0.zeros(8) }
                $0.box("dinf") {
                    $0.fullBox("dref") {
                        $0.put(UInt32(1))
                        $0.fullBox("url ", flags: 1) { _ in }
                    }
                }
                $0.box("stbl") { table(&$0, entry) }
            }
        }
    }

    /// All samples are in fragments, so the tables are empty.
    private static func table(_ writer: inout BoxWriter, _ entry: (inout BoxWriter) -> Void) {
        writer.fullBox("stsd") {
            $0.put(UInt32(1))
            entry(&$0)
        }
        writer.fullBox("stts") { $0.zeros(4) }
        writer.fullBox("stsc") { $0.zeros(4) }
        writer.fullBox("stsz") { $0.zeros(8) }
        writer.fullBox("stco") { $0.zeros(4) }
    }

    private static func entry(_ format: StreamFormat) -> ((inout BoxWriter) -> Void)? {
        switch format.codec {
        case .h264:
            guard let record = DecoderRecord.avc(format.parameterSets) else { return nil }
            return { visual(&$0, "avc1", format) { $0.box("avcC") { $0.put(record) } } }
        case .h265:
            guard let record = DecoderRecord.hevc(format.parameterSets) else { return nil }
            return { visual(&$0, "hvc1", format) { $0.box("hvcC") { $0.put(record) } } }
        case .mjpeg:
            return { visual(&$0, "mp4v", format) { jpegDescriptor(&$0) } }
        }
    }

    private static func visual(
        _ writer: inout BoxWriter, _ name: String, _ format: StreamFormat,
        _ configuration: (inout BoxWriter) -> Void
    ) {
        writer.box(name) {
            $0.zeros(6)
            $0.put(UInt16(1))
            $0.zeros(16)
            $0.put(UInt16(format.width))
            $0.put(UInt16(format.height))
            // 72 dpi both ways, one frame a sample, no compressor's name, 24 bits, no palette.
            $0.put(UInt32(0x48_0000))
            $0.put(UInt32(0x48_0000))
            $0.zeros(4)
            $0.put(UInt16(1))
            $0.zeros(32)
            $0.put(UInt16(24))
            $0.put(UInt16(0xFFFF))
            configuration(&$0)
        }
    }

    /// MPEG-4 systems know JPEG as object type 0x6C; players read MJPEG in MP4 by it.
    private static func jpegDescriptor(_ writer: inout BoxWriter) {
        writer.fullBox("esds") {
            // ES descriptor, decoder configuration, SL configuration.
            $0.put([3, 21, 0, 1, 0, 4, 13, 0x6C, 0x11] as [UInt8])
            $0.zeros(11)
            $0.put([6, 1, 2] as [UInt8])
        }
    }
}
