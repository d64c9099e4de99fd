internal import Base
internal import Linux

/// Checksums over whole files of the index, written at a clean stop and gone while it runs.
///
/// RocksDB's own checksums cover its blocks when they are read, but not every byte of every file
/// (options, manifest, filters that nobody asks). A sum per file names any flipped byte. It guards
/// against rot, not against people: an index that was edited on purpose is found by the rebuild.
enum FileSums {
    static let name = "SUMS"
    /// What RocksDB rewrites as it likes and nobody reads.
    static func isExempt(_ name: String) -> Bool {
        name == "LOCK" || name == "LOG" || name.hasPrefix("LOG.old.")
    }

    static func discard(_ folder: String) throws(Failure) {
        let files = RealFileSystem()
        if files.exists("\(folder)/\(name)") { try files.remove("\(folder)/\(name)") }
    }

    static func write(_ folder: String) throws(Failure) {
        let files = RealFileSystem()
        var text = ""
        for name in try files.list(folder) where !isExempt(name) && name != Self.name {
            text += "\(hex(try sum("\(folder)/\(name)", files))) \(name)\n"
        }
        let own = crc32c(0, Array(text.utf8).span)
        try files.create("\(folder)/\(name)", Array("\(text)\(hex(own)) \(name)\n".utf8))
    }

    /// False when there are no sums: the index was not closed cleanly, or is in use.
    static func check(
        _ folder: String, _ report: (EngineFinding) -> Void
    ) throws(Failure) -> Bool {
        let files = RealFileSystem()
        guard files.exists("\(folder)/\(name)") else { return false }
        let bytes = try files.contents(of: "\(folder)/\(name)", limit: 64 << 20)
        var lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        let last = lines.count >= 2 ? String(lines[lines.count - 2]) : ""
        let body = Array(bytes.dropLast(last.utf8.count + 1))
        guard bytes.last == 0x0A, last == "\(hex(crc32c(0, body.span))) \(name)" else {
            report(EngineFinding(.damage, "index/\(name)", "the list of checksums is damaged"))
            return true
        }
        lines.removeLast(2)
        var expected: [String: String] = [:]
        for line in lines { expected[String(line.dropFirst(9))] = String(line.prefix(8)) }
        for present in try files.list(folder) where !isExempt(present) && present != name {
            guard let sum = expected.removeValue(forKey: present) else {
                report(
                    EngineFinding(.damage, "index/\(present)", "a file that does not belong here"))
                continue
            }
            if hex(try Self.sum("\(folder)/\(present)", files)) != sum {
                report(
                    EngineFinding(
                        .damage, "index/\(present)",
                        "bytes changed since the store was closed; run proofreel admin"
                            + " rebuild-index"
                    ))
            }
        }
        for missing in expected.keys.sorted() {
            report(
                EngineFinding(
                    .damage, "index/\(missing)", "missing; run proofreel admin rebuild-index"))
        }
        return true
    }

    private static func sum(_ path: String, _ files: RealFileSystem) throws(Failure) -> UInt32 {
        let file = try files.open(path, .read)
        var crc: UInt32 = 0
        var offset: UInt64 = 0
        var buffer: [UInt8] = []
        repeat {
            try file.read(at: offset, count: 1 << 20, into: &buffer)
            crc = crc32c(crc, buffer.span)
            offset += UInt64(buffer.count)
        } while buffer.count == 1 << 20
        return crc
    }

    private static func hex(_ sum: UInt32) -> String {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(sum)
        return bytes.hex
    }
}
