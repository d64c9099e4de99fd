internal import Base

/// Which fragments a ring holds, oldest first: a window that moves on.
struct RingIndex {
    private var entries: [RingEntry] = []
    private var start = 0
    /// Where the clock was set: the sequence of the first fragment after it, also when that one is
    /// gone.
    private var passStarts: [UInt64] = []

    var count: Int { entries.count - start }
    var isEmpty: Bool { count == 0 }
    var first: RingEntry? { isEmpty ? nil : entries[start] }
    var last: RingEntry? { isEmpty ? nil : entries[entries.count - 1] }

    subscript(_ position: Int) -> RingEntry { entries[start + position] }

    mutating func append(_ entry: RingEntry) {
        if let last, entry.record.isAfterStep(last.record) { passStarts.append(entry.sequence) }
        entries.append(entry)
    }

    /// Positions of the fragments of each pass, oldest first.
    var passes: [Range<Int>] {
        guard !isEmpty else { return [] }
        var bounds = [0]
        for sequence in passStarts {
            let position = position(atOrAfter: sequence)
            if position > bounds[bounds.count - 1], position < count { bounds.append(position) }
        }
        bounds.append(count)
        return zip(bounds, bounds.dropFirst()).map { $0..<$1 }
    }

    mutating func removeFirst() {
        start += 1
        forgetPasses()
        // Half of it is history: move once, which costs each entry one move in its life.
        if start > 64, start * 2 > entries.count {
            entries.removeFirst(start)
            start = 0
        }
    }

    mutating func removeAll(where test: (RingEntry) -> Bool) {
        entries = entries[start...].filter { !test($0) }
        start = 0
        forgetPasses()
    }

    /// A pass that is gone, or that is the oldest now, needs no beginning.
    private mutating func forgetPasses() {
        let oldest = first?.sequence ?? .max
        while let sequence = passStarts.first, sequence <= oldest { passStarts.removeFirst() }
    }

    /// Sequences grow by one, but for those that were given up.
    func position(of sequence: UInt64) -> Int? {
        let position = position(atOrAfter: sequence)
        return position < count && self[position].sequence == sequence ? position : nil
    }

    func position(atOrAfter sequence: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func replace(at position: Int, _ entry: RingEntry) {
        entries[start + position] = entry
    }

    mutating func remove(at position: Int) { entries.remove(at: start + position) }

    /// The first entry of a pass that ends at `instant` or later; behind the pass when none does.
    func position(endingAtOrAfter instant: WallTime, in pass: Range<Int>) -> Int {
        var low = pass.lowerBound
        var high = pass.upperBound
        while low < high {
            let middle = (low + high) / 2
            if self[middle].last < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
