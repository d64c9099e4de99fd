import Base
import Crypto
import Evidence
import EvidenceFormat
import Linux
import TestSupport
import Testing

/// Bytes go, leaves stay.
@Suite struct DeletionTests {
    private let segment = "objects/segments/00000000"

    /// What is on disk there now, read past every cache of ours.
    private func read(_ room: Room, at offset: Int, _ count: Int) throws -> [UInt8] {
        try RealFileSystem().open("\(room.folder.path)/\(segment)", .read)
            .read(UInt64(offset)..<UInt64(offset + count))
    }

    private func order(
        _ room: Room, _ id: RecordID, personal: Bool = false, grace: Int64 = 100,
        second: String = "carl"
    ) throws -> Receipt {
        try room.log.order(
            removalOf: id, on: .early(reference: "AZ 12/26", secondActor: second),
            graceSeconds: grace, personalDataOnly: personal, reason: "court",
            by: TestLog.author)
    }

    @Test func `after order and grace the bytes are zeros, leaf and proof stay`() throws {
        let room = try Room()
        let rule = RetentionRule(name: "default", match: .all, days: 30)
        let policy = try room.log.setPolicy([rule], reason: "contract", by: TestLog.author)
        let before = try room.add(1)
        let picture = try room.add(2, [.check("odoo:a/1")])
        let after = try room.add(3)
        let bytes = TestLog.picture(2)
        let offset = try #require(offsets(of: bytes, in: room.folder.bytes(segment)).first)
        let file = room.folder.bytes(segment)
        room.clock.advance(seconds: 30 * 86_400)
        let ordered = try room.log.order(
            removalOf: picture.id, on: .expired, reason: "retention ended", by: .server)
        let leaf = ordered.leaf
        #expect(leaf.int("policy") == Int64(policy.index))
        #expect(leaf.string("rule") == "default")
        #expect(leaf.int("index") == Int64(picture.index))
        #expect(leaf.digest("pay") == SHA256.hash(bytes.span))
        #expect(leaf.time("until") == room.clock.now.adding(seconds: 7 * 86_400))
        let until = try #require(leaf.time("until"))
        // In the grace period everything is as it was.
        room.clock.advance(seconds: 7 * 86_400 - 1)
        #expect(try room.log.carryOutRemovals() == 0)
        #expect(try room.log.payload(of: picture.id) == bytes)
        #expect(try room.log.record(picture.id).removal == .due(until: until))
        #expect(room.refusal { _ in _ = try order(room, picture.id) }?.kind == .alreadyExists)
        room.clock.advance(seconds: 1)
        #expect(try room.log.carryOutRemovals() == 1)
        #expect(try room.log.carryOutRemovals() == 0)

        #expect(try read(room, at: offset, bytes.count) == Array(repeating: 0, count: bytes.count))
        #expect(try read(room, at: 0, offset) == Array(file[..<offset]))
        let end = offset + bytes.count
        let rest = try #require(offsets(of: TestLog.picture(3), in: file).first) + 2000 - end
        #expect(try read(room, at: end, rest) == Array(file[end..<(end + rest)]))
        try room.reopen()
        #expect(try room.log.leaf(at: picture.index) == picture.leaf)
        _ = try room.log.prove(picture.index).verify(
            leaf: picture.leaf.hash, origin: TestLog.origin,
            keys: [TestLog.logSigner().verifierKey])
        #expect(try room.find("check", "odoo:a/1") == [picture.id])
        let failure = room.refusal { _ = try $0.payload(of: picture.id) }
        #expect(failure?.kind == .notFound)
        #expect(failure?.words.contains("lawfully deleted") == true)
        #expect(failure?.words.contains("leaf \(ordered.index)") == true)
        #expect(
            try room.log.record(picture.id).removal
                == .removed(delete: ordered.index, at: room.clock.now))
        let deleted = try #require(try room.leaves(.deleted).first)
        #expect(deleted.int("bytes") == Int64(bytes.count))
        #expect(deleted.recordID("delete") == ordered.id)
        for other in [(before, 1), (after, 3)] {
            #expect(try room.log.payload(of: other.0.id) == TestLog.picture(other.1))
        }
        #expect(room.refusal { _ in _ = try order(room, picture.id) }?.kind == .alreadyExists)
        try room.log.close()
    }

    @Test func `early erasure needs two people`() throws {
        let room = try Room()
        let picture = try room.add(1)
        let alone = room.refusal { _ in
            _ = try order(room, picture.id, second: TestLog.author.actor)
        }
        #expect(alone?.kind == .refused)
        #expect(room.refusal { _ in _ = try order(room, picture.id, second: "") }?.kind == .invalid)
        let receipt = try order(room, picture.id)
        #expect(receipt.leaf.int("policy") == -1)
        #expect(receipt.leaf.body["actors"]?.array?.compactMap(\.string) == ["ann", "carl"])
        try room.log.close()
    }

    @Test func `a grace period has a measure`() throws {
        let room = try Room()
        let picture = try room.add(1)
        for grace in [-1, EvidenceLog.graceSecondsMax + 1, .max, .min] {
            #expect(
                room.refusal { _ in _ = try order(room, picture.id, grace: grace) }?.kind
                    == .invalid)
        }
        _ = try order(room, picture.id, grace: 0)
        #expect(try room.log.carryOutRemovals() == 1)
        try room.log.close()
    }

    @Test func `what is not there cannot be removed`() throws {
        let room = try Room()
        let nobody = RecordID(at: room.clock.now, random: (1, 2))
        #expect(room.refusal { _ in _ = try order(room, nobody) }?.kind == .notFound)
        let boot = try room.leaves(.boot)[0].id
        #expect(room.refusal { _ in _ = try order(room, boot) }?.kind == .notFound)
        let picture = try room.add(1)
        #expect(
            room.refusal { _ in _ = try order(room, picture.id, personal: true) }?.kind == .notFound
        )
        try room.log.close()
    }

    // MARK: Personal data

    @Test func `erased personal data is found no longer, the leaf still proves`() throws {
        let room = try Room()
        let person = try Link.operatorName("Ada Lovelace", refs: ["badge 0x17"])
        let picture = try room.add(1, [person, .order("A")])
        let other = try room.add(2, [person])
        let name = Array("Ada Lovelace".utf8)
        let places = offsets(of: name, in: room.folder.bytes(segment))
        #expect(places.count == 2)
        let order = try order(room, picture.id, personal: true)
        #expect(order.leaf.digest("pay") == picture.leaf.digest("priv"))
        room.clock.advance(seconds: 100)
        #expect(try room.log.carryOutRemovals() == 1)
        for _ in 0..<2 {
            #expect(try room.find(person) == [other.id])
            #expect(try room.find("operator", "badge 0x17") == [other.id])
            #expect(try room.find("work-order", "A") == [picture.id])
            #expect(try room.log.record(picture.id).links == [try .order("A")])
            #expect(try room.log.payload(of: picture.id) == TestLog.picture(1))
            _ = try room.log.prove(picture.index).verify(
                leaf: picture.leaf.hash, origin: TestLog.origin,
                keys: [TestLog.logSigner().verifierKey])
            try room.reopen()
        }
        #expect(try read(room, at: places[0], name.count) == Array(repeating: 0, count: name.count))
        #expect(try read(room, at: places[1], name.count) == name)
        // The picture itself is another matter.
        _ = try self.order(room, picture.id, grace: 0)
        #expect(try room.log.carryOutRemovals() == 1)
        #expect(room.refusal { _ = try $0.payload(of: picture.id) }?.kind == .notFound)
        try room.log.close()
    }

    @Test func `personal data that came with a later link is erased by that leaf`() throws {
        let room = try Room()
        let person = try Link.operatorName("Ada Lovelace")
        let picture = try room.add(1)
        let late = try room.log.link(
            picture.id, to: [.order("A"), person], reason: "late", by: TestLog.author)
        #expect(try room.find(person) == [picture.id])
        #expect(room.refusal { _ in _ = try order(room, late.id) }?.kind == .notFound)
        let hold = try room.log.hold(.record(picture.id), reason: "h", by: TestLog.author)
        #expect(
            room.refusal { _ in _ = try order(room, late.id, personal: true) }?.kind == .refused)
        for author in [TestLog.author, TestLog.second] {
            _ = try room.log.unhold(hold.id, reason: "settled", by: author)
        }
        _ = try order(room, late.id, personal: true)
        room.clock.advance(seconds: 100)
        #expect(try room.log.carryOutRemovals() == 1)
        #expect(try room.find(person) == [])
        #expect(try room.log.record(picture.id).links == [try .order("A")])
        try room.log.close()
        #expect(count(Array("Ada Lovelace".utf8), in: room.folder.bytes(segment)) == 0)
    }

    @Test func `what is erased stays erased while others write beside it`() throws {
        let room = try Room()
        let log = room.log
        // Small, so that many share the page that the next append writes again.
        try inParallel(2) { thread in
            for i in 0..<60 {
                let number = thread * 1000 + i
                let receipt = try TestLog.add(log, number, bytes: 120)
                if thread == 1 { continue }
                _ = try log.order(
                    removalOf: receipt.id, on: .early(reference: "AZ", secondActor: "carl"),
                    graceSeconds: 0, reason: "court", by: TestLog.author)
                #expect(try log.carryOutRemovals() == 1)
            }
        }
        let bytes = room.folder.bytes(segment)
        for i in 0..<60 {
            #expect(count(TestLog.picture(i, bytes: 120), in: bytes) == 0)
            #expect(count(TestLog.picture(1000 + i, bytes: 120), in: bytes) == 1)
        }
        try room.log.close()
    }

    @Test func `nobody is given the bytes while they go, however often they were read before`()
        throws
    {
        let scratch = Scratch()
        let clock = ManualClock()
        let files = FaultyFileSystem(root: scratch.path)
        let (log, _) = try TestLog.open(on: files, clock: clock)
        let picture = try TestLog.add(log, 1)
        _ = try log.order(
            removalOf: picture.id, on: .early(reference: "AZ", secondActor: "carl"),
            graceSeconds: 10, reason: "court", by: TestLog.author)
        #expect(try log.picture(picture.id).byteCount > 0)
        clock.advance(seconds: 10)
        #expect(try log.picture(picture.id).byteCount > 0)
        // The erasure works, and the leaf that would say so cannot be written.
        files.inject(.init(.write, number: 0, .full, lasting: true))
        #expect(throws: Failure.self) { try log.carryOutRemovals() }
        #expect(files.counts[.punch] ?? 0 > 0)
        let refused = #expect(throws: Failure.self) { try log.picture(picture.id) }
        #expect(refused?.kind == .notFound && refused?.words.contains("being deleted") == true)
        #expect(throws: Failure.self) { try log.close() }
    }

    // MARK: Crashes

    @Test func `a crash between the erasure and its leaf is made good`() throws {
        let room = try Room()
        let person = try Link.operatorName("Ada Lovelace")
        let picture = try room.add(1, [person])
        let keep = try room.add(2)
        let offset = try #require(
            offsets(of: TestLog.picture(1), in: room.folder.bytes(segment)).first)
        _ = try order(room, picture.id)
        _ = try order(room, picture.id, personal: true)
        room.clock.advance(seconds: 200)
        // The bytes are gone, nothing else of the removal has happened.
        let name = try #require(
            offsets(of: Array("Ada".utf8), in: room.folder.bytes(segment)).first)
        let file = try RealFileSystem().open("\(room.folder.path)/\(segment)", .write)
        try file.punch(UInt64(offset)..<UInt64(offset + 2000))
        try file.write([UInt8](repeating: 0, count: 12).span, at: UInt64(name))
        try file.sync()
        let killed = room.folder.snapshot()
        try room.log.close()

        let (log, _) = try TestLog.open(killed.path, clock: room.clock)
        // Zeros are given to nobody, on either way to the bytes.
        for error in [
            #expect(throws: Failure.self) { try log.payload(of: picture.id) },
            #expect(throws: Failure.self) { try log.picture(picture.id) },
        ] {
            #expect(error?.kind == .notFound && error?.words.contains("being deleted") == true)
        }
        #expect(try log.carryOutRemovals() == 2)
        #expect(try log.carryOutRemovals() == 0)
        guard case .removed = try log.record(picture.id).removal else {
            Issue.record("not confirmed")
            return
        }
        #expect(try log.payload(of: keep.id) == TestLog.picture(2))
        try log.close()
    }

    @Test func `an order that was acknowledged survives a crash`() throws {
        let room = try Room()
        let picture = try room.add(1)
        _ = try order(room, picture.id)
        let killed = room.folder.snapshot()
        try room.log.close()
        room.clock.advance(seconds: 100)
        let (log, report) = try TestLog.open(killed.path, clock: room.clock)
        #expect(!report.clean)
        #expect(try log.carryOutRemovals() == 1)
        #expect(throws: Failure.self) { try log.payload(of: picture.id) }
        try log.close()
    }
}
