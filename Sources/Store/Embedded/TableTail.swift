internal import Base
internal import Linux

/// What must be true of a RocksDB table before RocksDB may open it.
///
/// RocksDB reads the block of a table's properties before it compares that block's checksum. One
/// bit of the block, the top bit of its last word, makes it look for a hash index in there; a
/// library that was built with its assertions on, as Debian's is, then ends the whole process. So
/// that bit is looked at first. Every other byte is refused by RocksDB's own checks.
///
/// A table without its magic number at the end is left to RocksDB: it was being written when the
/// process was killed, and nothing refers to it; or RocksDB refuses it.
enum TableTail {
    private static let footerBytes: UInt64 = 53
    private static let magic: [UInt8] = [0xF7, 0xCF, 0xF4, 0x85, 0xB7, 0x41, 0xE2, 0x88]
    /// After every block: how it is compressed, and its checksum.
    private static let trailerBytes: UInt64 = 5

    static func check(tablesOf folder: String, _ files: RealFileSystem) throws(Failure) {
        for name in try files.list(folder) where name.hasSuffix(".sst") {
            let table: any File
            do throws(Failure) {
                table = try files.open("\(folder)/\(name)", .read)
            } catch {
                // Whoever writes has merged it meanwhile.
                if error.kind == .notFound { continue }
                throw error
            }
            guard try !looksHashed(table) else {
                throw Failure(.corrupt, "the properties of the table \(name) are damaged")
            }
        }
    }

    /// The properties stand right before the block that the footer names first.
    private static func looksHashed(_ table: any File) throws(Failure) -> Bool {
        let length = try table.length()
        guard length > footerBytes else { return false }
        var bytes: [UInt8] = []
        try table.read(at: length - footerBytes, count: Int(footerBytes), into: &bytes)
        guard bytes.suffix(magic.count).elementsEqual(magic) else { return false }
        // One byte says which checksum; then a number in sevens, the lowest first.
        var next: UInt64 = 0
        for (i, byte) in bytes[1...10].enumerated() {
            next |= UInt64(byte & 0x7F) &<< UInt64(7 * i)
            if byte < 0x80 { break }
        }
        guard next > trailerBytes, next < length - footerBytes else { return false }
        try table.read(at: next - trailerBytes - 1, count: 1, into: &bytes)
        return bytes.first.map { $0 >= 0x80 } ?? false
    }
}
