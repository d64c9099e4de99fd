import Base
import Evidence
import EvidenceFormat
import Linux
import TestSupport
import Testing

/// What is kept in memory never says what is no longer so.
@Suite struct ReadCacheTests {
    private func query(_ link: Link, limit: Int = 2, newestFirst: Bool = true) -> Query {
        var query = Query()
        query.links = [.init(kind: link.kind, value: link.value)]
        query.limit = limit
        query.newestFirst = newestFirst
        return query
    }

    private func newest(_ log: EvidenceLog, _ link: Link) throws -> RecordID? {
        try log.find(query(link)).hits.first?.leaf.id
    }

    @Test func `what was just acknowledged is found at once, by whoever asked before`() throws {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1")
        let order = try Link.order("WH/MO/1")
        for i in 0..<20 {
            room.clock.advance(seconds: 1)
            #expect(try room.log.find(query(order)).hits.count == min(i, 2))
            let receipt = try room.add(i, [check, order])
            #expect(try newest(room.log, check) == receipt.id)
            #expect(try newest(room.log, order) == receipt.id)
        }
        #expect(try room.log.find(query(check, newestFirst: false)).hits.map(\.leaf.id).count == 2)
        try room.log.close()
    }

    @Test func `many who ask beside a writer keep nothing old from him`() throws {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1")
        let isOver = Monitor(false)
        let log = room.log
        let asked = query(check)
        let askers = (0..<4).map { _ in
            Thread(name: "asker") {
                while !isOver.withLock({ $0 }) { _ = try? log.find(asked) }
            }
        }
        for i in 0..<100 {
            room.clock.advance(seconds: 1)
            let receipt = try room.add(i, [check])
            #expect(try newest(log, check) == receipt.id)
        }
        isOver.withLock { $0 = true }
        for asker in askers { asker.join() }
        try room.log.close()
    }

    @Test func `who asks for more than was known gets it, and for less the beginning of it`() throws
    {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1")
        var ids: [RecordID] = []
        for i in 0..<24 {
            room.clock.advance(seconds: 1)
            ids.append(try room.add(i, [check]).id)
            let count = ids.count
            for limit in [1, 3, 60, 2, 16, 20, 1] {
                let newest = try room.log.find(query(check, limit: limit))
                #expect(newest.hits.map(\.leaf.id) == Array(ids.reversed().prefix(limit)))
                #expect((newest.cursor != nil) == (count > limit))
                let oldest = try room.log.find(query(check, limit: limit, newestFirst: false))
                #expect(oldest.hits.map(\.leaf.id) == Array(ids.prefix(limit)))
            }
        }
        try room.log.close()
    }

    @Test func `a link that came or went later is known at once`() throws {
        let room = try Room()
        let wrong = try Link.order("WH/MO/1", refs: ["MO-1"])
        let right = try Link.order("WH/MO/2")
        let picture = try room.add(1, [wrong])
        for _ in 0..<3 {
            #expect(try newest(room.log, wrong) == picture.id)
            #expect(try newest(room.log, right) == nil)
            #expect(try room.log.record(picture.id).links == [wrong])
            _ = try room.log.unlink(
                picture.id, from: [wrong], reason: "wrong", by: TestLog.author)
            #expect(try newest(room.log, wrong) == nil)
            #expect(try room.log.record(picture.id).links == [])
            _ = try room.log.link(picture.id, to: [right], reason: "right", by: TestLog.author)
            #expect(try newest(room.log, right) == picture.id)
            #expect(try room.log.record(picture.id).links == [right])
            _ = try room.log.unlink(
                picture.id, from: [right], reason: "wrong", by: TestLog.author)
            _ = try room.log.link(picture.id, to: [wrong], reason: "right", by: TestLog.author)
        }
        try room.log.close()
    }

    @Test func `a picture stands in a file, and is refused once it was removed`() throws {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1")
        let picture = try room.add(1, [check])
        let other = try room.add(2)
        for _ in 0..<2 {
            let hit = try #require(try room.log.find(query(check)).hits.first)
            let slice = try #require(try room.log.picture(hit).slice)
            var bytes: [UInt8] = []
            try slice.read(upTo: slice.count, into: &bytes)
            #expect(bytes == TestLog.picture(1))
            #expect(try room.log.picture(other.id).id == other.id)
        }
        #expect(try room.log.record(picture.id).removal == .present)
        let until = room.clock.now.adding(seconds: 10)
        _ = try room.log.order(
            removalOf: picture.id, on: .early(reference: "AZ 1", secondActor: "carl"),
            graceSeconds: 10, personalDataOnly: false, reason: "court", by: TestLog.author)
        #expect(try room.log.record(picture.id).removal == .due(until: until))
        // In its grace period it is there.
        #expect(try room.log.picture(picture.id).byteCount == TestLog.picture(1).count)
        room.clock.advance(seconds: 11)
        #expect(try room.log.carryOutRemovals() == 1)
        let removal = try room.log.record(picture.id).removal
        #expect(removal != .present && removal != .due(until: until))
        let hit = try #require(try room.log.find(query(check)).hits.first)
        #expect(room.refusal { _ = try $0.picture(picture.id) }?.kind == .notFound)
        #expect(room.refusal { _ = try $0.picture(hit) }?.kind == .notFound)
        #expect(try room.log.picture(other.id).id == other.id)
        try room.log.close()
    }

    @Test func `the first picture of a link is the one that a query finds first`() throws {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1")
        func first(newest: Bool) throws -> RecordID? {
            let key = Query.LinkKey(kind: check.kind, value: check.value)
            let first = try room.log.firstPicture(of: key, newestFirst: newest)
            var query = query(check)
            query.newestFirst = newest
            query.limit = 1
            let page = try room.log.find(query)
            #expect(first?.picture.id == page.hits.first?.leaf.id)
            #expect(first?.hasMore ?? false == (page.cursor != nil))
            return first?.picture.id
        }
        #expect(try first(newest: true) == nil)
        // The stream that a picture was rendered from comes before it, and is not what is meant.
        let pair = try TestLog.addPair(room.log, 1, at: room.clock.now, links: [check])
        #expect(try first(newest: false) == pair.picture)
        #expect(try first(newest: true) == pair.picture)
        room.clock.advance(seconds: 10)
        let picture = try room.add(2, [check])
        #expect(try first(newest: true) == picture.id)
        #expect(try first(newest: false) == pair.picture)
        try room.log.close()
    }

    @Test func `more leaves and links than are kept are all found`() throws {
        let room = try Room()
        // Leaves and pictures share their places when their indices are 4096 apart.
        let first = try room.add(1, [.check("odoo:a/1")])
        let drafts = try (0..<4500).map { i in
            var capture = Capture()
            capture.links = [try .check("odoo:b/\(i)")]
            return EvidenceLog.Snapshot(
                camera: "press-1", instant: room.clock.now, capture, payload: [1, 2, 3])
        }
        var receipts: [Receipt] = []
        for start in stride(from: 0, to: drafts.count, by: 500) {
            receipts += try room.log.addSnapshots(
                Array(drafts[start..<min(start + 500, drafts.count)]), by: TestLog.author)
        }
        for _ in 0..<2 {
            for i in stride(from: 0, to: receipts.count, by: 7) {
                let hit = try #require(
                    try room.log.find(query(.check("odoo:b/\(i)"))).hits.first)
                #expect(hit.leaf.id == receipts[i].id)
                #expect(try room.log.picture(hit).id == receipts[i].id)
            }
            #expect(try newest(room.log, .check("odoo:a/1")) == first.id)
            #expect(try room.log.picture(first.id).id == first.id)
        }
        try room.log.close()
    }
}
