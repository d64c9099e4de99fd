import Base
import Evidence
import EvidenceFormat
import Synchronization
import TestSupport
import Testing

@Suite struct QueryTests {
    private static let day: Int64 = 86_400

    private func query(
        _ links: [Link] = [], camera: String? = nil, newestFirst: Bool = true, limit: Int = 100
    ) -> Query {
        var query = Query()
        query.links = links.map { .init(kind: $0.kind, value: $0.value) }
        query.camera = camera
        query.newestFirst = newestFirst
        query.limit = limit
        return query
    }

    private func all(_ log: EvidenceLog, _ query: Query) throws -> [UInt64] {
        var query = query
        var found: [UInt64] = []
        repeat {
            let page = try log.find(query)
            #expect(page.hits.count <= query.limit)
            #expect(page.cursor == nil || page.hits.count == query.limit)
            found += page.hits.map(\.index)
            query.cursor = page.cursor
        } while query.cursor != nil
        return found
    }

    @Test(arguments: [
        ("check", "odoo:6f1c/quality.check/17"), ("work-order", "WH/MO/00001"), ("lot", "L 0815|B"),
        ("serial", "№ 傷-🔧"), ("product", "[FURN_0001] Schreibtisch, groß"),
        ("control-point", "QCP00002"), ("work-centre", "paint/3"), ("my-own-kind", "a\\b\"c"),
        ("operator", "Jörg Müller"),
    ])
    func `a record is found by any kind of link and any value`(
        kind: String, value: String
    ) throws {
        let room = try Room()
        let receipt = try room.add(1, [Link(kind: kind, value: value)])
        _ = try room.add(2, [Link(kind: kind, value: value + "x")])
        _ = try room.add(3)
        #expect(try room.find(kind, value) == [receipt.id])
        #expect(try room.find(kind + "s", value) == [])
        try room.reopen()
        #expect(try room.find(kind, value) == [receipt.id])
        try room.log.close()
    }

    @Test func `a reference finds the record as the value does`() throws {
        let room = try Room()
        let refs = ["QC-000001", "WH/MO/1", "17", "Prüfung № 17"]
        let receipt = try room.add(1, [.check("odoo:a/quality.check/17", refs: refs)])
        for ref in refs { #expect(try room.find("check", ref) == [receipt.id]) }
        #expect(try room.find("work-order", "WH/MO/1") == [])
        try room.log.close()
    }

    @Test func `two spellings of one letter are two values`() throws {
        let room = try Room()
        let composed = try room.add(1, [.order("caf\u{E9}")])
        let combined = try room.add(2, [.order("cafe\u{301}")])
        let both = try room.add(3, [.order("caf\u{E9}"), .order("cafe\u{301}")])
        #expect(try room.find("work-order", "caf\u{E9}") == [composed.id, both.id])
        #expect(try room.find("work-order", "cafe\u{301}") == [combined.id, both.id])
        try room.log.close()
    }

    @Test func `links, camera and time narrow each other`() throws {
        let room = try Room()
        let a = try Link.order("A")
        let b = try Link.check("B-1")
        let start = room.clock.now
        var receipts: [Receipt] = []
        for i in 0..<40 {
            let links = (i % 2 == 0 ? [a] : []) + (i % 3 == 0 ? [b] : [])
            receipts.append(try room.add(i, camera: "cam-\(i % 4)", links))
            room.clock.advance(seconds: 1)
        }
        func indexes(_ keep: (Int) -> Bool) -> [UInt64] {
            (0..<40).filter(keep).map { receipts[$0].index }
        }
        func expect(_ query: Query, _ keep: (Int) -> Bool) throws {
            #expect(try all(room.log, query) == indexes(keep).reversed())
            var oldest = query
            oldest.newestFirst = false
            #expect(try all(room.log, oldest) == indexes(keep))
        }
        try expect(query()) { _ in true }
        try expect(query([a])) { $0 % 2 == 0 }
        try expect(query([a, b])) { $0 % 6 == 0 }
        try expect(query([a], camera: "cam-2")) { $0 % 4 == 2 }
        try expect(query([a, b], camera: "cam-0")) { $0 % 12 == 0 }
        try expect(query([a, b], camera: "cam-1")) { _ in false }
        try expect(query(camera: "nobody")) { _ in false }
        var window = query([b], limit: 3)
        window.from = start.adding(seconds: 9)
        window.to = start.adding(seconds: 30)
        try expect(window) { $0 % 3 == 0 && (9..<30).contains($0) }
        window.camera = "cam-1"
        try expect(window) { $0 % 12 == 9 && (9..<30).contains($0) }
        window.to = window.from
        try expect(window) { _ in false }
        try room.log.close()
    }

    @Test(arguments: [true, false])
    func `a cursor neither repeats nor skips while records come in`(newestFirst: Bool) throws {
        let room = try Room()
        let link = try Link.order("A")
        let start = room.clock.now
        func add(_ n: Int, at seconds: Int64) throws -> UInt64 {
            try TestLog.add(
                room.log, n, links: [link], at: start.adding(seconds: seconds)
            ).index
        }
        var known: [UInt64] = []
        for i in 0..<20 { known.append(try add(i, at: Int64(i) * 10)) }
        var query = query([link], newestFirst: newestFirst, limit: 3)
        var found: [UInt64] = []
        var n = 100
        repeat {
            let page = try room.log.find(query)
            found += page.hits.map(\.index)
            query.cursor = page.cursor
            // One before all, one after all, one in the middle of what is there.
            for second in [-Int64(n), 500 + Int64(n), Int64(n) % 200] {
                _ = try add(n, at: second)
                n += 1
            }
        } while query.cursor != nil && found.count < 500
        #expect(Set(found).count == found.count)
        let ordered = newestFirst ? known.reversed() : known
        #expect(found.filter { known.contains($0) } == ordered)
        try room.log.close()
    }

    @Test func `a cursor of another query is refused`() throws {
        let room = try Room()
        for i in 0..<10 { _ = try room.add(i, [.order("A"), .order("B")]) }
        let cursor = try #require(try room.log.find(query([.order("A")], limit: 2)).cursor)
        let (a, b) = (try Link.order("A"), try Link.order("B"))
        var wrong = [
            query([b], limit: 2), query([a], camera: "cam-1", limit: 2),
            query([a], newestFirst: false, limit: 2), query(limit: 2), query([a, b], limit: 2),
        ]
        var later = query([try .order("A")], limit: 2)
        later.from = room.clock.now
        wrong.append(later)
        for var query in wrong {
            query.cursor = cursor
            #expect(room.refusal { _ = try $0.find(query) }?.kind == .invalid)
        }
        var same = query([try .order("A")], limit: 5)
        for text in ["", "zz", String(cursor.dropLast(2)), cursor + "00", cursor.uppercased()] {
            same.cursor = text
            if text != cursor { #expect(room.refusal { _ = try $0.find(same) }?.kind == .invalid) }
        }
        same.cursor = cursor
        #expect(try room.log.find(same).hits.count == 5)
        try room.log.close()
    }

    @Test func `times and cursors at the ends of time are answered`() throws {
        let room = try Room()
        _ = try room.add(1)
        var cursors: [String] = []
        for newestFirst in [true, false] {
            for bound in [Int64.min, .min + 1, -1, 0, .max - 1, .max] {
                var query = query(newestFirst: newestFirst, limit: 1)
                query.from = WallTime(microseconds: bound)
                _ = try room.log.find(query)
                query.to = WallTime(microseconds: bound)
                #expect(try room.log.find(query).hits.isEmpty)
                query.from = nil
                _ = try room.log.find(query)
            }
            _ = try room.add(2)
            var query = query(newestFirst: newestFirst, limit: 1)
            cursors.append(try #require(try room.log.find(query).cursor))
            // The first eight bytes are the query's; the rest is a posting that anyone can write.
            for rest in ["ff", "00"] {
                query.cursor =
                    String(cursors.last?.prefix(16) ?? "") + String(repeating: rest, count: 16)
                _ = try room.log.find(query)
            }
        }
        try room.log.close()
    }

    @Test func `a page without end and a query without measure are refused`() throws {
        let room = try Room()
        for limit in [0, -1, Query.limitMax + 1] {
            #expect(room.refusal { _ = try $0.find(query(limit: limit)) }?.kind == .invalid)
        }
        let links = try (0...Link.countMax).map { try Link.order("WO-\($0)") }
        #expect(room.refusal { _ = try $0.find(query(links)) }?.kind == .invalid)
        try room.log.close()
    }

    @Test func `records before 1970 and after 9999 stand where they belong`() throws {
        let room = try Room()
        let instants = [
            "0001-01-01T00:00:00.000000Z", "1969-12-31T23:59:59.999999Z",
            "1970-01-01T00:00:00.000000Z", "2026-09-21T12:00:00.000000Z",
            "9999-12-31T23:59:59.999999Z",
        ]
        var found: [UInt64] = []
        for (i, text) in instants.enumerated().shuffled() {
            let instant = try #require(WallTime(text))
            found.append(try TestLog.add(room.log, i, at: instant).index)
        }
        let page = try room.log.find(query(newestFirst: false))
        #expect(page.hits.map(\.instant.description) == instants)
        #expect(Set(page.hits.map(\.index)) == Set(found))
        try room.log.close()
    }

    // MARK: Against a model

    private struct Known {
        let index: UInt64
        let instant: WallTime
        let camera: String
        let keys: Set<[String]>
    }

    /// Records of `count` random instants over fourteen months, many of them equal.
    private func fill(_ log: EvidenceLog, _ count: Int, seed: UInt64) throws -> [Known] {
        let known = Mutex<[Known]>([])
        let start = WallTime(microseconds: 1_758_000_000_000_000)
        let kinds = ["check", "work-order", "lot", "operator"]
        try inParallel(8) { thread in
            var random = SeededRandom(seed: seed &+ UInt64(thread))
            for i in 0..<(count / 8) {
                let days = Int64.random(in: 0..<420, using: &random)
                let instant = start.adding(seconds: days * Self.day + Int64(i % 3))
                let camera = "cam-\(Int.random(in: 0..<3, using: &random))"
                var links: [Link] = []
                for kind in kinds where Bool.random(using: &random) {
                    let n = Int.random(in: 0..<4, using: &random)
                    links.append(try Link(kind: kind, value: "\(kind)/\(n)", refs: ["R\(n % 2)"]))
                }
                let receipt = try TestLog.add(
                    log, thread * 10_000 + i, camera: camera, links: links, bytes: 10, at: instant)
                let keys = Set(links.flatMap { [[$0.kind, $0.value], [$0.kind, $0.refs[0]]] })
                known.withLock {
                    $0.append(
                        Known(index: receipt.index, instant: instant, camera: camera, keys: keys))
                }
            }
        }
        return known.withLock { $0 }
    }

    private func random(_ random: inout SeededRandom) -> Query {
        var query = Query()
        let kinds = ["check", "work-order", "lot", "operator", "nothing"].shuffled(using: &random)
        for kind in kinds.prefix(Int.random(in: 0...3, using: &random)) {
            let n = Int.random(in: 0..<4, using: &random)
            query.links.append(.init(kind: kind, value: n < 2 ? "R\(n)" : "\(kind)/\(n)"))
        }
        if Bool.random(using: &random) {
            query.camera = "cam-\(Int.random(in: 0..<4, using: &random))"
        }
        let start = WallTime(microseconds: 1_758_000_000_000_000)
        if Bool.random(using: &random) {
            query.from = start.adding(
                seconds: Int64.random(in: -1..<420, using: &random) * Self.day)
        }
        if Bool.random(using: &random) {
            query.to = start.adding(
                seconds: Int64.random(in: 0..<430, using: &random) * Self.day + 1)
        }
        query.newestFirst = Bool.random(using: &random)
        query.limit = [1, 2, 7, 63, 64, 65, 1000].randomElement(using: &random) ?? 1
        return query
    }

    @Test func `every query gives what a sorted list of all records would`() throws {
        let seed = Effort.seed
        let room = try Room()
        let known = try fill(room.log, Effort.rounds(4000), seed: seed).sorted {
            $0.instant == $1.instant ? $0.index < $1.index : $0.instant < $1.instant
        }
        try room.reopen()
        var generator = SeededRandom(seed: seed)
        for _ in 0..<Effort.rounds(120) {
            let query = random(&generator)
            let expected = known.filter { record in
                query.links.allSatisfy { record.keys.contains([$0.kind, $0.value]) }
                    && (query.camera ?? record.camera) == record.camera
                    && query.from ?? .distantPast <= record.instant
                    && record.instant < query.to ?? .distantFuture
            }.map(\.index)
            // Small pages over many records only repeat what larger ones show.
            var asked = query
            if query.limit < 63 && expected.count > 300 { asked.limit = 63 }
            let found = try all(room.log, asked)
            #expect(
                found == (query.newestFirst ? expected.reversed() : expected), "\(Effort.replay)")
        }
        try room.log.close()
    }
}
