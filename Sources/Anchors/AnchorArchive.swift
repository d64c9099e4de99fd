package import Base
package import Evidence
internal import EvidenceFormat

/// The anchors of a log, as it has them: leaves in the log, files in `DATADIR/anchors`.
package struct AnchorArchive: Sendable {
    private static let pageCount = 500

    package let folder: AnchorFolder
    private let log: EvidenceLog

    package init(_ log: EvidenceLog, dataDirectory: String) {
        self.log = log
        folder = AnchorFolder(dataDirectory: dataDirectory)
    }

    package func file(_ leaf: AnchorLeaf) throws(Failure) -> AnchorFile {
        try AnchorFile(leaf, in: folder)
    }

    /// All whose leaf stands in the tree of `size`, oldest first, until `body` says false.
    package func forEach(
        upTo size: UInt64, _ body: (AnchorFile) throws(Failure) -> Bool
    ) throws(Failure) {
        var last: AnchorLeaf?
        while true {
            let page = try log.anchors(newestFirst: false, after: last, limit: Self.pageCount)
            for leaf in page where leaf.index < size {
                guard try body(file(leaf)) else { return }
            }
            guard page.count == Self.pageCount else { return }
            last = page.last
        }
    }

    package func files(upTo size: UInt64) throws(Failure) -> [AnchorFile] {
        var found: [AnchorFile] = []
        try forEach(upTo: size) { file throws(Failure) in
            found.append(file)
            return true
        }
        return found
    }

    /// For whoever hands out the leaves `indexes` under the checkpoint of `size`: of each source
    /// the anchors next before and next after each of them, without those between, which say
    /// nothing more. In the order of the log.
    package func files(
        around indexes: some Sequence<UInt64>, upTo size: UInt64
    ) throws(Failure) -> [AnchorFile] {
        var found: [UInt64: AnchorLeaf] = [:]
        for index in indexes {
            let sides = try neighbours(of: index, upTo: size)
            for leaf in sides.before + sides.after { found[leaf.index] = leaf }
        }
        var files: [AnchorFile] = []
        for index in found.keys.sorted() {
            if let leaf = found[index] { files.append(try file(leaf)) }
        }
        return files
    }

    /// The newest of each source whose leaf is before `index`, and the oldest of each whose tree
    /// contains it.
    package func neighbours(
        of index: UInt64, upTo size: UInt64
    ) throws(Failure) -> (before: [AnchorLeaf], after: [AnchorLeaf]) {
        let time = try log.leaf(at: index).time
        let before = try firstOfEach(newestFirst: true, from: time.adding(seconds: 60)) {
            $0.index < index
        }
        let after = try firstOfEach(newestFirst: false, from: time.adding(seconds: -60)) {
            $0.size > index && $0.index < size
        }
        return (before, after)
    }

    /// Leaves lie in the order of their times, give or take what concurrent writers differ. Ends
    /// when each source that was ever seen in this direction has given one, or a few pages on.
    private func firstOfEach(
        newestFirst: Bool, from time: WallTime, _ fits: (AnchorLeaf) -> Bool
    ) throws(Failure) -> [AnchorLeaf] {
        var found: [String: AnchorLeaf] = [:]
        var last: AnchorLeaf?
        for _ in 0..<8 {
            let page = try log.anchors(
                newestFirst: newestFirst, at: time, after: last, limit: Self.pageCount)
            for leaf in page where fits(leaf) {
                let (_, source) = try AnchorFile.parse(leaf)
                if found[source] == nil { found[source] = leaf }
            }
            guard page.count == Self.pageCount else { break }
            last = page.last
        }
        return found.values.sorted { $0.index < $1.index }
    }

    /// The newest of a source; nil when there is none.
    package func newest(of source: String) throws(Failure) -> AnchorLeaf? {
        var last: AnchorLeaf?
        while true {
            let page = try log.anchors(newestFirst: true, after: last, limit: Self.pageCount)
            for leaf in page {
                let (_, name) = try AnchorFile.parse(leaf)
                if name == source { return leaf }
            }
            guard page.count == Self.pageCount else { return nil }
            last = page.last
        }
    }
}
