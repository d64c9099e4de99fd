internal import CLinux
package import Base
internal import Glibc

/// One thing below a folder. Symbolic links are reported, never followed.
package struct FolderEntry: Hashable, Sendable {
    package enum Kind: Hashable, Sendable { case file, link, other }

    /// Relative to the folder that was walked.
    package let name: String
    package let kind: Kind
    package let bytes: UInt64
}

/// Lists folders that somebody else has filled.
package enum FolderWalk {
    /// Folders inside each other; whoever nests deeper means no good.
    package static let depthMax = 16

    /// Everything below `path` that is not a folder, in no special order.
    package static func entries(
        below path: String, countMax: Int
    ) throws(Failure) -> [FolderEntry] {
        var found: [FolderEntry] = []
        try walk(path, "", 0, countMax, &found)
        return found
    }

    private static func walk(
        _ root: String, _ folder: String, _ depth: Int, _ countMax: Int,
        _ found: inout [FolderEntry]
    ) throws(Failure) {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        guard depth <= depthMax else {
            throw Failure(.invalid, "\(path) is nested more than \(depthMax) folders deep")
        }
        guard let directory = unsafe opendir(path) else {
            throw Failure(errno: errno, "read the directory \(path)")
        }
        defer { unsafe closedir(directory) }
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    unsafe String(cString: text)
                }
            }
            if name == "." || name == ".." { continue }
            let relative = folder.isEmpty ? name : "\(folder)/\(name)"
            var status = stat()
            _ = try checked("look at \(root)/\(relative)") {
                unsafe lstat("\(root)/\(relative)", &status)
            }
            let type = status.st_mode & S_IFMT
            if type == S_IFDIR {
                try walk(root, relative, depth + 1, countMax, &found)
                continue
            }
            guard found.count < countMax else {
                throw Failure(.invalid, "\(root) has more than \(countMax) files")
            }
            found.append(
                FolderEntry(
                    name: relative,
                    kind: type == S_IFREG ? .file : type == S_IFLNK ? .link : .other,
                    bytes: UInt64(clamping: status.st_size)))
        }
    }
}
