package import Base

/// NAL units between start codes, as RTP depacketisers and encoders deliver them (H.264 annex B).
package enum AnnexB {
    /// Where each NAL unit lies. Zeros before a start code belong to it and not to the unit, which
    /// never ends in one. Bytes before the first start code are no unit.
    package static func units(in bytes: Span<UInt8>) -> [Range<Int>] {
        var units: [Range<Int>] = []
        var start = -1
        var at = 0
        let last = bytes.count - 3
        while at <= last {
            // A third byte above one ends none of the three start codes that could begin here.
            if bytes[at + 2] > 1 {
                at += 3
            } else if bytes[at] == 0, bytes[at + 1] == 0, bytes[at + 2] == 1 {
                add(start, at, bytes, to: &units)
                start = at + 3
                at += 3
            } else {
                at += 1
            }
        }
        add(start, bytes.count, bytes, to: &units)
        return units
    }

    private static func add(
        _ start: Int, _ end: Int, _ bytes: Span<UInt8>, to units: inout [Range<Int>]
    ) {
        guard start >= 0 else { return }
        var end = end
        while end > start, bytes[end - 1] == 0 { end -= 1 }
        if end > start { units.append(start..<end) }
    }

    /// The units with start codes between them.
    package static func joined(_ units: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for unit in units {
            bytes += [0, 0, 0, 1]
            bytes += unit
        }
        return bytes
    }
}

/// What the first bytes of a NAL unit say.
package enum NALUnit {
    package enum Kind: Hashable, Sendable {
        /// H.265 only.
        case videoParameters
        case sequenceParameters
        case pictureParameters
        /// Part of a picture; `random`: decoding can start with this picture.
        case slice(random: Bool)
        /// Announces the next picture: delimiter, information before slices.
        case leading
        /// Belongs to the picture before it, or anywhere.
        case other
    }

    package static func kind(_ unit: Span<UInt8>, codec: Codec) -> Kind {
        guard unit.count >= 2 else { return .other }
        if codec == .h264 {
            switch unit[0] & 31 {
            case 1...4: return .slice(random: false)
            case 5: return .slice(random: true)
            case 6, 9, 14...18: return .leading
            case 7: return .sequenceParameters
            case 8: return .pictureParameters
            default: return .other
            }
        }
        switch unit[0] >> 1 & 63 {
        // IRAP pictures; 22 and 23 are reserved and no decoder starts there.
        case 16...21: return .slice(random: true)
        case 0...31: return .slice(random: false)
        case 32: return .videoParameters
        case 33: return .sequenceParameters
        case 34: return .pictureParameters
        case 35, 39, 41...44, 48...55: return .leading
        default: return .other
        }
    }

    /// H.264: whether this is supplemental information that says "decoding from here on is exact"
    /// (recovery point with a count of zero). Some cameras send it with I-slices and never an IDR.
    package static func isExactRecoveryPoint(_ unit: Span<UInt8>) -> Bool {
        guard unit.count >= 4, unit[0] & 31 == 6 else { return false }
        // Payload type 6, its size, and a count whose first bit says zero. Cameras that use it put
        // it first.
        return unit[1] == 6 && unit[2] >= 1 && unit[3] & 0x80 != 0
    }

    /// H.264: whether the slice is an I-slice.
    package static func isIntraSlice(_ unit: Span<UInt8>) -> Bool {
        var at = 8
        guard readGolomb(unit, &at) != nil, let kind = readGolomb(unit, &at) else { return false }
        return kind == 2 || kind == 7
    }

    /// An Exp-Golomb number at a bit; nil when the unit ends first. Emulation prevention cannot
    /// occur in the few bits this is used for unless a picture has millions of macroblocks.
    private static func readGolomb(_ unit: Span<UInt8>, _ at: inout Int) -> Int? {
        func bit(_ index: Int) -> Int? {
            index >> 3 < unit.count ? Int(unit[index >> 3] >> UInt8(7 - index & 7) & 1) : nil
        }
        var zeros = 0
        while let value = bit(at), value == 0, zeros < 20 {
            zeros += 1
            at += 1
        }
        at += 1
        var value = 1
        for _ in 0..<zeros {
            guard let next = bit(at) else { return nil }
            value = value << 1 | next
            at += 1
        }
        return zeros < 20 ? value - 1 : nil
    }
}
