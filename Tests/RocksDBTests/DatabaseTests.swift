import Base
import RocksDB
import Testing

@Suite struct DatabaseTests {
    /// Stands first, so that it is closed before its folder is removed.
    let database: Database
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        database = try Database(path: folder.database)
    }

    @Test func `a missing key is nil, an empty value is empty`() throws {
        try database.put([[1]: []])
        #expect(try database.get([1].span) == [])
        #expect(try database.get([2].span) == nil)
    }

    @Test func `keys and values are bytes, zeros included`() throws {
        let keys: [[UInt8]] = [[], [0], [0, 0], [0, 255], [255], [255, 0, 1]]
        for key in keys { try database.put([key: key + [0, 7, 0]]) }
        try database.flush()
        for key in keys { #expect(try database.get(key.span) == key + [0, 7, 0]) }
    }

    @Test func `a batch counts, deletes, and can be used again`() throws {
        try database.put(["a", "b", "c", "d", "e"])
        var batch = WriteBatch()
        batch.delete(Array("a".utf8).span)
        batch.deleteRange(Array("b".utf8).span, Array("d".utf8).span)
        #expect(batch.count == 2)
        #expect(batch.byteCount > 12)
        #expect(try database.keys(from: "") == ["a", "b", "c", "d", "e"])
        try database.write(batch)
        #expect(try database.keys(from: "") == ["d", "e"])
        batch.clear()
        #expect(batch.count == 0)
        try database.write(batch)
        #expect(try database.keys(from: "") == ["d", "e"])
    }

    @Test func `a second open is busy, and a close frees it`() throws {
        let failure = #expect(throws: Failure.self) { try Database(path: folder.database) }
        #expect(failure?.kind == .busy)
        #expect(failure?.words.contains(folder.database) == true)
        try database.put(["a"])
        try database.close()
        try database.close()
        let again = try Database(path: folder.database)
        #expect(try again.value("a") == [1])
    }

    @Test func `calls after the close fail and do not crash`() throws {
        try database.close()
        #expect(kind { _ = try database.value("a") } == .stopped)
        #expect(kind { try database.put(["a"]) } == .stopped)
        #expect(kind { try database.flush() } == .stopped)
        #expect(kind { _ = try database.keys(from: "") } == .stopped)
        #expect(kind { _ = try database.property("rocksdb.stats") } == .stopped)
    }

    @Test func `what was flushed survives a kill, what was not is gone`() throws {
        try database.put(["flushed"])
        try database.flush()
        try database.put(["unflushed"])
        let copy = try Database(path: try folder.copy(of: folder.database))
        #expect(try copy.keys(from: "") == ["flushed"])
        #expect(try database.keys(from: "") == ["flushed", "unflushed"])
    }

    @Test func `a database that nobody made is not found`() throws {
        var options = Database.Options()
        options.createIfMissing = false
        #expect(kind { _ = try Database(path: folder.path + "/no", options: options) } == .notFound)
        options.readOnly = true
        #expect(kind { _ = try Database(path: folder.path + "/no", options: options) } == .notFound)
    }

    @Test func `a reader stands beside the writer, sees what was flushed, and cannot write`() throws
    {
        try database.put(["a"])
        try database.flush()
        try database.put(["b"])
        var options = Database.Options()
        options.readOnly = true
        let reader = try Database(path: folder.database, options: options)
        #expect(try reader.keys(from: "") == ["a"])
        #expect(kind { try reader.put(["c"]) } == .readOnly)
        try reader.close()
    }

    @Test func `destroy removes the files, and again does nothing`() throws {
        try database.put(["a"])
        try database.close()
        try Database.destroy(path: folder.database)
        try Database.destroy(path: folder.database)
        let again = try Database(path: folder.database)
        #expect(try again.keys(from: "") == [])
    }

    @Test func `compaction drops what was deleted and keeps the rest`() throws {
        for i in 0..<4 {
            try database.put(["\(i)"])
            try database.flushInBackground()
            try database.flush()
        }
        var batch = WriteBatch()
        batch.deleteRange(Array("0".utf8).span, Array("3".utf8).span)
        try database.write(batch)
        try database.flush()
        try database.compactAll()
        #expect(try database.keys(from: "") == ["3"])
        #expect(try database.property("rocksdb.estimate-num-keys") == "1")
        #expect(try database.property("no.such.property") == nil)
        #expect(try database.approximateMemory() > 0)
    }

    @Test func `many threads read and write one database`() async throws {
        try await withThrowingTaskGroup { group in
            for thread in 0..<4 {
                group.addTask { [database] in
                    for i in 0..<500 {
                        try database.put(["\(thread)-\(i)"])
                        #expect(try database.value("\(thread)-\(i)") == [1])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try database.keys(from: "").count == 2000)
    }
}

/// The kind that `body` fails with, nil if it does not.
func kind(_ body: () throws -> Void) -> FailureKind? {
    do {
        try body()
        return nil
    } catch {
        return (error as? Failure)?.kind
    }
}
