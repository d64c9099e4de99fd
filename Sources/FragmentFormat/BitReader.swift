/// Bits of a NAL unit's payload, most significant first, with emulation prevention taken out
/// (ITU-T H.264 and H.265, 7.3.1.1). Reading past the end gives nil, never a guess.
struct BitReader {
    private let bytes: [UInt8]
    private var position = 0

    init(nal: [UInt8], from start: Int) {
        var plain: [UInt8] = []
        plain.reserveCapacity(nal.count)
        var zeros = 0
        for i in min(start, nal.count)..<nal.count {
            if zeros >= 2, nal[i] == 3 {
                zeros = 0
                continue
            }
            zeros = nal[i] == 0 ? zeros + 1 : 0
            plain.append(nal[i])
        }
        bytes = plain
    }

    mutating func bits(_ count: Int) -> UInt32? {
        guard position + count <= bytes.count * 8 else { return nil }
        var value: UInt32 = 0
        for _ in 0..<count {
            value = value << 1 | UInt32(bytes[position >> 3] >> UInt8(7 - position & 7) & 1)
            position += 1
        }
        return value
    }

    /// Exponential Golomb, `ue(v)`.
    mutating func golomb() -> UInt32? {
        var zeros = 0
        while true {
            guard let bit = bits(1), zeros < 32 else { return nil }
            if bit == 1 { break }
            zeros += 1
        }
        guard zeros > 0 else { return 0 }
        guard zeros < 32, let rest = bits(zeros) else { return nil }
        return (1 << UInt32(zeros)) - 1 + rest
    }

    /// As many numbers of `golomb` passed over, whatever they are; their signed kind is as long.
    mutating func skipGolombs(_ count: Int) -> Bool {
        for _ in 0..<count where golomb() == nil { return false }
        return true
    }

    mutating func skip(_ count: Int) -> Bool {
        guard position + count <= bytes.count * 8 else { return false }
        position += count
        return true
    }
}
