internal import Base

/// Which fragments a ring holds, oldest first: a window that moves on.
struct RingIndex {
    private var entries: [RingEntry] = []
    private var start = 0

    var count: Int { entries.count - start }
    var isEmpty: Bool { count == 0 }
    var first: RingEntry? { isEmpty ? nil : entries[start] }
    var last: RingEntry? { isEmpty ? nil : entries[entries.count - 1] }

    subscript(_ position: Int) -> RingEntry { entries[start + position] }

    mutating func append(_ entry: RingEntry) { entries.append(entry) }

    mutating func removeFirst() {
        start += 1
        // Half of it is history: move once, which costs each entry one move in its life.
        if start > 64, start * 2 > entries.count {
            entries.removeFirst(start)
            start = 0
        }
    }

    mutating func removeAll(where test: (RingEntry) -> Bool) {
        entries = entries[start...].filter { !test($0) }
        start = 0
    }

    /// Sequences grow by one, but for those that were given up.
    func position(of sequence: UInt64) -> Int? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].sequence == sequence ? low : nil
    }

    mutating func replace(at position: Int, _ entry: RingEntry) {
        entries[start + position] = entry
    }

    mutating func remove(at position: Int) { entries.remove(at: start + position) }

    /// The first entry that ends at `instant` or later; `count` when none does.
    func position(endingAtOrAfter instant: WallTime) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].last < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
