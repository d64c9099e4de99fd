import Base
import Evidence
import EvidenceFormat
import Synchronization
import TestSupport
import Testing

@Suite struct HoldTests {
    private let early = RemovalGround.early(reference: "AZ 12/26", secondActor: "carl")

    private func order(_ room: Room, _ id: RecordID, grace: Int64 = 100) throws -> Receipt {
        try room.log.order(
            removalOf: id, on: early, graceSeconds: grace, reason: "court", by: TestLog.author)
    }

    private func hold(_ room: Room, _ scope: HoldScope) throws -> RecordID {
        try room.log.hold(scope, reason: "complaint 4711", by: TestLog.author).id
    }

    /// Whose removal is refused because it is held.
    private func held(_ room: Room, _ receipts: [Receipt]) -> [Bool] {
        receipts.map { receipt in
            let failure = room.refusal { _ in _ = try order(room, receipt.id) }
            return failure?.kind == .refused && failure?.words.contains("complaint 4711") == true
        }
    }

    @Test func `a hold on a record covers this one`() throws {
        let room = try Room()
        let receipts = [try room.add(1), try room.add(2)]
        _ = try hold(room, .record(receipts[0].id))
        #expect(held(room, receipts) == [true, false])
        try room.log.close()
    }

    @Test func `a hold on a check covers what has, had or will have the link`() throws {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1", refs: ["QC-1"])
        let has = try room.add(1, [check])
        let had = try room.add(2, [check])
        let never = try room.add(3, [.order("odoo:a/quality.check/1")])
        let by = TestLog.author
        _ = try room.log.unlink(had.id, from: [check], reason: "wrong", by: by)
        _ = try hold(room, .link(check))
        let will = try room.add(4, [check])
        let late = try room.add(5)
        _ = try room.log.link(late.id, to: [check], reason: "late", by: by)
        #expect(held(room, [has, had, will, late, never]) == [true, true, true, true, false])
        try room.log.close()
    }

    @Test func `a hold by a reference covers what the reference finds`() throws {
        let room = try Room()
        let receipts = [
            try room.add(1, [.check("odoo:a/quality.check/1", refs: ["QC-1"])]), try room.add(2),
        ]
        _ = try hold(room, .link(.check("QC-1")))
        #expect(held(room, receipts) == [true, false])
        try room.log.close()
    }

    @Test func `a hold on a time covers both its ends, of one camera or of all`() throws {
        let room = try Room()
        var receipts: [Receipt] = []
        let start = room.clock.now
        for i in 0..<4 {
            receipts.append(try room.add(i, camera: "cam-\(i % 2)"))
            room.clock.advance(seconds: 10)
        }
        let (from, to) = (start.adding(seconds: 10), start.adding(seconds: 20))
        let first = try hold(room, .time(camera: "cam-0", from: from, to: to))
        #expect(held(room, receipts) == [false, false, true, false])
        try room.reopen()
        #expect(room.log.holds.map(\.id) == [first])
        let again = try (0..<4).map { try room.add(10 + $0) }
        #expect(held(room, again) == [false, false, false, false])
        let all = try Room()
        let others = try (0..<4).map { i in
            try TestLog.add(
                all.log, i, camera: "cam-\(i)", at: start.adding(seconds: Int64(i) * 10))
        }
        _ = try hold(all, .time(camera: nil, from: from, to: to))
        #expect(held(all, others) == [false, true, true, false])
        try all.log.close()
        try room.log.close()
    }

    @Test func `holds on nothing are refused`() throws {
        let room = try Room()
        let size = room.log.size
        let nobody = RecordID(at: room.clock.now, random: (1, 2))
        #expect(room.refusal { _ in _ = try hold(room, .record(nobody)) }?.kind == .notFound)
        let now = room.clock.now
        let backwards = HoldScope.time(camera: nil, from: now, to: now.adding(seconds: -1))
        #expect(room.refusal { _ in _ = try hold(room, backwards) }?.kind == .invalid)
        let picture = try room.add(1)
        #expect(
            room.refusal { _ = try $0.hold(.record(picture.id), reason: "", by: TestLog.author) }?
                .kind == .invalid)
        #expect(room.log.size == size + 1)
        #expect(room.log.holds.isEmpty)
        try room.log.close()
    }

    @Test func `two people release a hold, one person does not`() throws {
        let room = try Room()
        let picture = try room.add(1)
        let id = try hold(room, .record(picture.id))
        func release(_ author: Author) throws -> Bool {
            let answer = try room.log.unhold(id, reason: "settled", by: author)
            return answer.released
        }
        #expect(try !release(TestLog.author))
        #expect(room.refusal { _ in _ = try release(TestLog.author) }?.kind == .refused)
        // The same person in another session is the same person.
        let again = Author(actor: TestLog.author.actor, session: "s9")
        #expect(room.refusal { _ in _ = try release(again) }?.kind == .refused)
        #expect(held(room, [picture]) == [true])
        try room.reopen()
        #expect(room.log.holds.map(\.releaseAskedBy) == [TestLog.author.actor])
        #expect(room.refusal { _ in _ = try release(TestLog.author) }?.kind == .refused)
        #expect(try release(TestLog.second))
        #expect(room.refusal { _ in _ = try release(TestLog.second) }?.kind == .notFound)
        #expect(held(room, [picture]) == [false])
        #expect(try room.leaves(.unhold).map { $0.string("step") } == ["request", "release"])
        try room.reopen()
        #expect(room.log.holds.isEmpty)
        try room.log.close()
    }

    @Test func `of many who release at once, one asks and one releases`() throws {
        let room = try Room()
        let log = room.log
        let id = try hold(room, .record(try room.add(1).id))
        let steps = Mutex<[Bool]>([])
        try inParallel(8) { i in
            do {
                let author = Author(actor: "person-\(i)")
                let released = try log.unhold(id, reason: "settled", by: author).released
                steps.withLock { $0.append(released) }
            } catch let error as Failure where error.kind == .notFound {
                return
            }
        }
        #expect(steps.withLock { $0 } == [false, true])
        #expect(log.holds.isEmpty)
        try room.log.close()
    }

    @Test func `a hold wins over a removal whose grace period runs`() throws {
        let room = try Room()
        let picture = try room.add(1, [.check("odoo:a/1")])
        _ = try order(room, picture.id, grace: 100)
        room.clock.advance(seconds: 50)
        let id = try hold(room, .link(.check("odoo:a/1")))
        room.clock.advance(seconds: 1000)
        #expect(try room.log.carryOutRemovals() == 0)
        try room.reopen()
        #expect(try room.log.carryOutRemovals() == 0)
        #expect(try room.log.payload(of: picture.id) == TestLog.picture(1))
        _ = try room.log.unhold(id, reason: "settled", by: TestLog.author)
        #expect(try room.log.carryOutRemovals() == 0)
        _ = try room.log.unhold(id, reason: "settled", by: TestLog.second)
        #expect(try room.log.carryOutRemovals() == 1)
        #expect(room.refusal { _ = try $0.payload(of: picture.id) }?.kind == .notFound)
        try room.log.close()
    }

    @Test func `of two holds one is enough`() throws {
        let room = try Room()
        let picture = try room.add(1, [.order("A")])
        let id = try hold(room, .record(picture.id))
        _ = try hold(room, .link(.order("A")))
        for author in [TestLog.author, TestLog.second] {
            _ = try room.log.unhold(id, reason: "settled", by: author)
        }
        #expect(held(room, [picture]) == [true])
        try room.log.close()
    }

    @Test func `a hold that is acknowledged while removals run is kept`() throws {
        let room = try Room()
        let log = room.log
        let pictures = try (0..<40).map { try room.add($0) }
        for picture in pictures { _ = try order(room, picture.id, grace: 0) }
        let kept = Mutex<Set<RecordID>>([])
        try inParallel(2) { thread in
            if thread == 0 {
                _ = try log.carryOutRemovals()
                return
            }
            for picture in pictures.reversed() {
                _ = try log.hold(.record(picture.id), reason: "late", by: TestLog.author)
                // Whoever got the answer finds the bytes now or learns that they were gone before.
                if case .removed = try log.record(picture.id).removal { continue }
                kept.withLock { _ = $0.insert(picture.id) }
            }
        }
        #expect(try log.carryOutRemovals() == 0)
        let deleted = try room.leaves(.deleted).compactMap { $0.recordID("target") }
        let held = kept.withLock { $0 }
        #expect(held.isDisjoint(with: deleted))
        #expect(held.count + deleted.count == pictures.count)
        for id in held { _ = try log.payload(of: id) }
        try room.log.close()
    }
}
