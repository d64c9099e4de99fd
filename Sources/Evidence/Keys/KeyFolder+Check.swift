package import Base
internal import EvidenceFormat
internal import Linux
package import Store

extension KeyFolder {
    /// For `verify`, without a passphrase: every file parses, its sum is right, the key set is
    /// signed by the root key, the keys belong to it, and nothing else is there.
    package func check(_ report: (EngineFinding) -> Void) throws(Failure) {
        guard exists else {
            report(EngineFinding(.damage, "keys", "the folder is missing; restore it from a copy"))
            return
        }
        let names = try files.list(folder)
        for required in [Self.rootVerifierFile, Self.keySetFile, Self.logKeyFile]
        where !names.contains(required) {
            report(EngineFinding(.damage, "keys/\(required)", "missing; restore it from a copy"))
        }
        for name in names {
            do throws(Failure) {
                try check(name, report)
            } catch {
                report(EngineFinding(.damage, "keys/\(name)", error.words))
            }
        }
    }

    /// What a crash in the middle of a change may leave.
    private static let passing: Set<String> = [
        nextLogKeyFile, "\(nextLogKeyFile).new", "\(keySetFile).new", "\(logKeyFile).new",
        "\(rootKeyFile).new", "\(passphraseFile).new",
    ]

    private func check(_ name: String, _ report: (EngineFinding) -> Void) throws(Failure) {
        switch name {
        case Self.rootVerifierFile: _ = try rootVerifierKey()
        case Self.keySetFile: _ = try standing()
        case Self.logKeyFile:
            let key = try keyFile(name).verifierKey
            let (_, _, set) = try standing()
            if !set.entries.contains(where: { $0.key == key }) {
                throw Failure(.refused, "the key of another log; restore the right one")
            }
        case Self.rootKeyFile:
            guard try keyFile(name).verifierKey == rootVerifierKey() else {
                throw Failure(
                    .refused, "not the root key that root.vkey names; restore the right one")
            }
            report(
                EngineFinding(
                    .note, "keys/\(name)",
                    "the root key is still beside what it guards; run proofreel key move-root FILE")
            )
        case Self.passphraseFile:
            if try Passphrase(file: path(name)).isWhole == false {
                throw Failure(
                    .corrupt, "the generated passphrase is damaged; restore it from a copy")
            }
        case _ where Self.passing.contains(name):
            report(
                EngineFinding(
                    .note, "keys/\(name)", "left by a change of keys that was cut off; repeat it"))
        default:
            report(EngineFinding(.damage, "keys/\(name)", "a file that does not belong here"))
        }
    }
}
