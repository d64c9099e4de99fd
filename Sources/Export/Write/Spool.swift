internal import Base
internal import Linux

/// Text that is needed at the end of a bundle and comes about while the rest of it is written: a
/// few hundred bytes for each record. In memory while it is little, then in a file without a name.
final class Spool {
    private static let memoryBytesMax = 1 << 20

    private let folder: String
    private var memory: [UInt8] = []
    private var file: (any File)?
    private var stored: UInt64 = 0

    /// `folder`: where a file may be made.
    init(in folder: String) { self.folder = folder }

    var count: Int { Int(stored) + memory.count }

    func add(_ bytes: [UInt8]) throws(Failure) {
        memory += bytes
        guard memory.count > Self.memoryBytesMax else { return }
        if file == nil { file = try RealFileSystem().openNameless(in: folder) }
        let full = memory
        try file?.write(full.span, at: stored)
        stored += UInt64(memory.count)
        memory.removeAll(keepingCapacity: true)
    }

    func add(_ text: String) throws(Failure) { try add(Array(text.utf8)) }

    /// Everything from the beginning, in pieces.
    func forEachPiece(_ body: (Span<UInt8>) throws(Failure) -> Void) throws(Failure) {
        var buffer: [UInt8] = []
        var done: UInt64 = 0
        while let file, done < stored {
            try file.read(
                at: done, count: Int(min(UInt64(Self.memoryBytesMax), stored - done)),
                into: &buffer)
            guard !buffer.isEmpty else { throw Failure(.io, "a temporary file was cut short") }
            done += UInt64(buffer.count)
            try body(buffer.span)
        }
        let rest = memory
        try body(rest.span)
    }
}
