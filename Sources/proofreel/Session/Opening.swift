internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

/// How to open a log for writing, and how to make it when it is not there.
struct Opening {
    let directory: DataDirectory
    var passphraseFile: String?
    var origin: String?
    var site: String?
    /// Checkpoints from outside that the log must contain.
    var seen: [SignedNote] = []

    init(_ directory: DataDirectory, passphraseFile: String?) {
        self.directory = directory
        self.passphraseFile = passphraseFile
    }

    /// For a successor: the old log's root key, and the passphrase that opens it.
    var inherited: (root: KeyFile, passphrase: Passphrase, keep: Bool)?

    /// The machine's name, unless told otherwise.
    var newSite: String { site ?? Environment.hostName }

    private var newOrigin: String { origin ?? "\(Environment.hostName)/log/e1" }

    /// Before anything is made on the disk.
    func check() throws {
        guard Checkpoint.isOrigin(newOrigin) else {
            throw UsageError(
                "--origin should be a name without spaces and +, such as"
                    + " evidence.plant7.example/log/e1")
        }
    }

    /// The keys of a log that has no leaf yet.
    func newIdentity(_ source: PassphraseSource) throws -> LogIdentity {
        var wanted = KeyFolder.NewKeys(origin: newOrigin)
        wanted.root = inherited?.root
        wanted.keepPassphrase = inherited?.keep ?? source.isBesideTheKeys
        let passphrase =
            if let inherited {
                inherited.passphrase
            } else if source.isBesideTheKeys {
                try Passphrase.generated()
            } else {
                try source.read()
            }
        return try directory.keys.prepare(wanted, passphrase: passphrase)
    }

    func identity(_ source: PassphraseSource) throws -> LogIdentity {
        let keys = directory.keys
        if keys.isUnsettled { try keys.settle() }
        guard keys.exists else {
            throw Failure(
                .notFound,
                "\(directory.path) holds a log but no keys; restore the folder keys/ from its"
                    + " backup"
            )
        }
        let identity = try keys.open(source.read())
        if let origin, origin != identity.origin {
            throw Failure(
                .refused,
                "this log's origin is \(identity.origin), not \(origin); leave"
                    + " --origin out")
        }
        return identity
    }
}
