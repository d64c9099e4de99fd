package import Base
internal import Linux

/// Where the passphrase comes from; the first that is there counts.
package enum PassphraseSource: Hashable, Sendable {
    /// `--passphrase-file`
    case option(String)
    /// `PROOFREEL_PASSPHRASE_FILE`
    case environment(String)
    /// `LoadCredential=proofreel-passphrase:…` of a systemd unit
    case credential(String)
    /// `keys/passphrase`, generated with the directory
    case besideTheKeys(String)

    package static let environmentName = "PROOFREEL_PASSPHRASE_FILE"
    package static let credentialName = "proofreel-passphrase"

    package static func find(option: String?, keys: KeyFolder) -> PassphraseSource {
        if let option { return .option(option) }
        if let path = Environment.value(environmentName) { return .environment(path) }
        if let folder = Environment.value("CREDENTIALS_DIRECTORY") {
            let path = "\(folder)/\(credentialName)"
            if RealFileSystem().exists(path) { return .credential(path) }
        }
        return .besideTheKeys(keys.path(KeyFolder.passphraseFile))
    }

    package var path: String {
        switch self {
        case .option(let path), .environment(let path), .credential(let path),
            .besideTheKeys(let path):
            path
        }
    }

    package var isBesideTheKeys: Bool {
        if case .besideTheKeys = self { true } else { false }
    }

    package func read() throws(Failure) -> Passphrase {
        if isBesideTheKeys, !RealFileSystem().exists(path) {
            throw Failure(
                .notFound,
                "no passphrase is at hand: \(path) is not there; name the file with"
                    + " --passphrase-file or in \(Self.environmentName)")
        }
        return try Passphrase(file: path)
    }

    /// Nil when nothing is wrong with where it stands.
    package var warning: String? {
        let status: FileStatus
        do throws(Failure) { status = try FileStatus(path) } catch { return nil }
        guard status.isReadableByOthers else { return nil }
        return "other users may read the passphrase in \(path); run: chmod 600 \(path)"
    }
}
