package import Base

/// C2SP tlog-proof: that a leaf stands at an index of the log, for anyone who has the leaf and the
/// log's key. This is what a receipt carries.
package struct LogProof: Hashable, Sendable {
    package static let extraBytesMax = 4096
    package static let bytesMax = SignedNote.bytesMax + 16 << 10
    private static let firstLine = "c2sp.org/tlog-proof@v1"

    /// Not covered by any signature; never trust it. Proofreel writes none.
    package let extra: [UInt8]?
    package let index: UInt64
    /// From the leaf's sibling up.
    package let path: [Digest]
    package let checkpoint: SignedNote

    package init(index: UInt64, path: [Digest], checkpoint: SignedNote, extra: [UInt8]? = nil) {
        precondition(path.count <= Merkle.proofCountMax && index < Merkle.sizeMax)
        self.index = index
        self.path = path
        self.checkpoint = checkpoint
        self.extra = extra
    }

    package func encode() -> [UInt8] {
        var text = Self.firstLine + "\n"
        if let extra { text += "extra \(extra.base64)\n" }
        text += "index \(index)\n"
        for hash in path { text += hash.bytes.base64 + "\n" }
        return Array(text.utf8) + [0x0A] + checkpoint.encode()
    }

    /// `known`: a checkpoint that was read before. Where it stands in the proof, byte for byte, as
    /// in every proof of a bundle, it is not read again.
    package init(
        parsing bytes: [UInt8], known: (bytes: [UInt8], note: SignedNote)? = nil
    ) throws(Failure) {
        guard bytes.count <= Self.bytesMax else {
            throw Failure(.invalid, "a proof has \(bytes.count) bytes; at most \(Self.bytesMax)")
        }
        guard let gap = Self.firstEmptyLine(bytes), var lines = Lines(bytes[..<gap]),
            lines.next() == Self.firstLine
        else {
            throw Failure(
                .invalid, "a proof should start with \(Self.firstLine); give the whole file")
        }
        extra = try lines.next(after: "extra ").map(Self.extra)
        guard let index = lines.next(after: "index ").flatMap({ decimal($0) }) else {
            throw Failure(.invalid, "a proof's second line should be: index and a number")
        }
        self.index = index
        var path: [Digest] = []
        while let line = lines.nextBytes() {
            guard path.count < Merkle.proofCountMax else {
                throw Failure(.invalid, "a proof has more than \(Merkle.proofCountMax) hashes")
            }
            guard let hash = Digest(base64: line) else {
                throw Failure(.invalid, "a proof's line \(path.count + 1) is not a hash in base64")
            }
            path.append(hash)
        }
        self.path = path
        let rest = bytes[(gap + 1)...]
        if let known, rest.elementsEqual(known.bytes) {
            checkpoint = known.note
        } else {
            checkpoint = try SignedNote(parsing: Array(rest))
            _ = try Checkpoint(text: checkpoint.text)
        }
    }

    /// The checkpoint under which `leaf` is proven to stand at `index`. Throws when a key, the log,
    /// the index or a single hash is another.
    package func verify(
        leaf: Digest, origin: String, keys: [VerifierKey]
    ) throws(Failure) -> Checkpoint {
        let head = try Checkpoint(opening: checkpoint, origin: origin, keys: keys)
        guard index < head.size else {
            throw Failure(.corrupt, "the proof is for leaf \(index) of a log of \(head.size)")
        }
        guard
            Merkle.verifyInclusion(
                leaf: leaf, index: index, size: head.size, proof: path, root: head.root)
        else {
            throw Failure(
                .corrupt, "leaf \(index) is not in the signed log: leaf or proof was changed")
        }
        return head
    }

    private static func extra(_ text: String) throws(Failure) -> [UInt8] {
        guard let bytes = [UInt8](base64: text), (1...extraBytesMax).contains(bytes.count) else {
            throw Failure(
                .invalid, "a proof's extra line is not base64 of 1 to \(extraBytesMax) bytes")
        }
        return bytes
    }

    private static func firstEmptyLine(_ bytes: [UInt8]) -> Int? {
        bytes.indices.dropFirst().first { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }
    }
}
