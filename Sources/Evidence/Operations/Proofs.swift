package import Base
package import EvidenceFormat
internal import Store
internal import Linux

extension EvidenceLog {
    /// Proof that a leaf stands in the tree that the newest checkpoint signs: one text file that
    /// any C2SP tlog-proof reader checks. Everything read for it is checked against the signed
    /// root.
    package func prove(_ index: UInt64) throws(Failure) -> LogProof {
        let head = monitor.withLock { $0.head }
        guard index < head.checkpoint.size else {
            throw Failure(
                .notFound, "there is no leaf \(index); the log has \(head.checkpoint.size)")
        }
        let path = try TileProof.inclusion(
            index: index, size: head.checkpoint.size, reader: rows, expecting: head.checkpoint.root)
        return LogProof(index: index, path: path, checkpoint: head.note)
    }

    /// Proof that the newest checkpoint continues the tree of an older size.
    package func consistency(
        from oldSize: UInt64
    ) throws(Failure) -> (proof: [Digest], checkpoint: SignedNote) {
        let head = monitor.withLock { $0.head }
        let proof = try TileProof.consistency(
            from: oldSize, to: head.checkpoint.size, reader: rows, expecting: head.checkpoint.root)
        return (proof, head.note)
    }

    /// The same up to an older checkpoint of this log.
    package func consistency(
        from oldSize: UInt64, to size: UInt64, root: Digest
    ) throws(Failure) -> [Digest] {
        try TileProof.consistency(from: oldSize, to: size, reader: rows, expecting: root)
    }

    package func root(at size: UInt64) throws(Failure) -> Digest {
        try TileProof.root(size: size, reader: rows)
    }
}
