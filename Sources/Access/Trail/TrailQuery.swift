package import Base
package import Evidence
internal import EvidenceFormat

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

    package init() {}

    /// Calls `body` with each line, oldest batch first, until it says false.
    package func run(_ log: EvidenceLog, _ body: (TrailLine) -> Bool) throws(Failure) {
        var last: (index: UInt64, leaf: Leaf)?
        while true {
            // A batch is written after everything in it happened.
            let page = try log.leaves(
                .access, from: from ?? .distantPast, after: last, limit: Self.pageCount)
            for (index, leaf) in page {
                last = (index, leaf)
                if let to, let begins = leaf.time("from"), begins >= to { continue }
                for line in try Self.lines(of: leaf, log) where includes(line) {
                    guard body(line) else { return }
                }
            }
            guard page.count == Self.pageCount else { return }
        }
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
