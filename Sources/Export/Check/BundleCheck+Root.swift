internal import Base
internal import EvidenceFormat

/// Step 2: whose log this is, and which tree head everything leads to.
extension BundleCheck {
    /// False when nothing that follows would mean anything.
    func checkRoot() -> Bool {
        guard let keys = required(BundleNames.keySet, step: 2),
            let head = required(BundleNames.checkpoint, step: 2),
            let root = request.rootKey ?? ownRootKey()
        else { return false }
        rootKey = root
        result.rootKey = root.text
        let set: KeySet
        do throws(Failure) {
            let note = try SignedNote(parsing: keys)
            set = try KeySet(
                opening: note, origin: try KeySet(text: note.text).origin, root: root)
        } catch {
            let whose = request.rootKey == nil ? "that the log began under" : "that you gave"
            result.add(
                step: 2, file: BundleNames.keySet,
                "is not by the root key \(whose) (\(root.name)): \(error.words)")
            return false
        }
        keySet = set
        result.origin = set.origin
        do throws(Failure) {
            let note = try SignedNote(parsing: head)
            let checkpoint = try set.open(note)
            self.checkpoint = checkpoint
            signedHead = (head, note)
            result.size = checkpoint.size
            result.root = checkpoint.root
            return true
        } catch {
            result.add(
                step: 2, file: BundleNames.checkpoint,
                "is not signed by a key that may sign it: \(error.words)")
            return false
        }
    }

    /// Without a pinned key: the one that the log's first leaf names. It proves nothing.
    private func ownRootKey() -> VerifierKey? {
        let name = BundleNames.leaf(0, .facts)
        guard let bytes = required(name, step: 2, bytesMax: Leaf.bytesMax) else { return nil }
        do throws(Failure) {
            let leaf = try Leaf(parsing: bytes)
            guard leaf.kind == .genesis, let text = leaf.string("root_key") else {
                throw Failure(.corrupt, "is not the genesis of a log")
            }
            return try VerifierKey(text)
        } catch {
            result.add(step: 2, file: name, error.words)
            return nil
        }
    }

    // MARK: Keys named by leaves

    func checkGenesis(_ leaf: Leaf, _ report: (String) -> Void) {
        genesisKey = leaf.string("root_key") ?? ""
        if leaf.string("origin") != keySet?.origin {
            report("is the genesis of another log")
        }
        if leaf.string("root_key") != rootKey?.text {
            report("began the log under another root key")
        }
    }

    func checkKeySet(_ leaf: Leaf, _ report: (String) -> Void) {
        guard let current = keySet, let root = rootKey else { return }
        do throws(Failure) {
            let note = try SignedNote(parsing: Array((leaf.string("note") ?? "").utf8))
            let set = try KeySet(opening: note, origin: current.origin, root: root)
            if set.ordinal < keySetOrdinal { report("has an older key set than one before it") }
            keySetOrdinal = max(keySetOrdinal, set.ordinal)
            if set.ordinal > current.ordinal {
                report("has a newer key set than \(BundleNames.keySet)")
            }
        } catch {
            report("has a key set that is not by the root key: \(error.words)")
        }
    }
}
