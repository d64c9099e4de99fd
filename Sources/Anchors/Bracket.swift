package import Base
package import Evidence
internal import EvidenceFormat

/// Between which instants of outside clocks a leaf came into the log.
///
/// An anchor of the tree of size S says that all leaves before S were there at its time. Its own
/// leaf, at a, says that all leaves after a came later.
package struct Bracket: Hashable, Sendable {
    /// One end, and who says so.
    package struct End: Hashable, Sendable {
        package let time: WallTime
        package let type: AnchorType
        package let source: String
        package let size: UInt64
        /// The anchor's own leaf.
        package let leaf: UInt64

        package init(
            time: WallTime, type: AnchorType, source: String, size: UInt64, leaf: UInt64
        ) {
            self.time = time
            self.type = type
            self.source = source
            self.size = size
            self.leaf = leaf
        }
    }

    /// Nil: no anchor stands before it.
    package let notBefore: End?
    /// Nil: nobody outside has seen it yet.
    package let notAfter: End?

    /// Of the leaf `index`, from all anchors or those next to it, in any order.
    package init(of index: UInt64, among ends: [End]) {
        notBefore = ends.filter { $0.leaf < index }.max { $0.time < $1.time }
        notAfter = ends.filter { $0.size > index }.min { $0.time < $1.time }
    }

    fileprivate init(notBefore: End?, notAfter: End?) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// Times of the server's clock that contradict nobody.
    package var times: ClosedRange<WallTime> {
        let low = notBefore?.time.adding(seconds: -Self.clockSeconds) ?? .distantPast
        let high = notAfter?.time.adding(seconds: Self.clockSeconds) ?? .distantFuture
        return min(low, high)...high
    }

    /// The outside clocks contradict each other: one of them, or one anchor, is false.
    package var isImpossible: Bool {
        guard let notBefore, let notAfter else { return false }
        return notAfter.time < notBefore.time.adding(seconds: -Self.clockSeconds)
    }

    /// Whether the server's clock said something else than these do (T9).
    package func contradicts(_ claimed: WallTime) -> Bool { !times.contains(claimed) }

    /// The same in words, about a leaf that says `claimed`; for one that contradicts.
    func contradiction(_ claimed: WallTime) -> String {
        if let end = notBefore, claimed < times.lowerBound {
            return "says \(claimed), and was not there yet at \(end.time) by the clock of"
                + " \(end.source): it is back-dated, or the server's clock was wrong"
        }
        let end = notAfter.map { " at \($0.time) by the clock of \($0.source)" } ?? ""
        return "says \(claimed), and was there already\(end): the server's clock was wrong"
    }

    /// Whole seconds of witnesses, and what honest clocks differ by.
    package static let clockSeconds: Int64 = 60
}

/// All anchors of a log, for the brackets of many leaves.
package struct Brackets: Sendable {
    /// By their leaves, each with the newest time up to it.
    private let before: [(leaf: UInt64, end: Bracket.End)]
    /// By their sizes, each with the oldest time from it on.
    private let after: [(size: UInt64, end: Bracket.End)]

    package init(_ ends: [Bracket.End]) {
        var before: [(leaf: UInt64, end: Bracket.End)] = []
        for end in ends.sorted(by: { $0.leaf < $1.leaf }) {
            let newest = before.last.map { $0.end.time > end.time ? $0.end : end } ?? end
            before.append((end.leaf, newest))
        }
        var after: [(size: UInt64, end: Bracket.End)] = []
        for end in ends.sorted(by: { $0.size > $1.size }) {
            let oldest = after.last.map { $0.end.time < end.time ? $0.end : end } ?? end
            after.append((end.size, oldest))
        }
        self.before = before
        self.after = after.reversed()
    }

    package subscript(index: UInt64) -> Bracket {
        let (low, high) = (
            before.firstPlace { $0.leaf >= index }, after.firstPlace { $0.size > index }
        )
        return Bracket(
            notBefore: low > 0 ? before[low - 1].end : nil,
            notAfter: high < after.count ? after[high].end : nil)
    }
}

extension AnchorArchive {
    /// Every end is checked against its file first; one that does not fit throws.
    package func bracket(
        of index: UInt64, upTo size: UInt64, _ trust: AnchorTrust
    ) throws(Failure) -> Bracket {
        var ends: [Bracket.End] = []
        for leaf in try timeline(upTo: size).around(index) { ends.append(try end(leaf, trust)) }
        return Bracket(of: index, among: ends)
    }

    package func end(_ leaf: AnchorLeaf, _ trust: AnchorTrust) throws(Failure) -> Bracket.End {
        let file = try file(leaf)
        return Bracket.End(
            time: try file.time(trust), type: file.type, source: file.source, size: leaf.size,
            leaf: leaf.index)
    }
}
