import Base
import Crypto
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// A picture that was rendered and the stream that it was rendered from are one.
@Suite struct PairTests {
    private let early = RemovalGround.early(reference: "AZ 12/26", secondActor: "carl")

    private func pair(
        _ room: Room, _ number: Int
    ) throws -> (stream: RecordID, picture: RecordID) {
        try TestLog.addPair(room.log, number, at: room.clock.now)
    }

    private func refusal(_ room: Room, _ id: RecordID) -> Failure? {
        room.refusal { log in
            _ = try log.order(
                removalOf: id, on: early, graceSeconds: 10, reason: "court", by: TestLog.author)
        }
    }

    private func removals(_ room: Room, _ ids: [RecordID]) throws -> [Bool] {
        try ids.map { id in
            if case .present = try room.log.record(id).removal { false } else { true }
        }
    }

    @Test func `what holds the picture holds its stream, and the other way`() throws {
        let room = try Room()
        let check = try Link.check("odoo:a/quality.check/1")
        var pairs: [(stream: RecordID, picture: RecordID)] = []
        for number in 0..<5 {
            pairs.append(try pair(room, number))
            // Others of the same camera and second are no partners.
            _ = try room.add(500 + number)
            room.clock.advance(seconds: 10)
        }
        let log = room.log
        let by = TestLog.author
        _ = try log.hold(.record(pairs[0].picture), reason: "4711", by: by)
        _ = try log.hold(.record(pairs[1].stream), reason: "4711", by: by)
        // A link that the picture got later.
        _ = try log.link(pairs[2].picture, to: [check], reason: "late", by: by)
        _ = try log.hold(.link(check), reason: "4711", by: by)
        let instant = try log.record(pairs[3].picture).instant
        _ = try log.hold(.time(camera: nil, from: instant, to: instant), reason: "4711", by: by)
        for (number, pair) in pairs.enumerated() {
            #expect((refusal(room, pair.stream)?.kind == .refused) == (number < 4), "\(number)")
            // What was not held went together, so there is nothing left to order.
            #expect(refusal(room, pair.picture)?.kind == (number < 4 ? .refused : .alreadyExists))
        }
        try log.close()
        // The verifier says the same of what was removed lawfully.
        #expect(try room.findings() == [])
    }

    @Test func `a removal takes both, and a hold that comes in time keeps both`() throws {
        let room = try Room()
        let first = try pair(room, 1)
        room.clock.advance(seconds: 10)
        let second = try pair(room, 2)
        room.clock.advance(seconds: 10)
        let third = try pair(room, 3)
        #expect(refusal(room, first.picture) == nil)
        #expect(refusal(room, second.picture) == nil)
        #expect(refusal(room, third.stream) == nil)
        #expect(
            try removals(room, [first.stream, second.stream, third.picture]) == [true, true, true])
        _ = try room.log.hold(.record(second.picture), reason: "in time", by: TestLog.author)
        room.clock.advance(seconds: 20)
        #expect(try room.log.carryOutRemovals() == 4)
        for id in [first.stream, first.picture, third.stream, third.picture] {
            #expect(room.refusal { _ = try $0.payload(of: id) }?.kind == .notFound)
        }
        #expect(try room.log.payload(of: second.stream) == TestLog.picture(2))
        #expect(try room.log.payload(of: second.picture) == TestLog.picture(1002))
        try room.log.close()
        #expect(try room.findings() == [])
    }

    @Test func `a stream is kept as long as its picture`() throws {
        let room = try Room()
        let order = try Link.order("WH/MO/1")
        let rules = [
            RetentionRule(name: "all", match: .all, days: 10),
            RetentionRule(
                name: "order", match: .link(kind: order.kind, value: order.value), days: 100),
        ]
        _ = try room.log.setPolicy(rules, reason: "contract", by: TestLog.author)
        let short = try pair(room, 1)
        room.clock.advance(seconds: 10)
        let long = try pair(room, 2)
        _ = try room.log.link(long.picture, to: [order], reason: "late", by: TestLog.author)
        func expired() throws -> Set<RecordID> {
            var found: Set<RecordID> = []
            try room.log.forEachExpired { record throws(Failure) in
                found.insert(record.record.leaf.id)
                return true
            }
            return found
        }
        room.clock.advance(seconds: 11 * 86_400)
        #expect(try expired() == [short.stream, short.picture])
        for id in [short.picture, long.stream] {
            let failure = room.refusal { log in
                _ = try log.order(
                    removalOf: id, on: .expired, graceSeconds: 0, reason: "over", by: .server)
            }
            #expect((failure == nil) == (id == short.picture))
        }
        #expect(try room.log.carryOutRemovals() == 2)
        room.clock.advance(seconds: 90 * 86_400)
        #expect(try expired() == [long.stream, long.picture])
        try room.log.close()
        #expect(try room.findings() == [])
    }
}

extension Room {
    /// What the verifier finds damaged, from the log alone.
    func findings() throws -> [String] {
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(folder.path, options: options)
        let scratch = Scratch(inMemory: true)
        let request = Verifier.Request(
            rootKey: try TestLog.rootSigner().verifierKey, rootPinned: true,
            keySetNote: try TestLog.identity().keySetNote, scratchPath: scratch.path)
        var verifier = try Verifier(engine, request)
        let result = try verifier.run()
        try engine.close()
        return result.findings.filter { $0.severity == .damage }.map(\.words)
    }
}
