package import Base
package import Linux

/// One preallocated file. Writes go past the page cache, so fifty cameras neither fill it nor wait
/// for its flushing; reads go through it.
package final class RingFile: RingStorage {
    private let writer: any File
    private let reader: any File
    private let size: Monitor<UInt64>

    /// Makes the file when it is not there and reserves all of it, so that recording never fails
    /// for want of space. An existing file keeps its contents; it is cut when it is longer.
    package init(_ path: String, bytes: UInt64, _ files: any FileSystem) throws(Failure) {
        if !files.exists(path) {
            try files.createDirectory(parentDirectory(of: path))
            _ = try files.open(path, .createExclusive)
            try files.syncDirectory(parentDirectory(of: path))
        }
        writer = try files.open(path, .writeDirect)
        reader = try files.open(path, .read)
        size = Monitor(0)
        try resize(to: bytes)
    }

    package var byteCount: UInt64 { size.withLock { $0 } }

    package func read(_ range: Range<UInt64>, into buffer: inout [UInt8]) throws(Failure) {
        try reader.read(
            at: range.lowerBound, count: Int(range.upperBound - range.lowerBound), into: &buffer)
    }

    package func write(_ pages: Span<UInt8>, at offset: UInt64) throws(Failure) {
        try writer.write(pages, at: offset)
    }

    package func sync() throws(Failure) { try writer.sync() }

    package func resize(to bytes: UInt64) throws(Failure) {
        // Space that was reserved behind the end of the file goes only with a truncation.
        let length = try writer.length()
        if bytes < byteCount || length > bytes { try writer.truncate(to: bytes) }
        try writer.allocate(upTo: bytes)
        size.withLock { $0 = bytes }
    }
}
