package import Base

/// The file calls the store makes. `RealFileSystem` makes them; tests put a layer here that forgets
/// what was not synced, tears writes and fails the n-th call. Calls are per batch, never per byte.
package protocol FileSystem: AnyObject, Sendable {
    func open(_ path: String, _ mode: FileMode) throws(Failure) -> any File
    /// Makes missing parents too; an existing directory is fine.
    func createDirectory(_ path: String) throws(Failure)
    func remove(_ path: String) throws(Failure)
    func exists(_ path: String) -> Bool
    /// Names (not paths) of the files below `path`, recursively, relative to it, sorted.
    func list(_ path: String) throws(Failure) -> [String]
    /// Makes names created or removed in the directory survive a power cut.
    func syncDirectory(_ path: String) throws(Failure)
}

package enum FileMode: Sendable {
    case read
    case write
    /// Fails with `.alreadyExists`.
    case createExclusive
    /// `O_DIRECT`: memory, offsets and lengths are multiples of a page. Falls back to plain writes
    /// where the file system cannot do it.
    case writeDirect
}

package protocol File: AnyObject, Sendable {
    /// Replaces the contents of `buffer` with up to `count` bytes; fewer at the end of the file.
    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure)
    func write(_ bytes: Span<UInt8>, at offset: UInt64) throws(Failure)
    /// Until this returns, nothing that was written counts (`fdatasync`).
    func sync() throws(Failure)
    /// Reserves space so that later writes do not fail for want of it (`fallocate`).
    func allocate(upTo length: UInt64) throws(Failure)
    func truncate(to length: UInt64) throws(Failure)
    /// Gives the bytes back to the disk; they read as zero from then on.
    func punch(_ range: Range<UInt64>) throws(Failure)
    func length() throws(Failure) -> UInt64
}

extension File {
    package func read(_ range: Range<UInt64>) throws(Failure) -> [UInt8] {
        var buffer: [UInt8] = []
        try read(
            at: range.lowerBound, count: Int(range.upperBound - range.lowerBound), into: &buffer)
        return buffer
    }
}

extension FileSystem {
    /// The whole of a small file; refuses one that is larger than `limit`.
    package func contents(of path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = try open(path, .read)
        let length = try file.length()
        guard length <= UInt64(limit) else {
            throw Failure(.invalid, "\(path) has \(length) bytes; at most \(limit) make sense")
        }
        return try file.read(0..<length)
    }

    /// Creates a small file durably. It must not exist: nothing here is ever overwritten.
    package func create(_ path: String, _ bytes: [UInt8]) throws(Failure) {
        let file = try open(path, .createExclusive)
        try file.write(bytes.span, at: 0)
        try file.sync()
        try syncDirectory(parentDirectory(of: path))
    }
}

package func parentDirectory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}
