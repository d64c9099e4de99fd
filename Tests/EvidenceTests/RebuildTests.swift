import Base
import Evidence
import EvidenceFormat
import IndexFormat
import Store
import TestSupport
import Testing

/// The log is the truth: an index that is gone is made again, entry for entry.
@Suite struct RebuildTests {
    private static let rule = RetentionRule(name: "default", match: .all, days: 5)

    /// Something of everything that the index knows.
    private func fill(_ room: Room) throws -> [Receipt] {
        let by = TestLog.author
        _ = try room.log.setPolicy([Self.rule], reason: "contract", by: by)
        var all: [Receipt] = []
        for i in 0..<60 {
            let links = [
                try TestLog.check(i % 7),
                try Link.order("WO/\(i % 5)", refs: ["R\(i % 3)", "all"]),
                try Link.operatorName("Person \(i % 4)", refs: ["badge \(i % 4)x"]),
            ]
            all.append(
                try room.add(
                    i, camera: "cam-\(i % 3)", Array(links.prefix(i % 4)), request: "r-\(i)"))
            room.clock.advance(seconds: 0.9 * 86_400)
        }
        _ = try room.log.link(
            all[0].id, to: [.order("late", refs: ["all"]), .operatorName("Late Person")],
            reason: "late", by: by)
        _ = try room.log.unlink(all[2].id, from: [.order("WO/2")], reason: "wrong", by: by)
        _ = try room.log.unlink(all[3].id, from: [TestLog.check(3)], reason: "wrong", by: by)
        _ = try room.log.link(all[2].id, to: [.order("WO/2")], reason: "right", by: by)
        _ = try room.log.close(check: TestLog.check(1).value, reason: "done", by: by)
        _ = try room.log.addEvent(
            "end-of-life", on: .order("WO/1"), at: room.clock.now, reason: "sold", by: by)
        let held = try room.log.hold(.record(all[4].id), reason: "complaint", by: by)
        _ = try room.log.hold(.link(TestLog.check(2)), reason: "complaint", by: by)
        for author in [by, TestLog.second] {
            _ = try room.log.unhold(held.id, reason: "settled", by: author)
        }
        try remove(room, all)
        return all
    }

    private func remove(_ room: Room, _ all: [Receipt]) throws {
        let by = TestLog.author
        let early = RemovalGround.early(reference: "AZ 1", secondActor: "carl")
        _ = try room.log.order(
            removalOf: all[5].id, on: .expired, graceSeconds: 0, reason: "old", by: by)
        _ = try room.log.order(
            removalOf: all[7].id, on: early, graceSeconds: 0, personalDataOnly: true,
            reason: "right", by: by)
        let late = try #require(try room.log.leavesAbout(all[0].id).first)
        _ = try room.log.order(
            removalOf: late.id, on: early, graceSeconds: 0, personalDataOnly: true,
            reason: "right", by: by)
        #expect(try room.log.carryOutRemovals() == 3)
        _ = try room.log.order(removalOf: all[10].id, on: .expired, reason: "old", by: by)
        _ = try room.log.addDerived(
            from: all[1].id, transform: "blur", Capture(), payload: [1, 2, 3].span, by: by)
    }

    private func answers(_ room: Room, _ all: [Receipt]) throws -> [String] {
        var answers: [String] = []
        let values =
            (0..<8).map { ("check", "odoo:test/quality.check/\($0)") }
            + (0..<6).map { ("work-order", "WO/\($0)") }
            + ["R0", "R1", "R2", "all", "late"].map { ("work-order", $0) }
            + (0..<5).map { ("operator", "Person \($0)") }
            + ["badge 1x", "badge 3x", "Late Person"].map { ("operator", $0) }
        for (kind, value) in values {
            answers.append("\(kind) \(value) \(try room.find(kind, value))")
            answers.append("\(try room.log.chain(of: value).map(\.id))")
            answers.append("\(try room.log.isClosed(check: value))")
        }
        for camera in ["cam-0", "cam-1", "cam-2", "none"] {
            var query = Query()
            query.camera = camera
            query.limit = 7
            repeat {
                let page = try room.log.find(query)
                answers.append("\(page.hits.map(\.index)) \(page.cursor ?? "")")
                query.cursor = page.cursor
            } while query.cursor != nil
        }
        for (i, receipt) in all.enumerated() {
            let record = try room.log.record(receipt.id)
            answers.append("\(record.links) \(record.linksEver) \(record.removal)")
            answers.append("\(try room.log.leavesAbout(receipt.id).map(\.id))")
            answers.append("\(try room.log.receipt(forRequest: "r-\(i)")?.index ?? 0)")
        }
        try room.log.forEachExpired { expired in
            answers.append("\(expired.record.index) \(expired.due) \(expired.heldBy.map(\.id))")
            return true
        }
        answers.append("\(room.log.holds) \(room.log.policies.rules)")
        return answers
    }

    /// Every entry of the index but the watermark and what leaves from `size` on have added.
    private func entries(_ room: Room, below size: UInt64) throws -> [[UInt8]: [UInt8]] {
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(room.folder.path, options: options)
        var entries: [[UInt8]: [UInt8]] = [:]
        let cursor = try engine.mapCursor()
        while let entry = try cursor?.next() {
            let (key, value) = (entry.key, entry.value)
            let last = key.count >= 8 ? key.span.bigEndian(UInt64.self, at: key.count - 8) : 0
            switch Table(rawValue: key[0]) {
            case .meta: continue
            case .ids, .requests, .chainItems:
                if value.span.bigEndian(UInt64.self, at: 0) >= size { continue }
            case .series, .links, .about, .events, .holds, .pending, .policies:
                if last >= size { continue }
            case .months, .chains, .removed, nil: break
            }
            entries[key] = value
        }
        _ = consume cursor
        try engine.close()
        // A month stands as long as its series has something in it.
        let series = Set(entries.keys.filter { $0[0] == Table.series.rawValue }.map { $0[1..<19] })
        return entries.filter { key, _ in
            key[0] != Table.months.rawValue || series.contains(key[2..<20])
        }
    }

    private func expectRebuild(_ room: Room) throws {
        let all = try fill(room)
        let before = try answers(room, all)
        let size = room.log.size
        var old: [[UInt8]: [UInt8]] = [:]
        try room.reopen {
            old = try entries(room, below: size)
            room.folder.remove("index")
        }
        #expect(room.report.reindexed >= size)
        #expect(try answers(room, all) == before)
        try room.log.close()
        let new = try entries(room, below: size)
        #expect(old.count > 500)
        #expect(Set(old.keys).subtracting(new.keys).map(\.hex) == [])
        #expect(Set(new.keys).subtracting(old.keys).map(\.hex) == [])
        let isSame = old == new
        #expect(isSame)
        #expect(Set(old.keys.map { $0[0] }) == Set(Table.allCases.map(\.rawValue)).subtracting([1]))
    }

    @Test func `a deleted index is made again, every answer and every entry`() throws {
        try expectRebuild(try Room())
    }

    @Test func `the same over many small segments`() throws {
        var options = TestLog.options()
        options.segmentBytes = 30_000
        try expectRebuild(try Room(options: options))
    }

    @Test func `the same after a crash`() throws {
        let room = try Room()
        let all = try fill(room)
        let before = try answers(room, all)
        let killed = room.folder.snapshot()
        try room.log.close()
        killed.remove("index")
        let (log, report) = try TestLog.open(killed.path, clock: room.clock)
        #expect(report.reindexed == 82)
        try log.close()
        let again = try Room(room.clock, in: killed)
        #expect(try answers(again, all) == before)
        try again.log.close()
    }
}
