package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Store

/// An `anchor` leaf: somebody outside saw the tree of `size`, and the file `file` says so.
package struct AnchorLeaf: Hashable, Sendable {
    package let index: UInt64
    /// When the leaf was made, by this server's clock.
    package let time: WallTime
    package let type: String
    package let size: UInt64
    package let root: Digest
    /// SHA-256 of the file.
    package let proof: Digest
    package let file: String
    /// SHA-256 of what is kept with the file, where something is.
    package let chain: Digest?
    package let revocations: Digest?

    package init?(_ leaf: Leaf, index: UInt64) {
        guard leaf.kind == .anchor, let type = leaf.string("type"), let size = leaf.int("size"),
            let root = leaf.digest("root"), let proof = leaf.digest("proof"),
            let file = leaf.string("name")
        else { return nil }
        self.index = index
        time = leaf.time
        self.type = type
        self.size = UInt64(clamping: size)
        self.root = root
        self.proof = proof
        self.file = file
        chain = leaf.digest("chain")
        revocations = leaf.digest("crl")
    }

    /// One that has no place in the log yet.
    package init(
        type: String, _ checkpoint: Checkpoint, file: String, _ sums: AnchorSums, time: WallTime
    ) {
        index = .max
        self.time = time
        self.type = type
        size = checkpoint.size
        root = checkpoint.root
        proof = sums.proof
        self.file = file
        chain = sums.chain
        revocations = sums.revocations
    }
}

/// What a leaf says of an anchor's files.
package struct AnchorSums: Hashable, Sendable {
    package let proof: Digest
    package let chain: Digest?
    package let revocations: Digest?

    package init(proof: Digest, chain: Digest? = nil, revocations: Digest? = nil) {
        self.proof = proof
        self.chain = chain
        self.revocations = revocations
    }
}

extension EvidenceLog {
    /// Durable before: the file. From here on the log vouches for it.
    package func addAnchor(
        type: String, _ checkpoint: Checkpoint, file: String, _ sums: AnchorSums,
        by author: Author = .server
    ) throws(Failure) -> Receipt {
        var fields: [(String, JSON)] = [
            ("type", .string(type)), ("size", .int(Int64(checkpoint.size))),
            ("root", .string(checkpoint.root.hex)), ("proof", .string(sums.proof.hex)),
            ("name", .string(file)),
        ]
        if let chain = sums.chain { fields.append(("chain", .string(chain.hex))) }
        if let list = sums.revocations { fields.append(("crl", .string(list.hex))) }
        return try addFact(.anchor, fields, by: author)
    }

    /// In the order of their times, from one side; `last` is where an earlier page ended. Without
    /// it the page begins at `time`, or at the end.
    package func anchors(
        newestFirst: Bool, at time: WallTime? = nil, after last: AnchorLeaf? = nil, limit: Int
    ) throws(Failure) -> [AnchorLeaf] {
        var start = last.map { Posting(time: $0.time, leaf: $0.index) }
        if start == nil, let time {
            start =
                newestFirst
                ? Posting(time: time, leaf: .max) : Posting(time: time, leaf: 0).previous
        }
        let page = try PostingList.series(.kind(LeafKind.anchor.rawValue), engine)
            .page(after: start, newestFirst: newestFirst, limit: limit)
        let reader = LeafReader(engine, rows)
        var found: [AnchorLeaf] = []
        for posting in page {
            let leaf = try reader.leaf(at: posting.leaf)
            if let anchor = AnchorLeaf(leaf, index: posting.leaf) { found.append(anchor) }
        }
        return found
    }

    /// The one that an older answer named: whether the log has a leaf for this file.
    package func anchor(file: String) throws(Failure) -> AnchorLeaf? {
        var last: AnchorLeaf?
        while true {
            let page = try anchors(newestFirst: true, after: last, limit: 200)
            if let found = page.first(where: { $0.file == file }) { return found }
            guard page.count == 200 else { return nil }
            last = page.last
        }
    }
}
