package import Base
package import EvidenceFormat
internal import Linux

/// What may happen to keys later: a new log key, the root key put away, another passphrase.
extension KeyFolder {
    /// A new log key from size `size` on. The old one ends there, so both may sign that one size,
    /// and whatever it signed before stays good. Nothing may be appended in between.
    ///
    /// 1. the new key as `log.key.next`   crash after: not in the key set, so `open` removes it
    /// 2. the new key set                 crash after: `open` sees the new key in it and goes on
    /// 3. rename it to `log.key`          done
    package func rotate(
        root: KeyFile, at size: UInt64, passphrase: Passphrase, rootPassphrase: Passphrase,
        costs: KeyFile.Costs = .standard
    ) throws(Failure) -> VerifierKey {
        let (pinned, _, set) = try standing()
        guard root.verifierKey == pinned else {
            throw Failure(
                .refused,
                "the root key \(root.verifierKey.text) is not the one of this log (\(pinned.text));"
                    + " give the right file")
        }
        let signer = try root.open(rootPassphrase)
        let next = try KeyFile.make(name: set.origin, passphrase: passphrase, costs: costs)
        var entries: [KeySet.Entry] = []
        for entry in set.entries {
            let ends = entry.to.map { min($0, size) } ?? size
            entries.append(
                try KeySet.Entry(key: entry.key, from: entry.from, to: max(ends, entry.from)))
        }
        entries.append(try KeySet.Entry(key: next.verifierKey, from: size))
        guard entries.count <= KeySet.keysMax else {
            throw Failure(
                .full,
                "this log has had \(KeySet.keysMax) keys, all that a key set holds; begin a"
                    + " successor log (proofreel admin successor)")
        }
        let new = try KeySet(origin: set.origin, ordinal: set.ordinal + 1, entries: entries)
        try files.replace(path(Self.nextLogKeyFile), next.encode())
        try files.replace(path(Self.keySetFile), new.signed(by: signer).encode())
        try finishRotation()
        return next.verifierKey
    }

    func finishRotation() throws(Failure) {
        guard files.exists(path(Self.nextLogKeyFile)) else { return }
        let next = try keyFile(Self.nextLogKeyFile)
        let (_, _, set) = try standing()
        if set.entries.last?.key == next.verifierKey {
            try files.rename(path(Self.nextLogKeyFile), to: path(Self.logKeyFile))
        } else {
            try files.remove(path(Self.nextLogKeyFile))
            try files.syncDirectory(folder)
        }
    }

    /// Puts the root key where the data directory's thief does not find it.
    ///
    /// 1. copy it durably       crash after: two copies; repeat with another file name
    /// 2. read the copy back    the medium may lie
    /// 3. remove the original   done
    package func moveRoot(to target: String) throws(Failure) {
        guard holdsRootKey else {
            throw Failure(
                .notFound,
                "\(path(Self.rootKeyFile)) is not there: the root key was moved away before")
        }
        let key = try keyFile(Self.rootKeyFile)
        let bytes = key.encode()
        try files.create(target, bytes)
        guard try KeyFolder.readKeyFile(at: target).encode() == bytes else {
            throw Failure(
                .dataLoss, "\(target) does not read back as it was written; use another medium")
        }
        try files.remove(path(Self.rootKeyFile))
        try files.syncDirectory(folder)
    }

    /// Repeating it after a crash finishes it: a file that the new passphrase opens is left alone.
    package func setPassphrase(
        from old: Passphrase, to new: Passphrase, keep: Bool
    ) throws(Failure) {
        try finishRotation()
        for name in [Self.logKeyFile, Self.rootKeyFile] where files.exists(path(name)) {
            let file = try keyFile(name)
            if opens(file, new) { continue }
            try files.replace(path(name), file.rewrapped(from: old, to: new).encode())
        }
        if keep {
            try files.replace(path(Self.passphraseFile), new.bytes + [0x0A])
        } else if files.exists(path(Self.passphraseFile)) {
            try files.remove(path(Self.passphraseFile))
            try files.syncDirectory(folder)
        }
    }

    private func opens(_ file: KeyFile, _ passphrase: Passphrase) -> Bool {
        do throws(Failure) {
            _ = try file.open(passphrase)
            return true
        } catch {
            return false
        }
    }
}
