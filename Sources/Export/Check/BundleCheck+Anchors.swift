internal import Base
internal import EvidenceFormat
internal import TimeStamp

/// Step 9: what others outside the log's server have confirmed.
extension BundleCheck {
    /// An anchored checkpoint whose place in this log has been shown.
    private struct Anchored {
        let size: UInt64
        let name: String
    }

    func checkAnchors() {
        let roots = checkConsistency()
        var stems: Set<String> = []
        for file in 0..<source.files.count {
            let name = source.files.name(file)
            guard name.hasPrefix("proof/anchors/"), let dot = name.lastIndex(of: ".") else {
                continue
            }
            let ending = name[name.index(after: dot)...]
            if ["checkpoint", "tsr", "pem", "crl", "note"].contains(ending) {
                stems.insert(String(name[..<dot]))
            }
        }
        for stem in stems.sorted() { checkAnchor(stem, roots) }
        for note in request.kept { checkKept(note, roots) }
    }

    /// Roots by size that this log's tree is shown to contain.
    private func checkConsistency() -> [UInt64: Digest] {
        guard let checkpoint, let keySet else { return [:] }
        var roots = [checkpoint.size: checkpoint.root]
        for file in 0..<source.files.count {
            let name = source.files.name(file)
            guard name.hasPrefix("proof/consistency/"), name.hasSuffix(".checkpoint") else {
                continue
            }
            let stem = String(name.dropLast(".checkpoint".utf8.count))
            let size = stem.dropFirst("proof/consistency/".utf8.count)
            claimed[file] = true
            do throws(Failure) {
                let note = try SignedNote(
                    parsing: try source.contents(file, bytesMax: SignedNote.bytesMax))
                let old = try keySet.open(note)
                guard String(old.size) == size else {
                    throw Failure(.corrupt, "is of size \(old.size)")
                }
                if try isContinued(old, by: checkpoint, "\(stem).consistency") {
                    roots[old.size] = old.root
                }
            } catch {
                result.add(step: 9, file: name, error.words)
            }
        }
        return roots
    }

    private func isContinued(
        _ old: Checkpoint, by new: Checkpoint, _ name: String
    ) throws(Failure) -> Bool {
        guard let file = source.files.position(of: name) else {
            throw Failure(.corrupt, "has no proof beside it that this log continues it")
        }
        claimed[file] = true
        let proof: ConsistencyFile
        do throws(Failure) {
            proof = try ConsistencyFile(
                parsing: try source.contents(file, bytesMax: ConsistencyFile.bytesMax))
        } catch {
            result.add(step: 9, file: name, error.words)
            return false
        }
        let holds = Merkle.verifyConsistency(
            from: old.size, root: old.root, to: new.size, root: new.root, proof: proof.hashes)
        if proof.old == old.size, proof.new == new.size, holds { return true }
        result.add(
            step: 9, file: name,
            "does not show that this log continues the checkpoint: one of them was changed, or"
                + " the log's key has signed two histories")
        return false
    }

    // MARK: One anchor

    private func checkAnchor(_ stem: String, _ roots: [UInt64: Digest]) {
        let base = stem.dropFirst("proof/anchors/".utf8.count)
        let parts = base.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let size = UInt64(parts[0]), String(size) == parts[0],
            !parts[1].isEmpty, parts[1].utf8.allSatisfy(Self.isNameByte)
        else { return }
        let anchored = Anchored(size: size, name: String(parts[1]))
        let head = source.files.position(of: "\(stem).checkpoint")
        let stamp = source.files.position(of: "\(stem).tsr")
        let note = source.files.position(of: "\(stem).note")
        let certificates = source.files.position(of: "\(stem).pem")
        let revoked = source.files.position(of: "\(stem).crl")
        for file in [head, stamp, note, certificates, revoked] {
            if let file { claimed[file] = true }
        }
        if let head { checkHead(head, anchored, roots) }
        if let note { checkWitnessed(note, anchored, roots) }
        guard let stamp else {
            return
        }
        guard let head else {
            return result.add(
                .note, step: 9, file: "\(stem).tsr", "was not judged: no checkpoint is beside it")
        }
        checkStamp(stamp, head, certificates, revoked, anchored)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
            || (0x61...0x7A).contains(byte) || byte == 0x2D
    }

    private func refuse(_ file: String, _ words: String) {
        result.add(step: 9, file: file, words)
    }

    /// The anchored checkpoint is of this log, and in its tree.
    private func checkHead(_ file: Int, _ anchored: Anchored, _ roots: [UInt64: Digest]) {
        let name = source.files.name(file)
        do throws(Failure) {
            let bytes = try source.contents(file, bytesMax: SignedNote.bytesMax)
            try checkIsIn(SignedNote(parsing: bytes), anchored, roots)
        } catch {
            refuse(name, error.words)
        }
    }

    private func checkIsIn(
        _ note: SignedNote, _ anchored: Anchored, _ roots: [UInt64: Digest]
    ) throws(Failure) {
        guard let checkpoint = try keySet?.open(note) else { return }
        guard checkpoint.size == anchored.size else {
            throw Failure(.corrupt, "is of size \(checkpoint.size)")
        }
        guard let root = roots[checkpoint.size] else {
            throw Failure(.corrupt, "is not shown to be of this log: no consistency proof is here")
        }
        guard root == checkpoint.root else {
            throw Failure(
                .corrupt, "is of another history: the log's key has signed two of one size")
        }
    }

    private func checkWitnessed(_ file: Int, _ anchored: Anchored, _ roots: [UInt64: Digest]) {
        let name = source.files.name(file)
        do throws(Failure) {
            let note = try SignedNote(
                parsing: try source.contents(file, bytesMax: SignedNote.bytesMax))
            try checkIsIn(note, anchored, roots)
            let leaf = anchorLeaf(file, anchored)
            var isKnown = false
            for witness in request.witnesses {
                guard let time = try witness.time(on: note) else { continue }
                isKnown = true
                result.vouchers.append(
                    .init(
                        kind: .witness, name: witness.name, size: anchored.size, time: time,
                        leaf: leaf))
            }
            if !isKnown {
                result.add(
                    .note, step: 9, file: name,
                    "has no signature by a witness that you trust: give its key, --witness")
            }
        } catch {
            refuse(name, error.words)
        }
    }

    private func checkStamp(
        _ stamp: Int, _ head: Int, _ certificates: Int?, _ revoked: Int?, _ anchored: Anchored
    ) {
        let name = source.files.name(stamp)
        let leaf = anchorLeaf(stamp, anchored)
        do throws(Failure) {
            let open = try source.open(head)
            let imprint = try open.hash(0..<open.byteCount)
            let bytes = try source.contents(stamp, bytesMax: TimeStampReply.bytesMax)
            var helpers = Certificates([])
            if let certificates {
                helpers = try Certificates(
                    pem: source.contents(certificates, bytesMax: Certificates.bytesMax))
            }
            let (time, isTrusted) = try Self.time(
                of: bytes, imprint, request.timeStampRoots, helpers)
            if let revoked, try isRevoked(revoked, helpers, at: time) {
                return result.add(
                    .note, step: 9, file: name,
                    "does not count: its signer had been revoked when it was made")
            }
            guard isTrusted else {
                return result.add(
                    .note, step: 9, file: name,
                    "is by an authority that neither you nor this machine trusts: give its"
                        + " certificate, --trust-tsa")
            }
            result.vouchers.append(
                .init(
                    kind: .timeStamp, name: anchored.name, size: anchored.size, time: time,
                    leaf: leaf))
        } catch {
            refuse(name, error.words)
        }
    }

    /// By the list that was kept with the stamp. One that is not by the authority is reported.
    private func isRevoked(
        _ file: Int, _ certificates: Certificates, at time: WallTime
    ) throws(Failure) -> Bool {
        let list = try source.contents(file, bytesMax: Self.smallBytesMax)
        guard let isRevoked = certificates.revoked(by: list, at: time) else {
            refuse(
                source.files.name(file), "is no revocation list by the authority beside it")
            return false
        }
        return isRevoked
    }

    /// When it was stamped, and whether somebody whom the verifier trusts stands behind it. Throws
    /// when it does not hold under the very certificates that it came with.
    private static func time(
        of bytes: [UInt8], _ imprint: Digest, _ roots: Certificates, _ own: Certificates
    ) throws(Failure) -> (WallTime, isTrusted: Bool) {
        let asked = try TimeStampRequest(imprint: imprint, nonce: nil)
        do throws(TimeStampFailure) {
            let reply = try TimeStampReply(bytes)
            try reply.verify(asked, pinned: own)
            do throws(TimeStampFailure) {
                if roots.all.isEmpty {
                    try reply.verifyUnderSystemRoots(asked, helpers: own)
                } else {
                    try reply.verify(asked, pinned: roots, helpers: own)
                }
                return (reply.time, true)
            } catch {
                return (reply.time, false)
            }
        } catch {
            throw error.failure
        }
    }

    /// The leaf that recorded the anchor in this file, by the file's hash.
    private func anchorLeaf(_ file: Int, _ anchored: Anchored) -> UInt64? {
        guard listed[file],
            let found = anchorLeaves.first(where: { $0.leaf.digest("proof") == expected[file] })
        else { return nil }
        if found.leaf.int("size") != Int64(anchored.size) || found.index < anchored.size {
            refuse(source.files.name(file), "is recorded by a leaf of another size")
        }
        return found.index
    }

    // MARK: What was kept elsewhere

    private func checkKept(_ note: SignedNote, _ roots: [UInt64: Digest]) {
        guard let keySet, let checkpoint else { return }
        do throws(Failure) {
            let kept = try keySet.open(note)
            guard kept.size <= checkpoint.size, let root = roots[kept.size] else {
                let words =
                    kept.size > checkpoint.size
                    ? "is younger than this bundle: ask for a new one"
                    : "is of a size that no proof is here for: ask for a bundle with it"
                return result.add(
                    .note, step: 9, "the checkpoint of size \(kept.size) that you gave \(words)")
            }
            guard root == kept.root else {
                return result.add(
                    step: 9, file: BundleNames.checkpoint,
                    "is of another history than the checkpoint of size \(kept.size) that you gave:"
                        + " the log's key has signed two")
            }
            result.vouchers.append(
                .init(kind: .kept, name: "you", size: kept.size, time: nil, leaf: nil))
        } catch {
            result.add(step: 9, "the checkpoint that you gave is not of this log: \(error.words)")
        }
    }
}
