package import Base
internal import EvidenceFormat

/// Step 10: the page says what the leaves say. It is made again piece by piece, and compared.
extension BundleCheck {
    private typealias Take = ([UInt8]) throws(Failure) -> Void

    /// Ends the comparison where the page is no longer the same.
    private static let differs = Failure(.corrupt, "says something else than the leaves")

    func checkPage() {
        guard let file = source.files.position(of: BundleNames.page), selection != nil else {
            return
        }
        var at: UInt64 = 0
        do throws(Failure) {
            let page = try source.open(file)
            var there: [UInt8] = []
            try forEachPiece { piece throws(Failure) in
                let count = min(UInt64(piece.count), page.byteCount - at)
                try page.read(at: at, count: Int(count), into: &there)
                if there == piece {
                    at += count
                    return
                }
                let same = zip(there, piece).prefix { $0 == $1 }.count
                at += UInt64(same)
                throw Self.differs
            }
            guard at == page.byteCount else { throw Self.differs }
        } catch {
            let size = source.files.byteCount(file)
            result.add(
                step: 10, file: BundleNames.page, bytes: min(at, size)..<size, error.words)
        }
    }

    /// The page that the leaves of a ZIP make, whatever stands in it.
    package static func page(zip source: some ByteSource) throws(Failure) -> [UInt8] {
        let check = BundleCheck(try BundleSource(zip: source), Request(rootKey: nil))
        check.run()
        var page: [UInt8] = []
        try check.forEachPiece { piece throws(Failure) in page += piece }
        return page
    }

    private func forEachPiece(_ take: Take) throws(Failure) {
        try take(head())
        let order = leaves.known.indices.filter { leaves.known[$0].isRecord }.sorted {
            let (a, b) = (leaves.known[$0], leaves.known[$1])
            return (a.instant, a.index) < (b.instant, b.index)
        }
        var page = BundlePage()
        for i in order {
            let known = leaves.known[i]
            let leaf = try self.leaf(known.file)
            let about = try leaves.said(of: leaf.id).map { said throws(Failure) in
                try entry(leaves.known[Int(said)])
            }
            try take(
                page.record(
                    .init(index: known.index, leaf: leaf), about: about,
                    payload: known.payload < 0 ? nil : source.files.name(Int(known.payload))))
        }
        try takeCustody(take)
        var facts = PageTable.facts
        for file in bearingFiles {
            try take(facts.fact(.init(index: file.index, leaf: try leaf(file.leaf))))
        }
        try take(facts.end())
        try take(BundlePage.end)
    }

    private func head() throws(Failure) -> [UInt8] {
        let checks = try chains.checks.map { check throws(Failure) in
            BundlePage.Check(
                value: check.value, count: check.count,
                close: try check.close.map { file throws(Failure) in try leaf(file) })
        }
        let removals = try removalFiles.map { file throws(Failure) in
            BundlePage.Entry(index: file.index, leaf: try leaf(file.leaf))
        }
        return BundlePage(
            records: result.records, removed: result.records - payloadCount,
            bytes: payloadLength, newest: result.newestRecord
        ).head(
            selection?.json ?? JSONObject([]), rootKey: genesisKey, checks: checks,
            removals: removals,
            anchors: anchorLeaves.map { BundlePage.Entry(index: $0.index, leaf: $0.leaf) })
    }

    private func entry(_ known: LeafTable.Known) throws(Failure) -> BundlePage.Entry {
        .init(index: known.index, leaf: try leaf(known.file))
    }

    private func takeCustody(_ take: Take) throws(Failure) {
        var access = PageTable.access
        if let file = source.files.position(of: BundleNames.custody) {
            var lines = LineReader(try source.open(file), lineBytesMax: Leaf.bytesMax)
            while let line = try lines.next() {
                let json = try JSON(parsing: line.span)
                try take(access.custody(json.object ?? JSONObject([])))
            }
        }
        try take(access.end())
    }
}
