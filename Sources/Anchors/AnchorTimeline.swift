internal import Base
package import Evidence

/// The anchors of a log by source, in the order of the log: for each leaf, those next to it are
/// found in a few steps.
package struct AnchorTimeline: Sendable {
    /// Of one source, indexes rise, and with them sizes: a log has one history.
    private var sources: [String: [AnchorLeaf]] = [:]

    mutating func add(_ leaf: AnchorLeaf, by source: String) {
        sources[source, default: []].insert(sorted: leaf)
    }

    /// Of each source the newest whose leaf is before `index`, and the oldest whose tree contains
    /// it.
    package func around(_ index: UInt64) -> [AnchorLeaf] {
        var found: [AnchorLeaf] = []
        for leaves in sources.values {
            let before = leaves.firstPlace { $0.index >= index }
            if before > 0 { found.append(leaves[before - 1]) }
            let after = leaves.firstPlace { $0.size > index }
            if after < leaves.count { found.append(leaves[after]) }
        }
        return found.sorted { $0.index < $1.index }
    }
}

extension [AnchorLeaf] {
    /// Times of leaves may differ from their order by what concurrent writers differ.
    fileprivate mutating func insert(sorted leaf: AnchorLeaf) {
        var place = count
        while place > 0, self[place - 1].index > leaf.index { place -= 1 }
        insert(leaf, at: place)
    }
}

extension Array {
    /// The first place where `holds` is true, in an array in which it stays true from there on.
    func firstPlace(where holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
