package import Base

/// A tree head (C2SP tlog-checkpoint): which log, how many leaves, which root. Signed, it is the
/// log's promise never to show another history at that size.
package struct Checkpoint: Hashable, Sendable {
    package let origin: String
    package let size: UInt64
    package let root: Digest

    package init(origin: String, size: UInt64, root: Digest) {
        precondition(Self.isOrigin(origin) && size <= Merkle.sizeMax)
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads a note's text. Extension lines are refused: no log of ours writes any, and nobody
    /// could audit them.
    package init(text: String) throws(Failure) {
        guard var lines = Lines(Array(text.utf8)[...]), let origin = lines.next(),
            Self.isOrigin(origin), let size = lines.next().flatMap({ decimal($0) }),
            let root = lines.nextBytes().flatMap({ Digest(base64: $0) }), lines.isAtEnd
        else {
            throw Failure(
                .invalid, "a checkpoint should have three lines: origin, size, root in base64")
        }
        guard size > 0 || root == Merkle.emptyRoot else {
            throw Failure(
                .invalid, "a checkpoint of size 0 has a root that is not the empty tree's")
        }
        self.origin = origin
        self.size = size
        self.root = root
    }

    package var text: String { "\(origin)\n\(size)\n\(root.bytes.base64)\n" }

    package func signed(by signers: [NoteSigner]) -> SignedNote {
        SignedNote(text: text, signers: signers)
    }

    /// The checkpoint in a note that one of `keys` has signed for the log `origin`.
    package init(
        opening note: SignedNote, origin: String, keys: [VerifierKey]
    ) throws(Failure) {
        _ = try note.signers(among: keys)
        try self.init(text: note.text)
        guard self.origin == origin else {
            throw Failure(
                .refused, "this checkpoint is of the log \(self.origin), not of \(origin)")
        }
    }

    package static func isOrigin(_ text: String) -> Bool { VerifierKey.isName(text) }
}
