internal import Base
internal import Linux

/// Bytes below a folder, as the disk counts them.
enum DiskUse {
    static func of(_ folder: String) throws(Failure) -> UInt64 {
        var sum: UInt64 = 0
        for name in try RealFileSystem().list(folder) {
            do throws(Failure) {
                let status = try FileStatus("\(folder)/\(name)")
                // Reserved space does not count, nor does space that was given back.
                sum += min(status.bytes, status.allocated)
            } catch {
                // Removed between listing and looking: the index does that while it runs.
                guard error.kind == .notFound else { throw error }
            }
        }
        return sum
    }
}
