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

    /// The machine's name, unless told otherwise.
    var newSite: String { site ?? Environment.hostName }

    private var newOrigin: String { origin ?? "\(Environment.hostName)/log/e1" }

    func identity(isNew: Bool, _ source: PassphraseSource) throws -> LogIdentity {
        let keys = directory.keys
        if !keys.exists {
            guard isNew else {
                throw Failure(
                    .notFound,
                    "\(directory.path) holds a log but no keys; restore the folder keys/ from its"
                        + " backup")
            }
            guard Checkpoint.isOrigin(newOrigin) else {
                throw UsageError(
                    "--origin should be a name without spaces and +, such as"
                        + " evidence.plant7.example/log/e1")
            }
            var wanted = KeyFolder.NewKeys(origin: newOrigin)
            wanted.keepPassphrase = source.isBesideTheKeys
            let passphrase =
                source.isBesideTheKeys ? try Passphrase.generated() : try source.read()
            return try keys.create(wanted, passphrase: passphrase)
        }
        let identity = try keys.open(source.read())
        if let origin, origin != identity.origin {
            throw Failure(
                .refused,
                "this log's origin is \(identity.origin), not \(origin); leave --origin out")
        }
        return identity
    }
}
