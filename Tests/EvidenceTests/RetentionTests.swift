import Base
import Evidence
import EvidenceFormat
import Synchronization
import TestSupport
import Testing

/// How long records are kept, who may shorten that (nobody), and how they expire.
@Suite struct RetentionTests {
    private static let day = 86_400.0

    private func set(_ room: Room, _ rules: [RetentionRule]) throws -> Receipt {
        try room.log.setPolicy(rules, reason: "contract", by: TestLog.author)
    }

    private func rule(
        _ days: Int64, _ match: RetentionRule.Match = .all, name: String = "default",
        event: String? = nil
    ) -> RetentionRule {
        RetentionRule(name: name, match: match, days: days, event: event)
    }

    private func expired(_ room: Room) throws -> [RecordID] {
        var ids: [RecordID] = []
        try room.log.forEachExpired { expired in
            ids.append(expired.record.leaf.id)
            return true
        }
        return ids
    }

    @Test func `without a policy nothing ever expires`() throws {
        let room = try Room()
        let picture = try room.add(1)
        room.clock.advance(seconds: 200_000 * Self.day)
        #expect(try expired(room) == [])
        #expect(
            room.refusal {
                _ = try $0.order(
                    removalOf: picture.id, on: .expired, reason: "old", by: TestLog.author)
            }?.kind == .refused)
        try room.log.close()
    }

    @Test func `a rule binds the records that come after it`() throws {
        let room = try Room()
        let before = try room.add(1)
        _ = try set(room, [rule(10)])
        let after = try room.add(2)
        room.clock.advance(seconds: 9.9 * Self.day)
        #expect(try expired(room) == [])
        room.clock.advance(seconds: 0.1 * Self.day)
        #expect(try expired(room) == [after.id])
        room.clock.advance(seconds: 10_000 * Self.day)
        #expect(try expired(room) == [after.id])
        #expect(before.id != after.id)
        try room.log.close()
    }

    @Test func `a longer rule also keeps the records from before it was longer`() throws {
        let room = try Room()
        _ = try set(room, [rule(10)])
        let picture = try room.add(1)
        _ = try set(room, [rule(30)])
        room.clock.advance(seconds: 29 * Self.day)
        #expect(try expired(room) == [])
        try room.reopen()
        #expect(room.log.policies.rules == [rule(30)])
        room.clock.advance(seconds: 1 * Self.day)
        #expect(try expired(room) == [picture.id])
        try room.log.close()
    }

    @Test func `a policy that shortens, drops or changes a rule is refused`() throws {
        let room = try Room()
        let press = rule(365, .camera("press-3"), name: "press")
        _ = try set(room, [rule(100), press])
        let size = room.log.size
        let bad: [[RetentionRule]] = [
            [rule(99), press], [rule(100)], [press], [rule(100, .camera("x")), press],
            [rule(100, event: "end-of-life"), press], [rule(100), rule(100), press],
            [rule(100), rule(365, .camera("press-4"), name: "press")],
            [rule(100, name: "renamed"), press], [rule(0), press], [rule(73_001), press], [],
        ]
        for rules in bad {
            let kind = room.refusal { _ in _ = try set(room, rules) }?.kind
            #expect(kind == .refused || kind == .invalid, "\(rules)")
        }
        #expect(room.log.size == size)
        let more = rule(5, .link(kind: "lot", value: "L-1"), name: "lot")
        _ = try set(room, [more, press, rule(100)])
        #expect(room.log.policies.rules == [more, press, rule(100)])
        try room.reopen()
        #expect(try room.leaves(.policy).map { $0.int("n") } == [1, 2])
        #expect(room.log.policies.rules == [more, press, rule(100)])
        try room.log.close()
    }

    @Test func `policies set at once do not spoil the log`() throws {
        let room = try Room()
        let log = room.log
        try inParallel(8) { i in
            do {
                let rule = RetentionRule(name: "r", match: .all, days: Int64(10 + i))
                _ = try log.setPolicy([rule], reason: "contract", by: TestLog.author)
            } catch let error as Failure where error.kind == .refused {
                return
            }
        }
        let days = log.policies.rules.map(\.days)
        #expect(days == [17])
        try room.reopen()
        #expect(room.log.policies.rules.map(\.days) == days)
        try room.log.close()
    }

    @Test func `the longest of the rules that match counts`() throws {
        let room = try Room()
        let lot = RetentionRule.Match.link(kind: "lot", value: "L-1")
        _ = try set(
            room,
            [
                rule(10), rule(20, .camera("cam-2"), name: "camera"), rule(30, lot, name: "lot"),
            ])
        let plain = try room.add(1)
        let camera = try room.add(2, camera: "cam-2")
        let both = try room.add(3, camera: "cam-2", [Link(kind: "lot", value: "x", refs: ["L-1"])])
        // Taking the link back frees nothing.
        _ = try room.log.unlink(
            both.id, from: [Link(kind: "lot", value: "x")], reason: "r", by: TestLog.author)
        var seen: [Int: [RecordID]] = [:]
        for day in [10, 20, 30] {
            room.clock.advance(seconds: 10 * Self.day)
            seen[day] = try expired(room)
        }
        let all = [plain.id, camera.id, both.id]
        #expect(seen == [10: Array(all[..<1]), 20: Array(all[..<2]), 30: all])
        try room.log.close()
    }

    @Test func `an event starts the count, the latest one counts`() throws {
        let room = try Room()
        let product = try Link(kind: "product", value: "FURN/1")
        let match = RetentionRule.Match.link(kind: "product", value: "FURN/1")
        _ = try set(room, [rule(365, match, name: "automotive", event: "end-of-life")])
        let picture = try room.add(1, [product])
        func event(_ name: String, _ link: Link) throws {
            _ = try room.log.addEvent(
                name, on: link, at: room.clock.now, reason: "sold", by: TestLog.author)
        }
        room.clock.advance(seconds: 7000 * Self.day)
        try event("start-of-life", product)
        try event("end-of-life", Link(kind: "product", value: "FURN/2"))
        room.clock.advance(seconds: 400 * Self.day)
        #expect(try expired(room) == [])
        try event("end-of-life", product)
        room.clock.advance(seconds: 364 * Self.day)
        #expect(try expired(room) == [])
        try event("end-of-life", product)
        room.clock.advance(seconds: 364 * Self.day)
        #expect(try expired(room) == [])
        room.clock.advance(seconds: 1 * Self.day)
        #expect(try expired(room) == [picture.id])
        try room.log.close()
    }

    @Test func `expired records come oldest first, held ones are marked`() throws {
        let room = try Room()
        _ = try set(room, [rule(5)])
        var ids: [RecordID] = []
        for i in 0..<6 {
            ids.append(try room.add(i).id)
            room.clock.advance(seconds: Self.day)
        }
        let hold = try room.log.hold(.record(ids[1]), reason: "complaint", by: TestLog.author).id
        room.clock.advance(seconds: 3 * Self.day)
        var seen: [(id: RecordID, due: WallTime, held: [RecordID])] = []
        try room.log.forEachExpired { expired in
            seen.append((expired.record.leaf.id, expired.due, expired.heldBy.map(\.id)))
            #expect(expired.rule == "default")
            return seen.count < 3
        }
        #expect(seen.map(\.id) == Array(ids[..<3]))
        #expect(seen.map(\.held) == [[], [hold], []])
        #expect(seen[0].due == room.clock.now.adding(seconds: -4 * 86_400))
        let failure = room.refusal {
            _ = try $0.order(removalOf: ids[1], on: .expired, reason: "old", by: TestLog.author)
        }
        #expect(failure?.kind == .refused)
        try room.log.close()
    }
}
