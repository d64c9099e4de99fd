internal import Base

/// What a witness decides about a request: no clock, no file, no key of its own. The order of the
/// questions is that of C2SP tlog-witness.
package enum WitnessRules {
    package enum Verdict: Hashable, Sendable {
        /// To be recorded, then signed.
        case cosign(Checkpoint)
        case unknownLog(String)
        case untrusted(String)
        case malformed(String)
        /// What was seen last has this size, and not the one that the request starts from; or it
        /// has the same size and another root.
        case conflict(size: UInt64)
        /// The newer tree is not proven to continue the older one.
        case inconsistent
    }

    /// `known` is what was cosigned last of this log, `keys` are those that may sign it.
    package static func judge(
        _ request: AddCheckpoint, keys: [VerifierKey], known: (String) -> Checkpoint?
    ) -> Verdict {
        let checkpoint: Checkpoint
        do throws(Failure) {
            checkpoint = try Checkpoint(text: request.note.text)
        } catch {
            return .malformed(error.words)
        }
        let trusted = keys.filter { $0.name.hasSameBytes(as: checkpoint.origin) }
        guard !trusted.isEmpty else { return .unknownLog(checkpoint.origin) }
        do throws(Failure) {
            _ = try request.note.signers(among: trusted)
        } catch {
            return .untrusted(error.words)
        }
        guard request.oldSize <= checkpoint.size else {
            return .malformed(
                "the old size \(request.oldSize) is larger than the checkpoint's,"
                    + " \(checkpoint.size)")
        }
        let last = known(checkpoint.origin)
        let size = last?.size ?? 0
        guard request.oldSize == size else { return .conflict(size: size) }
        let root = last?.root ?? Merkle.emptyRoot
        if checkpoint.size == size, checkpoint.root != root { return .conflict(size: size) }
        guard
            Merkle.verifyConsistency(
                from: size, root: root, to: checkpoint.size, root: checkpoint.root,
                proof: request.proof)
        else { return .inconsistent }
        return .cosign(checkpoint)
    }
}
