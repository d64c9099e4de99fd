package import Base
package import Evidence
internal import EvidenceFormat

/// Where a line stands: the leaf of its batch, and which one of the batch it is.
package struct TrailPosition: Hashable, Sendable, CustomStringConvertible {
    package let leaf: UInt64
    package let line: Int

    /// What an answer hands out as a cursor.
    package var description: String { "\(leaf).\(line)" }

    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let leaf = UInt64(parts[0]), let line = Int(parts[1]), line >= 0
        else { return nil }
        self.init(leaf: leaf, line: line)
    }

    init(leaf: UInt64, line: Int) {
        self.leaf = leaf
        self.line = line
    }
}

/// Reads the trail back out of the log.
package struct TrailQuery: Sendable {
    package static let limitMax = 100_000
    private static let pageCount = 100
    /// Larger than any batch can be.
    private static let lineBytesMax = 1 << 16

    package var who: String?
    package var what: TrailAction?
    package var from: WallTime?
    /// Exclusive.
    package var to: WallTime?
    /// Only what was refused.
    package var refusedOnly = false
    /// Go on behind this line.
    package var after: TrailPosition?

    package init() {}

    /// Calls `body` with each line and its place, oldest batch first, until it says false.
    package func run(
        _ log: EvidenceLog, _ body: (TrailLine, TrailPosition) -> Bool
    ) throws(Failure) {
        var last: (index: UInt64, leaf: Leaf)?
        if let after {
            guard after.leaf < log.size else { throw Self.strange(after) }
            let leaf = try log.leaf(at: after.leaf)
            guard leaf.kind == .access else { throw Self.strange(after) }
            guard try pass(leaf, after.leaf, from: after.line + 1, log, body) else { return }
            last = (after.leaf, leaf)
        }
        while true {
            // A batch is written after everything in it happened.
            let page = try log.leaves(
                .access, from: from ?? .distantPast, after: last, limit: Self.pageCount)
            for (index, leaf) in page {
                last = (index, leaf)
                guard try pass(leaf, index, from: 0, log, body) else { return }
            }
            guard page.count == Self.pageCount else { return }
        }
    }

    private static func strange(_ position: TrailPosition) -> Failure {
        Failure(.invalid, "\(position) is no cursor of this log's trail; begin without one")
    }

    /// One batch; false once `body` has said so.
    private func pass(
        _ leaf: Leaf, _ index: UInt64, from first: Int, _ log: EvidenceLog,
        _ body: (TrailLine, TrailPosition) -> Bool
    ) throws(Failure) -> Bool {
        if let to, let begins = leaf.time("from"), begins >= to { return true }
        for (i, line) in try Self.lines(of: leaf, log).enumerated()
        where i >= first && includes(line) {
            guard body(line, TrailPosition(leaf: index, line: i)) else { return false }
        }
        return true
    }

    private static func lines(of leaf: Leaf, _ log: EvidenceLog) throws(Failure) -> [TrailLine] {
        let bytes = try log.payload(of: leaf.id)
        var lines: [TrailLine] = []
        for text in bytes.split(separator: 0x0A) {
            let json = try JSON(parsing: Array(text).span, bytesMax: lineBytesMax)
            lines.append(try TrailLine(json))
        }
        return lines
    }

    private func includes(_ line: TrailLine) -> Bool {
        if let who, !line.entry.who.hasSameBytes(as: who) { return false }
        if let what, line.entry.what != what { return false }
        if let from, line.to < from { return false }
        if let to, line.from >= to { return false }
        return !refusedOnly || line.entry.refusal != nil
    }
}
