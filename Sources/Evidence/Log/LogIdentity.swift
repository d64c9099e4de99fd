package import Base
package import EvidenceFormat

/// Who this log is: its name, the keys that may sign it, and the private ones at hand.
package struct LogIdentity: Sendable {
    package let origin: String
    package let rootKey: VerifierKey
    package let keySetNote: SignedNote
    package let keySet: KeySet
    private let signers: [NoteSigner]

    package init(
        origin: String, rootKey: VerifierKey, keySetNote: SignedNote, signers: [NoteSigner]
    ) throws(Failure) {
        self.origin = origin
        self.rootKey = rootKey
        self.keySetNote = keySetNote
        keySet = try KeySet(opening: keySetNote, origin: origin, root: rootKey)
        self.signers = signers
        for signer in signers
        where !keySet.entries.contains(where: { $0.key == signer.verifierKey }) {
            throw Failure(
                .refused,
                "the log key at hand is not in this log's key set: it belongs to another log."
                    + " Restore keys/log.key of this data directory")
        }
    }

    /// All keys at hand that are valid at a size; while keys overlap, both sign.
    func sign(_ checkpoint: Checkpoint) throws(Failure) -> SignedNote {
        checkpoint.signed(by: try signers(at: checkpoint.size))
    }

    /// Another text than a checkpoint's; its first line must say what it is.
    func sign(_ text: String, at size: UInt64) throws(Failure) -> SignedNote {
        SignedNote(text: text, signers: try signers(at: size))
    }

    private func signers(at size: UInt64) throws(Failure) -> [NoteSigner] {
        let valid = keySet.keys(validAt: size)
        let at = signers.filter { valid.contains($0.verifierKey) }
        guard !at.isEmpty else {
            throw Failure(
                .refused,
                "no key at hand may sign a checkpoint of size \(size); see proofreel key show")
        }
        return at
    }
}
