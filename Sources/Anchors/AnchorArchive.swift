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
        let timeline = try timeline(upTo: size)
        var found: [UInt64: AnchorLeaf] = [:]
        for index in indexes {
            for leaf in timeline.around(index) { found[leaf.index] = leaf }
        }
        var files: [AnchorFile] = []
        for leaf in found.values.sorted(by: { $0.index < $1.index }) {
            files.append(try file(leaf))
        }
        return files
    }

    /// All leaves of anchors in the tree of `size`, read once.
    package func timeline(upTo size: UInt64) throws(Failure) -> AnchorTimeline {
        var timeline = AnchorTimeline()
        var last: AnchorLeaf?
        while true {
            let page = try log.anchors(newestFirst: false, after: last, limit: Self.pageCount)
            for leaf in page where leaf.index < size {
                timeline.add(leaf, by: try AnchorFile.parse(leaf).source)
            }
            guard page.count == Self.pageCount else { return timeline }
            last = page.last
        }
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
