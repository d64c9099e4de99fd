internal import Base

/// When leaves say that they were made: the earliest and the latest of each block of them. So those
/// that clocks outside contradict are found without a number for every leaf of the log.
struct LeafTimes {
    private static let blockCount: UInt64 = 256

    private var blocks: [(earliest: WallTime, latest: WallTime)] = []

    mutating func add(_ time: WallTime, at index: UInt64) {
        let block = Int(clamping: index / Self.blockCount)
        if block == blocks.count { blocks.append((time, time)) }
        // Behind a hole in the log nothing is compared.
        guard block < blocks.count else { return }
        blocks[block].earliest = min(blocks[block].earliest, time)
        blocks[block].latest = max(blocks[block].latest, time)
    }

    /// Leaves among which one may be outside of its times; both bounds rise with the index.
    func suspects(_ times: (UInt64) -> ClosedRange<WallTime>) -> [Range<UInt64>] {
        blocks.indices.compactMap { block in
            let first = UInt64(block) * Self.blockCount
            let next = first + Self.blockCount
            let isFine =
                blocks[block].earliest >= times(next - 1).lowerBound
                && blocks[block].latest <= times(first).upperBound
            return isFine ? nil : first..<next
        }
    }
}
