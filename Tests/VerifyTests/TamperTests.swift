import Base
import Crypto
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// What an insider does to a store by hand, row by row of the threat table in `docs/evidence.md`.
@Suite struct TamperTests {
    private func expect(
        _ folder: Scratch, names words: String, outside: [SignedNote] = [],
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try Sample.verify(folder, outside: outside)
        #expect(
            result.damage.contains { "\($0.subject) \($0.words)".contains(words) },
            "nothing says \(words): \(result.findings.map { "\($0.subject) \($0.words)" })",
            sourceLocation: location)
    }

    private func newestCheckpoint(_ folder: Scratch) throws -> SignedNote {
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(folder.path, options: options)
        defer { try? engine.close() }
        return try #require(try CheckpointRecord.last(engine)).note
    }

    /// The log as it was some time ago, whole in itself.
    private func older() throws -> (old: Scratch, new: Scratch) {
        let folder = Scratch(inMemory: true)
        let clock = ManualClock()
        let (log, _) = try TestLog.open(folder.path, clock: clock)
        for i in 0..<10 { try TestLog.add(log, i) }
        try log.close()
        let old = folder.snapshot(inMemory: true)
        let (again, _) = try TestLog.open(folder.path, clock: clock)
        for i in 10..<20 { try TestLog.add(again, i) }
        try again.close()
        return (old, folder)
    }

    @Test func `T4 a log cut to an older size shows against a checkpoint from outside`() throws {
        let (old, new) = try older()
        let outside = try newestCheckpoint(new)
        try expect(old, names: "and later are missing", outside: [outside])
        let whole = try Sample.verify(new, outside: [outside])
        #expect(whole.verdict == .verified)
        // Without anything outside, an older whole log is just a log: that limit is documented.
        #expect(try Sample.verify(old).verdict == .unanchored)
    }

    @Test func `T4 a log that lost its last segment is caught by its own checkpoints`() throws {
        let folder = Sample.copy()
        let last = try #require(folder.files.last { $0.hasPrefix("objects/segments/") })
        folder.remove(last)
        try expect(folder, names: "and later are missing")
        let failure = #expect(throws: Failure.self) {
            try TestLog.open(folder.path, options: Sample.options)
        }
        #expect(failure?.kind == .dataLoss)
    }

    @Test func `T5 an older copy that was restored does not start`() throws {
        let (old, new) = try older()
        let outside = try newestCheckpoint(new)
        let failure = #expect(throws: Failure.self) {
            try EvidenceLog.open(
                try TestLog.engine(old.path), identity: try TestLog.identity(),
                clock: ManualClock(),
                options: TestLog.options(), seen: [outside])
        }
        #expect(failure?.words.contains("older copy") == true)
    }

    @Test func `T6 history rewritten with the real key contradicts an older receipt`() throws {
        let honest = try older().new
        let outside = try newestCheckpoint(honest)
        var forgery = try Forgery(reading: honest)
        let target = try #require(forgery.position(of: .snapshot))
        let picture = TestLog.picture(4242)
        forgery.items[target] = try forgery.items[target].changing([
            "pay": .string(SHA256.hash(picture.span).hex)
        ])
        forgery.items[target].payload = picture
        let forged = try forgery.write()
        try expect(forged, names: "signs another history", outside: [outside])
    }

    @Test func `T8 pictures swapped between two records are both named`() throws {
        let folder = Sample.copy()
        let name = "objects/segments/00000000"
        var bytes = folder.bytes(name)
        let first = TestLog.picture(0, bytes: 1500)
        let second = TestLog.picture(1, bytes: 1501)
        let a = try #require(bytes.firstRange(of: first))
        let b = try #require(bytes.firstRange(of: second))
        bytes.replaceSubrange(a, with: second.prefix(1500))
        bytes.replaceSubrange(b, with: first + [0])
        folder.write(name, bytes)
        let result = try Sample.verify(folder)
        #expect(result.damage.filter { $0.words.contains("not what was recorded") }.count == 2)
    }

    @Test func `T8 index rows swapped between two checks do not follow from the leaves`() throws {
        let folder = Sample.copy()
        let engine = try EmbeddedEngine(folder.path)
        let epoch = try engine.claim()
        let cursor = try engine.mapCursor()
        // Table 4, links: one posting is moved to the end of another check's.
        var postings: [MapEntry] = []
        while let entry = try cursor?.next() { if entry.key[0] == 4 { postings.append(entry) } }
        let key = postings[0].key
        let other = postings[9].key
        let forged = Array(other[2..<18] + key[18...])
        try engine.apply(
            [
                ShardWrite(Shard(table: 4, name: [key[1]]), remove: Array(key[2...])),
                ShardWrite(Shard(table: 4, name: [other[1]]), put: forged, []),
            ], epoch: epoch)
        _ = consume cursor
        try engine.close()
        let result = try Sample.verify(folder)
        #expect(result.damage.contains { $0.words.contains("is missing") })
        #expect(result.damage.contains { $0.words.contains("does not follow from any leaf") })
    }

    @Test func `T11 a payload that was erased without a deletion is MISSING by name`() throws {
        let folder = Sample.copy()
        let name = "objects/segments/00000000"
        var bytes = folder.bytes(name)
        let picture = TestLog.picture(0, bytes: 1500)
        let range = try #require(bytes.firstRange(of: picture))
        bytes.replaceSubrange(range, with: [UInt8](repeating: 0, count: 1500))
        folder.write(name, bytes)
        try expect(folder, names: "MISSING")
    }

    @Test func `T12 a policy that shortens retention is unlawful whoever signs it`() throws {
        var forgery = try Forgery(reading: Sample.store)
        let policy = try #require(forgery.position(of: .policy))
        var shorter = forgery.items[policy]
        shorter = try shorter.changing([
            "n": .int(2), "id": .string(RecordID(high: 7 << 12, low: 1 << 63).description),
            "rules": .array([RetentionRule(name: "all", match: .all, days: 1).json]),
        ])
        forgery.items.append(shorter)
        try expect(forgery.write(), names: "would be shortened")
    }

    @Test func `T13 a deletion under hold is unlawful whoever signs it`() throws {
        var forgery = try Forgery(reading: Sample.store)
        let order = try #require(forgery.position(of: .delete))
        let target = try #require(try forgery.items[order].json["target"]?.string)
        let hold = try #require(forgery.position(of: .hold))
        let moved = try forgery.items[hold].changing([
            "record": .string(target),
            "id": .string(RecordID(high: 9 << 12 | 0x7000, low: 1 << 63).description),
        ])
        forgery.items.insert(moved, at: order)
        try expect(forgery.write(), names: "is under hold")
    }

    @Test func `T13 a stream whose picture is under hold was removed unlawfully`() throws {
        let folder = Scratch(inMemory: true)
        let clock = ManualClock()
        let (log, _) = try TestLog.open(folder.path, clock: clock)
        let held = try TestLog.addPair(log, 1, at: clock.now)
        clock.advance(seconds: 10)
        let removed = try TestLog.addPair(log, 2, at: clock.now)
        _ = try log.hold(.record(held.picture), reason: "claim", by: TestLog.author)
        clock.advance(seconds: 10)
        _ = try log.order(
            removalOf: removed.stream, on: .early(reference: "AZ 1", secondActor: "carl"),
            graceSeconds: 100, reason: "court", by: TestLog.author)
        try log.close()
        var forgery = try Forgery(reading: folder)
        let hold = try #require(forgery.position(of: .hold))
        // As if the hold had been on the picture of the stream that went.
        forgery.items[hold] = try forgery.items[hold].changing([
            "record": .string(removed.picture.description)
        ])
        try expect(forgery.write(), names: "\(removed.stream) is under hold")
    }

    @Test func `a deletion within retention is unlawful whoever signs it`() throws {
        var forgery = try Forgery(reading: Sample.store)
        let order = try #require(forgery.position(of: .delete))
        forgery.items[order] = try forgery.items[order].changing([
            "t_srv": .string(WallTime(microseconds: 1_790_000_100_000_000).description)
        ])
        try expect(forgery.write(), names: "still within its retention")
    }

    @Test func `a hold released by one person alone is unlawful`() throws {
        var forgery = try Forgery(reading: Sample.store)
        let hold = try #require(forgery.position(of: .hold))
        let id = try #require(try forgery.items[hold].json["id"])
        let template = try #require(forgery.position(of: .boot))
        let json = try forgery.items[template].json
        let keep = ["alg", "clk", "sess", "site", "t_srv", "v"]
        for (i, step) in ["request", "release"].enumerated() {
            var members = keep.compactMap { key in json[key].map { (key, $0) } }
            members += [
                ("kind", .string("unhold")), ("actor", .string("mallory")), ("hold", id),
                ("step", .string(step)), ("reason", .string("none")),
                (
                    "id",
                    .string(
                        RecordID(high: UInt64(i + 3) << 12 | 0x7000, low: 1 << 63).description)
                ),
            ]
            forgery.items.append(
                .init(leaf: JSONObject(members).encode(), secret: [], payload: []))
        }
        try expect(forgery.write(), names: "without a second person")
    }

    @Test func `T14 a record left out of a check breaks its chain`() throws {
        var forgery = try Forgery(reading: Sample.store)
        let first = try #require(
            forgery.position(of: .snapshot) { json in
                json["links"]?.array?.first?.object?["n"]?.int == 2
            })
        forgery.items.remove(at: first)
        try expect(forgery.write(), names: "does not tie in with check")
    }

    @Test func `T20 a forged inner tile is named though no proof asks for it`() throws {
        let folder = Scratch(inMemory: true)
        let (log, _) = try TestLog.open(folder.path)
        for i in 0..<600 { try TestLog.add(log, i, bytes: 10) }
        try log.close()
        for name in ["objects/log/level-0/000000", "objects/log/level-1/000000"] {
            var bytes = folder.bytes(name)
            bytes[33] ^= 1
            let copy = folder.snapshot(inMemory: true)
            copy.write(name, bytes)
            try expect(copy, names: "entry 1 does not follow from the leaves")
        }
    }

    @Test func `a stranger among the files is reported`() throws {
        for name in ["objects/segments/extra", "objects/log/x", "surprise", "index/000999.sst"] {
            let folder = Sample.copy()
            folder.write(name, [1, 2, 3])
            try expect(folder, names: "does not belong")
        }
    }

    @Test func `damaged rows and index are made again from the segments`() throws {
        let folder = Sample.copy()
        var level = folder.bytes("objects/log/level-0/000000")
        level[100] ^= 255
        folder.write("objects/log/level-0/000000", level)
        folder.write("index/CURRENT", [0])
        #expect(throws: Failure.self) { try TestLog.open(folder.path, options: Sample.options) }
        var options = EmbeddedEngine.Options()
        options.discardMaps = true
        let engine = try EmbeddedEngine(folder.path, options: options)
        _ = try Rebuild.run(engine, identity: try TestLog.identity(), clock: ManualClock())
        try engine.close()
        let result = try Sample.verify(folder)
        #expect(result.damage.isEmpty, "\(result.findings)")
    }
}
