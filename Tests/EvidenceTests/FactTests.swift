import Base
import Crypto
import Evidence
import EvidenceFormat
import TestSupport
import Testing

/// Leaves without a picture, and pictures made from others.
@Suite struct FactTests {
    private func hex(_ n: UInt8) -> JSON { .string(SHA256.hash([n].span).hex) }

    private func part(_ room: Room) -> [(String, JSON)] {
        [
            ("cam", .string("cam-1")), ("n", .int(1)), ("prev", .string(Digest.zero.hex)),
            ("init", hex(1)), ("root", hex(2)), ("count", .int(5)),
            ("from", .string(room.clock.now.description)),
            ("to", .string(room.clock.now.adding(seconds: 10).description)), ("len", .int(4711)),
        ]
    }

    private func gap(_ room: Room) -> [(String, JSON)] {
        [
            ("cam", .string("cam-1")), ("from", .string(room.clock.now.description)),
            ("to", .string(room.clock.now.adding(seconds: 3).description)), ("err_us", .int(40)),
            ("cause", .string("network")),
        ]
    }

    @Test func `parts, gaps and anchors are leaves that prove`() throws {
        let room = try Room()
        let anchor: [(String, JSON)] = [
            ("type", .string("rfc3161")), ("size", .int(3)), ("root", hex(3)), ("proof", hex(4)),
            ("name", .string("3.tsr")),
        ]
        let receipts = [
            try room.log.addFact(.part, part(room)), try room.log.addFact(.gap, gap(room)),
            try room.log.addFact(.anchor, anchor),
        ]
        try room.log.recordIncident("disk-slow", "a sync took 3 s")
        try room.reopen()
        for receipt in receipts {
            #expect(try room.log.leaf(at: receipt.index) == receipt.leaf)
            _ = try room.log.prove(receipt.index).verify(
                leaf: receipt.leaf.hash, origin: TestLog.origin,
                keys: [TestLog.logSigner().verifierKey])
        }
        #expect(try room.leaves(.incident).map { $0.string("what") } == ["disk-slow"])
        // They are no pictures, so no query gives them.
        #expect(try room.log.find(Query()).hits.isEmpty)
        #expect(room.refusal { _ = try $0.payload(of: receipts[0].id) }?.kind == .notFound)
        try room.log.close()
    }

    @Test func `a fact that breaks its schema is refused with words that name the field`() throws {
        let room = try Room()
        let good = part(room)
        func refused(_ change: (inout [(String, JSON)]) -> Void) -> String {
            var fields = good
            change(&fields)
            let failure = room.refusal { _ = try $0.addFact(.part, fields) }
            #expect(failure?.kind == .invalid)
            return failure?.words ?? ""
        }
        let size = room.log.size
        #expect(refused { $0.removeAll { $0.0 == "root" } }.contains("root is missing"))
        #expect(refused { $0.append(("colour", .int(1))) }.contains("colour is unknown"))
        #expect(refused { $0.append(("é", .int(1))) }.contains("é is unknown"))
        #expect(refused { $0.append(("kind", .string("gap"))) }.contains("kind twice"))
        #expect(refused { $0.append(("cam", .string("cam-2"))) }.contains("cam twice"))
        #expect(refused { $0[1].1 = .int(0) }.contains("the field n should be"))
        #expect(refused { $0[1].1 = .string("1") }.contains("the field n should be"))
        #expect(refused { $0[2].1 = .string("00") }.contains("the field prev should be"))
        #expect(refused { $0[0].1 = .string("a\nb") }.contains("the field cam should be"))
        #expect(
            refused { $0[7].1 = .string(room.clock.now.adding(seconds: -1).description) }
                .contains("from"))
        #expect(room.log.size == size)
        _ = try room.log.addFact(.part, good)
        try room.log.close()
    }

    @Test func `kinds with rules of their own are not made from plain fields`() throws {
        let room = try Room()
        let own: [LeafKind] = [
            .genesis, .boot, .policy, .keyset, .snapshot, .import, .derive, .link, .unlink, .close,
            .hold, .unhold, .event, .delete, .deleted, .segmentSeal,
        ]
        for kind in own {
            let failure = room.refusal { _ = try $0.addFact(kind, []) }
            #expect(failure?.kind == .invalid)
            #expect(failure?.words.contains(kind.rawValue) == true)
        }
        try room.log.close()
    }

    // MARK: Derived pictures

    private func derive(
        _ room: Room, _ parent: RecordID, links: [Link] = [], settings: [String: String] = [:]
    ) throws -> Receipt {
        var capture = Capture()
        capture.links = links
        return try room.log.addDerived(
            from: parent, transform: "blur", settings: settings, capture,
            payload: TestLog.picture(99).span, by: TestLog.author)
    }

    @Test func `a derived picture names its parent, and the parent stays as it is`() throws {
        let room = try Room()
        let parent = try room.add(1, [.order("A")])
        let derived = try derive(room, parent.id, settings: ["area": "10,10,40,40"])
        #expect(derived.leaf.recordID("parent") == parent.id)
        #expect(derived.leaf.body["params"]?.object?["area"]?.string == "10,10,40,40")
        #expect(try room.log.payload(of: derived.id) == TestLog.picture(99))
        #expect(try room.log.payload(of: parent.id) == TestLog.picture(1))
        #expect(try room.log.leavesAbout(parent.id) == [derived.leaf])
        #expect(try room.find("work-order", "A") == [parent.id])
        try room.log.close()
    }

    @Test func `a derived picture without parent or with links of its own is refused`() throws {
        let room = try Room()
        let nobody = RecordID(at: room.clock.now, random: (1, 2))
        #expect(room.refusal { _ in _ = try derive(room, nobody) }?.kind == .notFound)
        let parent = try room.add(1)
        #expect(
            room.refusal { _ in _ = try derive(room, parent.id, links: [.order("A")]) }?.kind
                == .invalid)
        for name in ["", "é", "a b\"c", String(repeating: "x", count: 65)] {
            #expect(
                room.refusal { _ in _ = try derive(room, parent.id, settings: [name: "1"]) }?.kind
                    == .invalid)
        }
        try room.log.close()
    }

    @Test func `an empty or enormous picture is refused and nothing is stored`() throws {
        let room = try Room()
        let size = room.log.size
        #expect(
            room.refusal {
                _ = try $0.addSnapshot(
                    camera: "cam-1", instant: room.clock.now, Capture(), payload: [UInt8]().span,
                    by: TestLog.author)
            }?.kind == .invalid)
        let enormous = [UInt8](repeating: 7, count: (64 << 20) + 1)
        #expect(
            room.refusal {
                _ = try $0.addSnapshot(
                    camera: "cam-1", instant: room.clock.now, Capture(), payload: enormous.span,
                    by: TestLog.author)
            }?.kind == .invalid)
        #expect(room.log.size == size)
        _ = try room.add(1)
        try room.log.close()
    }
}
