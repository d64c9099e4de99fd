package import Base
package import EvidenceFormat
internal import Linux

/// `DATADIR/keys`: what signs the log, and what says that it may.
///
/// ```
/// log.key       the key that signs checkpoints, behind a passphrase
/// root.vkey     the root key's public half: what verifiers pin
/// keyset.note   which log keys are valid for which sizes, signed by the root key
/// root.key      the root key itself, until it is moved away
/// passphrase    generated; absent when it comes from elsewhere
/// ```
package struct KeyFolder: Sendable {
    package static let logKeyFile = "log.key"
    package static let nextLogKeyFile = "log.key.next"
    package static let rootKeyFile = "root.key"
    package static let rootVerifierFile = "root.vkey"
    package static let keySetFile = "keyset.note"
    package static let passphraseFile = "passphrase"
    static let textBytesMax = SignedNote.bytesMax

    package let folder: String
    let files = RealFileSystem()

    package init(dataDirectory: String) { folder = "\(dataDirectory)/keys" }

    package func path(_ name: String) -> String { "\(folder)/\(name)" }
    package var exists: Bool { files.exists(folder) }
    package var holdsRootKey: Bool { files.exists(path(Self.rootKeyFile)) }

    // MARK: The first start

    package struct NewKeys: Sendable {
        package let origin: String
        /// A key that signs already, instead of a new one.
        package var root: KeyFile?
        package var costs: KeyFile.Costs = .standard
        /// Write it beside the keys; false when it comes from elsewhere.
        package var keepPassphrase = false

        package init(origin: String) { self.origin = origin }

        var rootName: String {
            let parts = origin.utf8.split(separator: 0x2F).map {
                String(decoding: Array($0), as: UTF8.self)
            }
            return (parts.count > 2 ? parts.dropLast(2).joined(separator: "/") : origin) + "/root"
        }
    }

    /// Root key, log key and the first key set, all at once.
    package func create(
        _ wanted: NewKeys, passphrase: Passphrase
    ) throws(Failure) -> LogIdentity {
        _ = try prepare(wanted, passphrase: passphrase)
        try settle()
        return try open(passphrase)
    }

    /// The keys of a log that does not exist yet. They become `keys` by `settle`, when its first
    /// leaf is durable: so keys without a log always mean that the log was lost, and never get a
    /// second one.
    ///
    /// 1. write them into `keys.new`    crash after: the next start makes others
    /// 2. the log's first leaves        crash after: the next start settles
    /// 3. rename it to `keys`           done
    package func prepare(
        _ wanted: NewKeys, passphrase: Passphrase
    ) throws(Failure) -> LogIdentity {
        guard !exists else {
            throw Failure(
                .alreadyExists, "\(folder) is there already; its keys are not overwritten")
        }
        let new = unsettled
        try new.discard()
        let root =
            if let root = wanted.root { root } else {
                try KeyFile.make(
                    name: wanted.rootName, passphrase: passphrase, costs: wanted.costs)
            }
        let log = try KeyFile.make(
            name: wanted.origin, passphrase: passphrase, costs: wanted.costs)
        let set = try KeySet(
            origin: wanted.origin, ordinal: 1, entries: [.init(key: log.verifierKey, from: 0)])
        let note = set.signed(by: try root.open(passphrase))
        try files.createDirectory(new.folder)
        let vkey = Array("\(root.verifierKey.text)\n".utf8)
        try files.create(new.path(Self.rootVerifierFile), vkey)
        try files.create(new.path(Self.rootKeyFile), root.encode())
        try files.create(new.path(Self.logKeyFile), log.encode())
        try files.create(new.path(Self.keySetFile), note.encode())
        if wanted.keepPassphrase {
            try files.create(new.path(Self.passphraseFile), passphrase.bytes + [0x0A])
        }
        return try new.open(passphrase)
    }

    package func settle() throws(Failure) { try files.rename(unsettled.folder, to: folder) }

    /// Whether the log's first start was cut off before `settle`.
    package var isUnsettled: Bool { !exists && unsettled.exists }

    private var unsettled: KeyFolder { KeyFolder(folder: "\(folder).new") }

    private init(folder: String) { self.folder = folder }

    private func discard() throws(Failure) {
        guard exists else { return }
        for name in try files.list(folder) { try files.remove(path(name)) }
        try files.removeDirectory(folder)
    }

    // MARK: Every other start

    /// Without private keys: enough to read and to verify.
    package func openPublic() throws(Failure) -> LogIdentity {
        let (root, note, set) = try standing()
        return try LogIdentity(
            origin: set.origin, rootKey: root, keySetNote: note, signers: [])
    }

    package func open(_ passphrase: Passphrase) throws(Failure) -> LogIdentity {
        try finishRotation()
        let (root, note, set) = try standing()
        let file = try keyFile(Self.logKeyFile)
        guard set.entries.contains(where: { $0.key == file.verifierKey }) else {
            throw Failure(
                .refused,
                "\(path(Self.logKeyFile)) is the key of another log (\(file.verifierKey.text));"
                    + " restore the one that belongs to \(set.origin)")
        }
        return try LogIdentity(
            origin: set.origin, rootKey: root, keySetNote: note, signers: [file.open(passphrase)])
    }

    func standing() throws(Failure) -> (VerifierKey, SignedNote, KeySet) {
        let root = try rootVerifierKey()
        let note: SignedNote
        let set: KeySet
        let path = path(Self.keySetFile)
        do throws(Failure) {
            note = try SignedNote(parsing: try contents(Self.keySetFile))
            _ = try note.signers(among: [root])
            set = try KeySet(text: note.text)
        } catch {
            guard error.kind != .notFound else { throw error }
            throw Failure(.corrupt, "\(path) is damaged (\(error.words)); restore it from a copy")
        }
        return (root, note, set)
    }

    /// As it stands in the file, whoever signed it.
    package func keySetNote() throws(Failure) -> SignedNote {
        let bytes = try contents(Self.keySetFile)
        do throws(Failure) {
            return try SignedNote(parsing: bytes)
        } catch {
            throw Failure(
                .corrupt,
                "\(path(Self.keySetFile)) is damaged (\(error.words)); restore it from a copy")
        }
    }

    package func rootVerifierKey() throws(Failure) -> VerifierKey {
        let bytes = try contents(Self.rootVerifierFile)
        do throws(Failure) {
            guard bytes.last == 0x0A, let text = String(validating: bytes.dropLast(), as: UTF8.self)
            else { throw Failure(.corrupt, "it is not one line of text") }
            return try VerifierKey(text)
        } catch {
            throw Failure(
                .corrupt,
                "\(path(Self.rootVerifierFile)) is damaged (\(error.words)); restore it from a copy"
            )
        }
    }

    package func keyFile(_ name: String) throws(Failure) -> KeyFile {
        let bytes = try contents(name)
        return try Self.keyFile(bytes, path(name))
    }

    /// A key file anywhere, such as the root key on its stick.
    package static func readKeyFile(at path: String) throws(Failure) -> KeyFile {
        try keyFile(RealFileSystem().contents(of: path, limit: textBytesMax), path)
    }

    private static func keyFile(_ bytes: [UInt8], _ path: String) throws(Failure) -> KeyFile {
        do throws(Failure) {
            return try KeyFile(parsing: bytes)
        } catch {
            throw Failure(error.kind, "\(path) is damaged: \(error.words)")
        }
    }

    private func contents(_ name: String) throws(Failure) -> [UInt8] {
        do throws(Failure) {
            return try files.contents(of: path(name), limit: Self.textBytesMax)
        } catch {
            guard error.kind == .notFound else { throw error }
            throw Failure(
                .notFound,
                "\(path(name)) is missing; restore the folder keys/ from the backup of this data"
                    + " directory")
        }
    }
}
