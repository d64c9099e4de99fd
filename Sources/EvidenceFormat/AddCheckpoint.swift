package import Base

/// What a log sends to a witness (C2SP tlog-witness, `add-checkpoint`): the size that it saw last,
/// the proof from there, and the newer checkpoint.
package struct AddCheckpoint: Hashable, Sendable {
    package static let proofCountMax = 63
    package static let bytesMax = SignedNote.bytesMax + 4096

    package let oldSize: UInt64
    package let proof: [Digest]
    package let note: SignedNote

    package init(oldSize: UInt64, proof: [Digest], note: SignedNote) {
        precondition(proof.count <= Self.proofCountMax && oldSize <= Merkle.sizeMax)
        self.oldSize = oldSize
        self.proof = proof
        self.note = note
    }

    package func encode() -> [UInt8] {
        var text = "old \(oldSize)\n"
        for hash in proof { text += hash.bytes.base64 + "\n" }
        return Array(text.utf8) + [0x0A] + note.encode()
    }

    /// Reads exactly what `encode` writes.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.bytesMax else {
            throw Failure(.invalid, "a request has \(bytes.count) bytes; at most \(Self.bytesMax)")
        }
        guard
            let gap = bytes.indices.dropFirst().first(where: {
                bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A
            }),
            var lines = Lines(bytes[..<gap]),
            let size = lines.next(after: "old ").flatMap({ decimal($0) })
        else {
            throw Failure(
                .invalid, "a request should begin with: old SIZE, hashes, an empty line")
        }
        var proof: [Digest] = []
        while let line = lines.nextBytes() {
            guard proof.count < Self.proofCountMax else {
                throw Failure(.invalid, "a proof has more than \(Self.proofCountMax) hashes")
            }
            guard let hash = Digest(base64: line) else {
                throw Failure(.invalid, "line \(proof.count + 2) is not a hash in base64")
            }
            proof.append(hash)
        }
        oldSize = size
        self.proof = proof
        note = try SignedNote(parsing: Array(bytes[(gap + 1)...]))
    }
}
