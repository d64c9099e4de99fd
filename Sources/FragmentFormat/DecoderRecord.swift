internal import Base

/// The decoder configuration records of ISO/IEC 14496-15, made from parameter sets.
enum DecoderRecord {
    /// `avcC`: profile, compatibility and level stand in the SPS itself.
    static func avc(_ sets: [[UInt8]]) -> [UInt8]? {
        let sps = sets.filter { $0.first.map { $0 & 0x1F } == 7 }
        let pps = sets.filter { $0.first.map { $0 & 0x1F } == 8 }
        guard let first = sps.first, first.count >= 4, !pps.isEmpty, sps.count < 32,
            pps.count < 256
        else { return nil }
        // Lengths of four bytes; one list of SPS, one of PPS.
        var record: [UInt8] = [1, first[1], first[2], first[3], 0xFF, 0xE0 | UInt8(sps.count)]
        for set in sps { record.appendSized(set) }
        record.append(UInt8(pps.count))
        for set in pps { record.appendSized(set) }
        if [100, 110, 122, 144].contains(first[1]) {
            // 4:2:0 at 8 bits is what cameras send; the SPS says it when it is not.
            record += [0xFD, 0xF8, 0xF8, 0]
        }
        return record
    }

    /// `hvcC`: profile, tier and level are copied from the SPS, chroma and depth are read from it.
    static func hevc(_ sets: [[UInt8]]) -> [UInt8]? {
        func ofType(_ type: UInt8) -> [[UInt8]] {
            sets.filter { $0.first.map { $0 >> 1 & 0x3F } == type }
        }
        let (vps, sps, pps) = (ofType(32), ofType(33), ofType(34))
        guard let first = sps.first, !vps.isEmpty, !pps.isEmpty else { return nil }
        var bits = BitReader(nal: first, from: 2)
        guard let facts = HEVCFacts(&bits) else { return nil }
        var record: [UInt8] = [1]
        record += facts.profileTierLevel
        // No spatial segmentation, unknown parallelism.
        record += [0xF0, 0, 0xFC, 0xFC | facts.chroma, 0xF8 | facts.lumaDepth - 8]
        record += [0xF8 | facts.chromaDepth - 8, 0, 0]
        record.append(facts.subLayers << 3 | facts.nested << 2 | 3)
        record.append(3)
        for (type, list) in [(UInt8(32), vps), (33, sps), (34, pps)] {
            record.append(0x80 | type)
            record.appendBigEndian(UInt16(list.count))
            for set in list { record.appendSized(set) }
        }
        return record
    }
}

/// What an H.265 SPS begins with; `hvcC` repeats it.
struct HEVCFacts {
    var profileTierLevel: [UInt8] = []
    var subLayers: UInt8
    var nested: UInt8
    var chroma: UInt8
    var lumaDepth: UInt8
    var chromaDepth: UInt8

    /// From behind the unit's header; leaves the reader where this ends.
    init?(_ bits: inout BitReader) {
        guard bits.skip(4), let layers = bits.bits(3), let nesting = bits.bits(1) else {
            return nil
        }
        for _ in 0..<12 {
            guard let byte = bits.bits(8) else { return nil }
            profileTierLevel.append(UInt8(byte))
        }
        subLayers = UInt8(layers + 1)
        nested = UInt8(nesting)
        guard Self.skipSubLayers(&bits, Int(layers)), bits.golomb() != nil,
            let format = bits.golomb(), format <= 3, format != 3 || bits.skip(1),
            bits.golomb() != nil, bits.golomb() != nil, let window = bits.bits(1)
        else { return nil }
        if window == 1, !bits.skipGolombs(4) { return nil }
        guard let luma = bits.golomb(), let chromaBits = bits.golomb(), luma <= 7,
            chromaBits <= 7
        else { return nil }
        chroma = UInt8(format)
        lumaDepth = UInt8(luma + 8)
        chromaDepth = UInt8(chromaBits + 8)
    }

    private static func skipSubLayers(_ bits: inout BitReader, _ count: Int) -> Bool {
        guard count > 0 else { return true }
        var present: [(profile: Bool, level: Bool)] = []
        for _ in 0..<count {
            guard let profile = bits.bits(1), let level = bits.bits(1) else { return false }
            present.append((profile == 1, level == 1))
        }
        guard bits.skip(2 * (8 - count)) else { return false }
        for layer in present {
            guard !layer.profile || bits.skip(88), !layer.level || bits.skip(8) else {
                return false
            }
        }
        return true
    }
}

extension [UInt8] {
    fileprivate mutating func appendSized(_ set: [UInt8]) {
        appendBigEndian(UInt16(set.count))
        append(contentsOf: set)
    }
}
