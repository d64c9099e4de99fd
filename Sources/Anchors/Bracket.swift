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

    /// The outside clocks contradict each other: one of them, or one anchor, is false.
    package var isImpossible: Bool {
        guard let notBefore, let notAfter else { return false }
        return notAfter.time < notBefore.time.adding(seconds: -Self.clockSeconds)
    }

    /// Whether the server's clock said something else than these do (T9).
    package func contradicts(_ claimed: WallTime) -> Bool {
        if let notBefore, claimed < notBefore.time.adding(seconds: -Self.clockSeconds) {
            return true
        }
        if let notAfter, claimed > notAfter.time.adding(seconds: Self.clockSeconds) { return true }
        return false
    }

    /// Whole seconds of witnesses, and what honest clocks differ by.
    package static let clockSeconds: Int64 = 60
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
