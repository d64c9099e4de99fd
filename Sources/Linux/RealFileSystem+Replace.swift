package import Base
internal import Glibc

/// The few files that change in place, keys and their list, change all at once or not at all.
extension RealFileSystem {
    /// 1. write and sync a file beside it   crash after: `PATH.new` is left for the next call
    /// 2. rename it over the old one        crash after: old or new, never half
    /// 3. sync the folder                   the new one survives a power cut
    package func replace(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        let new = "\(path).new"
        if exists(new) { try remove(new) }
        try create(new, bytes)
        try rename(new, to: path)
    }

    /// Replaces what stands at `target`, file or empty folder.
    package func rename(_ path: String, to target: String) throws(Failure) {
        _ = try checked("rename \(path)") { unsafe Glibc.rename(path, target) }
        try syncDirectory(parentDirectory(of: target))
    }

    /// An empty folder.
    package func removeDirectory(_ path: String) throws(Failure) {
        _ = try checked("remove the directory \(path)") { unsafe rmdir(path) }
    }
}

extension RealFileSystem {
    /// A file that nobody else can open and that is gone when it is let go.
    package func openNameless(in folder: String) throws(Failure) -> any File {
        let path = "\(folder)/.proofreel-\(Process.id)-\(SystemClock().monotonicNanoseconds)"
        let file = try open(path, .createExclusive)
        try remove(path)
        return file
    }

    /// Where files may be that are of no use to anybody later.
    package static var temporaryFolder: String { Environment.value("TMPDIR") ?? "/var/tmp" }
}
