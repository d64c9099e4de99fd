package import Base
internal import CLinux
internal import Glibc

/// What a path leads to, symbolic links followed.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case file, directory, other }
    package let kind: Kind
    package let bytes: UInt64
    /// On the disk; less than `bytes` where space was given back.
    package let allocated: UInt64
    package let modified: WallTime
    /// Whether people other than the owner may read it.
    package let isReadableByOthers: Bool

    package init(_ path: String) throws(Failure) {
        var status = stat()
        _ = try checked("look at \(path)") { unsafe stat(path, &status) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        default: kind = .other
        }
        bytes = UInt64(clamping: status.st_size)
        allocated = UInt64(clamping: status.st_blocks) * 512
        modified = WallTime(
            microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000
                + Int64(status.st_mtim.tv_nsec) / 1000)
        isReadableByOthers = status.st_mode & 0o077 != 0
    }
}

/// Room on the disk that holds a path.
package struct DiskSpace: Hashable, Sendable {
    /// For this user; root has a little more.
    package let freeBytes: UInt64
    package let totalBytes: UInt64

    package init(at path: String) throws(Failure) {
        var status = statvfs()
        _ = try checked("look at the disk of \(path)") { unsafe statvfs(path, &status) }
        freeBytes = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        totalBytes = UInt64(status.f_blocks) * UInt64(status.f_frsize)
    }
}
