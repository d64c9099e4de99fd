package import Base
internal import Linux

/// Bytes that are read from anywhere, by several threads at once.
package protocol ByteSource: Sendable {
    var byteCount: UInt64 { get }
    /// Replaces the contents of `buffer` with exactly `count` bytes; throws where there are fewer.
    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure)
}

extension ByteSource {
    func bytes(at offset: UInt64, count: Int) throws(Failure) -> [UInt8] {
        var buffer: [UInt8] = []
        try read(at: offset, count: count, into: &buffer)
        return buffer
    }
}

/// Of a file on the disk.
struct FileBytes: ByteSource {
    let path: String
    let byteCount: UInt64
    private let file: any File

    init(_ path: String) throws(Failure) {
        self.path = path
        file = try RealFileSystem().open(path, .read)
        byteCount = try file.length()
    }

    func read(at offset: UInt64, count: Int, into buffer: inout [UInt8]) throws(Failure) {
        try file.read(at: offset, count: count, into: &buffer)
        guard buffer.count == count else {
            throw Failure(.corrupt, "\(path) became shorter while it was read")
        }
    }
}

/// Of memory: what tests and the fuzzer make up.
package struct MemoryBytes: ByteSource {
    package let bytes: [UInt8]
    package var byteCount: UInt64 { UInt64(bytes.count) }

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package func read(
        at offset: UInt64, count: Int, into buffer: inout [UInt8]
    ) throws(Failure) {
        guard count >= 0, offset <= byteCount, byteCount - offset >= UInt64(count) else {
            throw Failure(.corrupt, "it ends before byte \(offset) + \(count)")
        }
        buffer = Array(bytes[Int(offset)..<Int(offset) + count])
    }
}

/// Reads small things one after the other through a buffer.
struct ByteWindow<Source: ByteSource> {
    private let source: Source
    private let windowBytes: Int
    private let end: UInt64
    private var start: UInt64
    private var buffer: [UInt8] = []

    init(_ source: Source, _ range: Range<UInt64>, windowBytes: Int) {
        self.source = source
        self.windowBytes = windowBytes
        start = range.lowerBound
        end = range.upperBound
    }

    /// `count` bytes at `offset`; offsets should grow. Throws past the end of the range.
    mutating func bytes(at offset: UInt64, count: Int) throws(Failure) -> ArraySlice<UInt8> {
        guard offset <= end, end - offset >= UInt64(count) else {
            throw Failure(.corrupt, "ends within what begins at byte \(offset)")
        }
        if offset < start || offset + UInt64(count) > start + UInt64(buffer.count) {
            let wanted = min(end - offset, UInt64(max(count, windowBytes)))
            try source.read(at: offset, count: Int(wanted), into: &buffer)
            start = offset
        }
        let from = Int(offset - start)
        return buffer[from..<from + count]
    }
}
