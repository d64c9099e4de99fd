/// Leaves by their index: 64 to a word, so that a bundle of a million of them remembers cheaply
/// what it has.
struct LeafSet {
    private var words: [UInt64: UInt64] = [:]
    private(set) var count = 0

    /// False when it was there already.
    mutating func insert(_ index: UInt64) -> Bool {
        let bit = UInt64(1) << (index & 63)
        let word = words[index >> 6, default: 0]
        guard word & bit == 0 else { return false }
        words[index >> 6] = word | bit
        count += 1
        return true
    }

    func contains(_ index: UInt64) -> Bool {
        words[index >> 6, default: 0] >> (index & 63) & 1 == 1
    }
}
