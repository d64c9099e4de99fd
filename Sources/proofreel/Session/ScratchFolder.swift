internal import Base
internal import Crypto
internal import Linux

/// A folder of one's own that is gone afterwards, also after a failure.
enum ScratchFolder {
    static func use<R>(below parent: String?, _ body: (String) throws -> R) throws -> R {
        let parent = parent ?? Environment.value("TMPDIR") ?? "/var/tmp"
        let path = "\(parent)/proofreel-\(Process.id)-\(try randomBytes(8).hex)"
        let files = RealFileSystem()
        try files.createDirectory(path)
        defer { do { try remove(path, files) } catch {} }
        return try body(path)
    }

    private static func remove(_ path: String, _ files: RealFileSystem) throws(Failure) {
        // What an engine makes, empty or not, and whatever else has a file in it.
        var folders: Set<String> = ["", "epoch", "index", "objects"]
        for name in try files.list(path) {
            try files.remove("\(path)/\(name)")
            var folder = parentDirectory(of: name)
            while folder != "." {
                folders.insert(folder)
                folder = parentDirectory(of: folder)
            }
        }
        // A longer name is never above a shorter one.
        for folder in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            let full = folder.isEmpty ? path : "\(path)/\(folder)"
            if files.exists(full) { try files.removeDirectory(full) }
        }
    }
}
