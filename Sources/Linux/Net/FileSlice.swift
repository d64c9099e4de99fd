package import Base
internal import Glibc

/// Some bytes of an open file, for whoever can send them without reading them first. Holds the file
/// open; where the bytes come from stays hidden.
package struct FileSlice: Sendable {
    let file: RealFile
    package private(set) var offset: UInt64
    package private(set) var count: Int

    /// Nil for a file that is not the kernel's own.
    package init?(_ file: any File, offset: UInt64, count: Int) {
        guard let file = file as? RealFile else { return nil }
        self.file = file
        self.offset = offset
        self.count = count
    }

    /// For a wrapper that sends it itself, while it keeps the slice.
    package var descriptor: Int32 { file.descriptor }

    /// The part that begins `skipped` bytes later, of at most `count` bytes.
    package func part(from skipped: Int, count: Int) -> FileSlice {
        var part = self
        let skipped = min(max(0, skipped), self.count)
        part.offset += UInt64(skipped)
        part.count = min(max(0, count), self.count - skipped)
        return part
    }

    package mutating func advance(by sent: Int) {
        offset += UInt64(sent)
        count -= sent
    }

    /// For transports that must see the bytes.
    package func read(upTo max: Int, into buffer: inout [UInt8]) throws(Failure) {
        try file.read(at: offset, count: min(max, count), into: &buffer)
    }
}
