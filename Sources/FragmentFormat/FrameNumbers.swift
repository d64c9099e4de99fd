/// H.264 counts the frames that others refer to (`frame_num`, ITU-T H.264 7.4.3), from 0 at each
/// IDR picture. So a frame that the camera itself left out shows, although no packet is missing.
/// A decoder would put another picture in its place, and nobody could tell by the result.
package struct FrameNumbers {
    /// What is looked at of a slice: its first numbers.
    package static let sliceBytesRead = 32

    private struct Layout: Equatable {
        let numberBits: Int
        let hasPlanes: Bool
        /// Frames may be left out on purpose, for slower viewers.
        let allowsGaps: Bool
    }

    private var layout: Layout?
    /// Of the last frame that others may refer to; nil where nothing is known.
    private var last: UInt32?

    package init() {}

    /// The sequence parameter sets that come together. Where they differ in this, nothing is known.
    package mutating func read(sequence units: [[UInt8]]) {
        guard let first = units.first else { return }
        let found = Self.layout(first)
        let new = units.allSatisfy { Self.layout($0) == found } ? found : nil
        if new != layout { last = nil }
        layout = new
    }

    /// Whether no frame is missing before the one that begins with this slice. True as well where
    /// that cannot be known.
    package mutating func follows(slice unit: [UInt8], isKey: Bool) -> Bool {
        // Slices in partitions (2 to 4) say it elsewhere.
        guard let layout, !layout.allowsGaps, let header = unit.first,
            header & 31 == 1 || header & 31 == 5,
            let number = Self.number(unit, layout)
        else {
            last = nil
            return true
        }
        let isReference = header & 0x60 != 0
        guard let last, !isKey else {
            // Before the first key frame nothing can be missing.
            if isKey { self.last = number }
            return true
        }
        if isReference { self.last = number }
        // The second field of a frame has the number of the first.
        return number == last || number == (last + 1) % (1 << UInt32(layout.numberBits))
    }

    private static func number(_ slice: [UInt8], _ layout: Layout) -> UInt32? {
        var bits = BitReader(nal: slice, from: 1)
        guard bits.skipGolombs(3), !layout.hasPlanes || bits.skip(2) else { return nil }
        return bits.bits(layout.numberBits)
    }

    /// Profiles whose sets tell colours and scaling (7.3.2.1.1).
    private static let highProfiles: [UInt32] = [
        44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244,
    ]

    private static func layout(_ sps: [UInt8]) -> Layout? {
        var bits = BitReader(nal: sps, from: 1)
        guard let profile = bits.bits(8), bits.skip(16), bits.skipGolombs(1) else { return nil }
        var hasPlanes = false
        if highProfiles.contains(profile) {
            guard let colours = bits.golomb() else { return nil }
            if colours == 3 {
                guard let planes = bits.bits(1) else { return nil }
                hasPlanes = planes == 1
            }
            guard bits.skipGolombs(2), bits.skip(1), let scales = bits.bits(1) else { return nil }
            if scales == 1, !skipScaling(&bits, lists: colours == 3 ? 12 : 8) { return nil }
        }
        guard let extra = bits.golomb(), extra <= 12, let order = bits.golomb() else { return nil }
        switch order {
        case 0: guard bits.skipGolombs(1) else { return nil }
        case 1:
            guard bits.skip(1), bits.skipGolombs(2), let cycle = bits.golomb(), cycle < 256,
                bits.skipGolombs(Int(cycle))
            else { return nil }
        default: break
        }
        guard bits.skipGolombs(1), let gaps = bits.bits(1) else { return nil }
        return Layout(numberBits: Int(extra) + 4, hasPlanes: hasPlanes, allowsGaps: gaps == 1)
    }

    private static func skipScaling(_ bits: inout BitReader, lists: Int) -> Bool {
        for list in 0..<lists {
            guard let isThere = bits.bits(1) else { return false }
            if isThere == 0 { continue }
            var (last, next) = (8, 8)
            for _ in 0..<(list < 6 ? 16 : 64) {
                if next != 0 {
                    guard let code = bits.golomb() else { return false }
                    // Odd codes are positive (9.1.1).
                    let step = code & 1 == 1 ? Int(code / 2) + 1 : -Int(code / 2)
                    next = (last + step) & 255
                }
                last = next == 0 ? last : next
            }
        }
        return true
    }
}
