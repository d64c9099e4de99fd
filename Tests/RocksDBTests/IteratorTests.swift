import Base
import Foundation
import RocksDB
import Testing

@Suite struct IteratorTests {
    /// Stands first, so that it is closed before its folder is removed.
    let database: Database
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        var options = Database.Options()
        options.prefixByteCount = 2
        database = try Database(path: folder.database, options: options)
    }

    @Test(arguments: [false, true])
    func `both directions, bounds and prefixes`(flushed: Bool) throws {
        try database.put(["a", "aa1", "aa2", "ab", "ab1", "ab2", "b", "ba1"])
        if flushed { try database.flush() }
        #expect(try database.keys(from: "aa2") == ["aa2", "ab", "ab1", "ab2", "b", "ba1"])
        #expect(try database.keysBackwards(from: "ab") == ["ab", "aa2", "aa1", "a"])
        #expect(try database.keys(from: "", lower: "aa2", upper: "ab1") == ["aa2", "ab"])
        #expect(try database.keysBackwards(from: "z", lower: "aa2", upper: "ab1") == ["ab", "aa2"])
        #expect(try database.keys(from: "ab", prefixSameAsStart: true) == ["ab", "ab1", "ab2"])
        #expect(try database.keys(from: "ab2", prefixSameAsStart: true) == ["ab2"])
        #expect(
            try database.keysBackwards(from: "ab1x", prefixSameAsStart: true) == ["ab1", "ab"])
        #expect(try database.keys(from: "zz", prefixSameAsStart: true) == [])
    }

    @Test(arguments: [false, true])
    func `a key shorter than the prefix is its own prefix`(flushed: Bool) throws {
        try database.put(["a", "aa", "aa1", "ab", "b"])
        if flushed { try database.flush() }
        #expect(try database.value("a") == [1])
        #expect(try database.keys(from: "a", prefixSameAsStart: true) == ["a"])
        #expect(try database.keys(from: "ab", prefixSameAsStart: true) == ["ab"])
    }

    @Test func `first, last, and nothing before the first seek`() throws {
        try database.put(["a", "b", "c"])
        var iterator = try database.iterator()
        let validBeforeSeek = iterator.isValid
        #expect(!validBeforeSeek)
        try iterator.seekToLast()
        #expect(iterator.key.array() == Array("c".utf8))
        try iterator.next()
        let validAfterLast = iterator.isValid
        #expect(!validAfterLast)
        try iterator.seekToFirst()
        #expect(iterator.key.array() == Array("a".utf8))
        #expect(iterator.value.array() == [1])
        try iterator.check()
    }

    @Test func `an iterator keeps the view it was made with`() throws {
        try database.put(["a"])
        var iterator = try database.iterator()
        try database.put(["b"])
        try iterator.seekToLast()
        #expect(iterator.key.array() == Array("a".utf8))
    }

    @Test func `a changed byte is corrupt, never the end of the data`() throws {
        var random = SeededRandom(seed: 1)
        var batch = WriteBatch()
        for i in 0..<2000 {
            var key: [UInt8] = []
            key.appendBigEndian(UInt32(i))
            batch.put(key.span, random.bytes(100).span)
        }
        try database.write(batch)
        try database.flush()
        let intact = try folder.copy(of: folder.database)
        let size = try Data(contentsOf: URL(filePath: try folder.tables(of: intact)[0])).count
        // The first half holds data blocks only; index and filter stand at the end.
        for offset in stride(from: 10, to: size / 2, by: size / 20) {
            let copy = try folder.copy(of: intact)
            let table = URL(filePath: try folder.tables(of: copy)[0])
            var bytes = try Data(contentsOf: table)
            bytes[offset] ^= 1
            try bytes.write(to: table)
            let damaged = try Database(path: copy)
            var seen = 0
            #expect(
                kind {
                    var iterator = try damaged.iterator(verifyChecksums: true)
                    try iterator.seekToFirst()
                    while iterator.isValid {
                        seen += 1
                        try iterator.next()
                    }
                } == .corrupt)
            #expect(seen < 2000)
        }
    }

    @Test func `a file that is gone is corrupt`() throws {
        try database.put(["a"])
        try database.flush()
        let copy = try folder.copy(of: folder.database)
        try FileManager.default.removeItem(atPath: try folder.tables(of: copy)[0])
        #expect(kind { _ = try Database(path: copy).keys(from: "") } == .corrupt)
    }
}
