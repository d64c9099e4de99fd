package import Base
internal import Linux

extension EmbeddedEngine {
    package func inspect(_ report: (EngineFinding) -> Void) throws(Failure) {
        try inspectNames(report)
        let index = "\(root)/\(Self.indexFolder)"
        if let damage = maps.damage {
            report(
                EngineFinding(
                    .damage, "index", "\(damage.words); run proofreel admin rebuild-index"))
        }
        guard RealFileSystem().exists(index) else { return }
        if try !FileSums.check(index, report) {
            report(
                EngineFinding(
                    .note, "index",
                    "in use or not closed cleanly: checked by its own checksums and by content"))
        }
    }

    /// A file nobody accounts for may be somebody's attempt.
    private func inspectNames(_ report: (EngineFinding) -> Void) throws(Failure) {
        for name in try files.list(root) {
            let top = name.prefix { $0 != "/" }
            switch String(top) {
            case Self.formatFile, Self.lockFile, Self.statusSocket, Self.controlSocket,
                Self.wireSocket:
                if name != top { stranger(name, report) }
            case Self.epochFolder:
                let number = name.dropFirst(Self.epochFolder.count + 1)
                if UInt64(number).map({ String($0) != number }) ?? true { stranger(name, report) }
            case Self.objectFolder, Self.indexFolder: break
            default:
                if !foreignFolders.contains(String(top)) { stranger(name, report) }
            }
        }
    }

    private func stranger(_ name: String, _ report: (EngineFinding) -> Void) {
        report(EngineFinding(.damage, name, "a file that does not belong in a data directory"))
    }

    /// Names of all objects, for `verify` alone: finding strangers is the one use of a listing.
    package func listObjects() throws(Failure) -> [String] {
        let folder = "\(root)/\(Self.objectFolder)"
        return files.exists(folder) ? try files.list(folder) : []
    }
}
