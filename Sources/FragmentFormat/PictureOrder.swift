/// H.265 says of each picture which others must still be there to decode it (reference picture set,
/// ITU-T H.265 7.3.7 and 8.3). So a picture that the camera itself left out shows, although no
/// packet is missing. A decoder would make one up in its place.
package struct PictureOrder {
    /// What is looked at of a slice: its first numbers.
    package static let sliceBytesRead = 128
    /// More than any stream has between two key pictures; then they are forgotten.
    private static let picturesMax = 1 << 16

    private var sequence: HEVCSequence?
    private var picture: HEVCPicture?
    /// Of the pictures since the last key picture; none before the first.
    private var sent: Set<Int> = []
    /// Those of them that a decoder still has.
    private var held: Set<Int> = []
    /// Order of the last picture that counts for the next one's.
    private var last = 0

    package init() {}

    /// Parameter sets that come together. Of each kind the first counts, and where there are
    /// several nothing is known.
    package mutating func read(sequence: [[UInt8]], picture: [[UInt8]]) {
        if !sequence.isEmpty {
            self.sequence = sequence.count == 1 ? HEVCSequence(sequence[0]) : nil
        }
        if !picture.isEmpty {
            self.picture = picture.count == 1 ? HEVCPicture(picture[0]) : nil
        }
    }

    /// Whether no picture is missing of those that the one with this first slice may refer to. True
    /// as well where that cannot be known.
    package mutating func follows(slice unit: [UInt8]) -> Bool {
        guard let sequence, let picture, unit.count > 2,
            let slice = HEVCSlice(unit, sequence, picture)
        else {
            sent.removeAll()
            return true
        }
        // Leading pictures that refer to what came before the key picture (RASL): nothing that
        // follows refers to them, and whether they can be decoded is another question.
        if slice.type == 8 || slice.type == 9 { return true }
        if slice.isKey {
            let order = slice.isReset ? slice.order : full(slice.order, sequence)
            (sent, held, last) = ([order], [order], order)
            return true
        }
        guard !sent.isEmpty else { return true }
        let order = full(slice.order, sequence)
        let isNew = !sent.contains(order)
        let isComplete = slice.references.allSatisfy { reference in
            !reference.isUsed || held.contains(order + reference.distance)
        }
        held.formIntersection(slice.references.map { order + $0.distance })
        held.insert(order)
        if sent.count >= Self.picturesMax { sent = held }
        sent.insert(order)
        if slice.countsForOrder { last = order }
        return isNew && isComplete
    }

    /// The order is sent without its high bits (8.3.1).
    private func full(_ low: Int, _ sequence: HEVCSequence) -> Int {
        let size = 1 << sequence.orderBits
        let high = last & ~(size - 1)
        let step = low - (last & (size - 1))
        if step <= -size / 2 { return high + size + low }
        return step > size / 2 ? high - size + low : high + low
    }
}

/// A picture that another one may refer to.
struct HEVCReference: Hashable {
    let distance: Int
    /// By this very picture; others are only kept for later ones.
    let isUsed: Bool
}

/// What of an H.265 SPS is needed to know references.
private struct HEVCSequence {
    let orderBits: Int
    let sets: [[HEVCReference]]

    init?(_ unit: [UInt8]) {
        var bits = BitReader(nal: unit, from: 2)
        guard let facts = HEVCFacts(&bits), facts.chroma < 3, let order = bits.golomb(),
            order <= 12, let each = bits.bits(1)
        else { return nil }
        orderBits = Int(order) + 4
        guard bits.skipGolombs(3 * (each == 1 ? Int(facts.subLayers) : 1)), bits.skipGolombs(6),
            let hasScaling = bits.bits(1)
        else { return nil }
        if hasScaling == 1 {
            guard let isHere = bits.bits(1), isHere == 0 || Self.skipScaling(&bits) else {
                return nil
            }
        }
        guard bits.skip(2), let pcm = bits.bits(1),
            pcm == 0 || (bits.skip(8) && bits.skipGolombs(2) && bits.skip(1)),
            let count = bits.golomb(), count <= 64
        else { return nil }
        var sets: [[HEVCReference]] = []
        for index in 0..<Int(count) {
            guard let set = Self.set(&bits, index, of: Int(count), sets) else { return nil }
            sets.append(set)
        }
        self.sets = sets
    }

    /// `scaling_list_data` (7.3.4).
    private static func skipScaling(_ bits: inout BitReader) -> Bool {
        for size in 0..<4 {
            for _ in 0..<(size == 3 ? 2 : 6) {
                guard let isOwn = bits.bits(1) else { return false }
                let count = min(64, 1 << (4 + size * 2)) + (size > 1 ? 1 : 0)
                guard bits.skipGolombs(isOwn == 1 ? count : 1) else { return false }
            }
        }
        return true
    }

    /// `st_ref_pic_set` (7.3.7, 7.4.8): earlier pictures from near to far, then later ones.
    static func set(
        _ bits: inout BitReader, _ index: Int, of count: Int, _ known: [[HEVCReference]]
    ) -> [HEVCReference]? {
        if index > 0 {
            guard let isLike = bits.bits(1) else { return nil }
            if isLike == 1 { return setLikeAnother(&bits, index, of: count, known) }
        }
        guard let earlier = bits.golomb(), let later = bits.golomb(), earlier <= 16, later <= 16
        else { return nil }
        var set: [HEVCReference] = []
        for (number, sign) in [(earlier, -1), (later, 1)] {
            var distance = 0
            for _ in 0..<number {
                guard let step = bits.golomb(), step < 1 << 15, let used = bits.bits(1) else {
                    return nil
                }
                distance += sign * (Int(step) + 1)
                set.append(HEVCReference(distance: distance, isUsed: used == 1))
            }
        }
        return set
    }

    /// The pictures of another set and the one that it belongs to, seen from here.
    private static func setLikeAnother(
        _ bits: inout BitReader, _ index: Int, of count: Int, _ known: [[HEVCReference]]
    ) -> [HEVCReference]? {
        var back = 1
        if index == count {
            guard let more = bits.golomb(), more < index else { return nil }
            back += Int(more)
        }
        guard back <= index, let sign = bits.bits(1), let size = bits.golomb(), size < 1 << 15
        else { return nil }
        let move = (sign == 1 ? -1 : 1) * (Int(size) + 1)
        var set: [HEVCReference] = []
        for distance in known[index - back].map(\.distance) + [0] {
            guard let used = bits.bits(1) else { return nil }
            if used == 0 {
                guard let isKept = bits.bits(1) else { return nil }
                if isKept == 0 { continue }
            }
            if distance + move != 0 {
                set.append(HEVCReference(distance: distance + move, isUsed: used == 1))
            }
        }
        guard set.count <= 16 else { return nil }
        let earlier = set.filter { $0.distance < 0 }.sorted { $0.distance > $1.distance }
        return earlier + set.filter { $0.distance > 0 }.sorted { $0.distance < $1.distance }
    }
}

/// What of an H.265 PPS is needed to read the beginning of a slice.
private struct HEVCPicture {
    let extraBits: Int
    let hasOutputFlag: Bool

    init?(_ unit: [UInt8]) {
        var bits = BitReader(nal: unit, from: 2)
        guard bits.skipGolombs(2), bits.skip(1), let output = bits.bits(1),
            let extra = bits.bits(3)
        else { return nil }
        (extraBits, hasOutputFlag) = (Int(extra), output == 1)
    }
}

/// The beginning of a picture's first slice.
private struct HEVCSlice {
    let type: Int
    let isKey: Bool
    /// Order begins anew with it: any key picture but CRA.
    let isReset: Bool
    /// The low bits.
    let order: Int
    let references: [HEVCReference]
    /// Others count on from its order: the lowest layer in time, and no leading picture or one that
    /// its own layer does not refer to.
    let countsForOrder: Bool

    init?(_ unit: [UInt8], _ sequence: HEVCSequence, _ picture: HEVCPicture) {
        type = Int(unit[0] >> 1 & 63)
        isKey = 16...21 ~= type
        isReset = isKey && type != 21
        countsForOrder = unit[1] & 7 == 1 && !(6...9 ~= type) && !(type < 16 && type % 2 == 0)
        var bits = BitReader(nal: unit, from: 2)
        guard bits.bits(1) == 1, !(16...23 ~= type) || bits.skip(1), bits.skipGolombs(1),
            bits.skip(picture.extraBits), bits.skipGolombs(1),
            !picture.hasOutputFlag || bits.skip(1)
        else { return nil }
        if type == 19 || type == 20 {
            (order, references) = (0, [])
            return
        }
        guard let low = bits.bits(sequence.orderBits), let isKnown = bits.bits(1) else {
            return nil
        }
        order = Int(low)
        let count = sequence.sets.count
        if isKnown == 0 {
            guard let set = HEVCSequence.set(&bits, count, of: count, sequence.sets) else {
                return nil
            }
            references = set
        } else {
            let width = count > 1 ? Int.bitWidth - (count - 1).leadingZeroBitCount : 0
            guard let index = bits.bits(width), index < count else { return nil }
            references = sequence.sets[Int(index)]
        }
    }
}
