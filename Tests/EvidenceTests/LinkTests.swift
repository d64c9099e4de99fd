import Base
import Evidence
import EvidenceFormat
import SegmentFormat
import Store
import TestSupport
import Testing

@Suite struct LinkTests {
    private func link(
        _ room: Room, _ id: RecordID, _ links: [Link], by author: Author = TestLog.author
    ) throws -> Receipt {
        try room.log.link(id, to: links, reason: "the order was posted", by: author)
    }

    private func unlink(_ room: Room, _ id: RecordID, _ links: [Link]) throws -> Receipt {
        try room.log.unlink(id, from: links, reason: "wrong serial", by: TestLog.second)
    }

    @Test func `a link that comes later finds the picture of then`() throws {
        let room = try Room()
        let picture = try room.add(1)
        room.clock.advance(seconds: 40 * 86_400)
        let check = try Link.check("odoo:a/quality.check/1", refs: ["QC-1"])
        let receipt = try link(room, picture.id, [check])
        #expect(try room.find(check) == [picture.id])
        #expect(try room.find("check", "QC-1") == [picture.id])
        #expect(try room.log.record(picture.id).links == [check])
        // In time it stands where the picture was taken.
        var query = Query()
        query.links = [.init(kind: "check", value: check.value)]
        query.to = room.clock.now.adding(seconds: -86_400)
        #expect(try room.log.find(query).hits.map(\.index) == [picture.index])
        #expect(try room.log.leavesAbout(picture.id) == [receipt.leaf])
        try room.log.close()
    }

    @Test func `one picture of many checks is stored once`() throws {
        let room = try Room()
        let checks = try (0..<8).map { try TestLog.check($0) }
        let picture = try room.add(1, Array(checks[..<5]))
        _ = try link(room, picture.id, Array(checks[5...]))
        for check in checks { #expect(try room.find(check) == [picture.id]) }
        try room.log.close()
        let bytes = room.folder.bytes("objects/segments/00000000")
        #expect(count(TestLog.picture(1), in: bytes) == 1)
    }

    @Test func `a corrected link finds by the new value and keeps the old one`() throws {
        let room = try Room()
        let wrong = try Link.order("WH/MO/1", refs: ["MO-1"])
        let right = try Link.order("WH/MO/2")
        let picture = try room.add(1, [wrong])
        _ = try unlink(room, picture.id, [wrong])
        _ = try link(room, picture.id, [right])
        #expect(try room.find(wrong) == [])
        #expect(try room.find("work-order", "MO-1") == [])
        #expect(try room.find(right) == [picture.id])
        let record = try room.log.record(picture.id)
        #expect(record.links == [right])
        #expect(record.linksEver == [wrong, right])
        #expect(record.leaf.links.map(\.link) == [wrong])
        #expect(try room.log.leavesAbout(picture.id).map(\.kind) == [.unlink, .link])
        // And back again.
        _ = try link(room, picture.id, [wrong])
        #expect(try room.find(wrong) == [picture.id])
        try room.reopen()
        #expect(try room.find(wrong) == [picture.id])
        #expect(try room.log.record(picture.id).links == [right, wrong])
        try room.log.close()
    }

    @Test func `a reference that two links share survives when one is taken back`() throws {
        let room = try Room()
        let a = try Link.order("A", refs: ["shared", "only-a"])
        let b = try Link.order("B", refs: ["shared"])
        let picture = try room.add(1, [a, b])
        _ = try unlink(room, picture.id, [a])
        #expect(try room.find("work-order", "shared") == [picture.id])
        #expect(try room.find("work-order", "only-a") == [])
        #expect(try room.find(a) == [])
        _ = try unlink(room, picture.id, [b])
        #expect(try room.find("work-order", "shared") == [])
        try room.log.close()
    }

    @Test func `a value that is another link's reference is taken back with it`() throws {
        let room = try Room()
        let a = try Link.order("A")
        let b = try Link.order("B", refs: ["A"])
        let picture = try room.add(1, [a, b])
        #expect(room.refusal { _ in _ = try unlink(room, picture.id, [a]) }?.kind == .refused)
        _ = try unlink(room, picture.id, [a, b])
        #expect(try room.find(a) == [])
        try room.log.close()
    }

    @Test func `links are added once and taken back only where they are`() throws {
        let room = try Room()
        let a = try Link.order("A")
        let picture = try room.add(1, [a])
        let size = room.log.size
        #expect(room.refusal { _ in _ = try link(room, picture.id, [a]) }?.kind == .alreadyExists)
        #expect(
            room.refusal { _ in _ = try unlink(room, picture.id, [.order("B")]) }?.kind == .notFound
        )
        #expect(room.refusal { _ in _ = try link(room, picture.id, []) }?.kind == .invalid)
        #expect(room.refusal { _ in _ = try unlink(room, picture.id, []) }?.kind == .invalid)
        let b = try Link.order("B")
        #expect(room.refusal { _ in _ = try link(room, picture.id, [b, b]) }?.kind == .invalid)
        #expect(room.refusal { _ in _ = try room.add(2, [b, b]) }?.kind == .invalid)
        let nobody = RecordID(at: room.clock.now, random: (1, 2))
        #expect(room.refusal { _ in _ = try link(room, nobody, [b]) }?.kind == .notFound)
        let boot = try room.leaves(.boot)[0].id
        #expect(room.refusal { _ in _ = try link(room, boot, [b]) }?.kind == .notFound)
        #expect(room.log.size == size)
        try room.log.close()
    }

    @Test func `seventeen links are refused, sixteen are not`() throws {
        let room = try Room()
        let links = try (0..<17).map { try Link.order("WO-\($0)") }
        let size = room.log.size
        #expect(room.refusal { _ in _ = try room.add(1, links) }?.kind == .invalid)
        #expect(room.log.size == size)
        let picture = try room.add(1, Array(links[..<16]))
        #expect(try room.find(links[15]) == [picture.id])
        let more = try (20..<37).map { try Link.order("WO-\($0)") }
        #expect(room.refusal { _ in _ = try link(room, picture.id, more) }?.kind == .invalid)
        try room.log.close()
    }

    @Test(arguments: ["17", " 17 ", "0", "4 711", ""])
    func `a bare number is no link`(value: String) {
        #expect(throws: Failure.self) { try Link(kind: "check", value: value) }
    }

    @Test(arguments: [
        "a/b/c", "a|b", "🔧", "e\u{301}", "傷", "\"\\", "a=b&c", "../../etc", "％", "\u{200B}x",
        String(repeating: "ß", count: 256),
    ])
    func `any unicode is a value`(value: String) throws {
        let room = try Room()
        let link = try Link.order(value, refs: ["r" + String(value.prefix(40))])
        let picture = try room.add(1, [link])
        try room.reopen()
        #expect(try room.find(link) == [picture.id])
        #expect(try room.log.record(picture.id).links == [link])
        _ = try unlink(room, picture.id, [link])
        #expect(try room.find(link) == [])
        try room.log.close()
    }

    // MARK: Personal links

    private static let name = "Ada Q. Lovelace"

    @Test func `an operator's name stands in the private section and nowhere else`() throws {
        let room = try Room()
        let person = try Link.operatorName(Self.name, refs: ["badge 0x17"])
        let picture = try room.add(1, [person, .order("A")])
        let later = try room.add(2)
        _ = try link(room, later.id, [person, .order("B")])
        #expect(try room.find(person) == [picture.id, later.id])
        #expect(try room.find("operator", "badge 0x17") == [picture.id, later.id])
        #expect(try room.log.record(picture.id).links.contains(person))
        #expect(picture.leaf.links.map(\.link) == [try .order("A")])
        try room.log.close()
        for word in [Self.name, "badge 0x17"] {
            #expect(try occurrences(of: word, room) == (leaves: 0, privateSections: 2, files: 2))
        }
        // Other files of the directory do not have it either.
        for file in room.folder.files where !file.hasPrefix("objects/segments/") {
            #expect(count(Array(Self.name.utf8), in: room.folder.bytes(file)) == 0, "\(file)")
        }
    }

    @Test func `the commitment to a name does not give it away`() throws {
        let room = try Room()
        let person = try Link.operatorName(Self.name)
        let a = try room.add(1, [person])
        let b = try room.add(2, [person])
        #expect(a.leaf.digest("priv") != nil)
        #expect(a.leaf.digest("priv") != b.leaf.digest("priv"))
        #expect(try room.add(3).leaf.digest("priv") == nil)
        try room.log.close()
    }

    @Test func `leaves that can never be erased refuse names`() throws {
        let room = try Room()
        let person = try Link.operatorName(Self.name)
        let picture = try room.add(1, [person])
        let by = TestLog.author
        let refused = [
            room.refusal { _ = try $0.hold(.link(person), reason: "r", by: by) },
            room.refusal {
                _ = try $0.addEvent("left", on: person, at: room.clock.now, reason: "r", by: by)
            },
            room.refusal {
                let match = RetentionRule.Match.link(kind: "operator", value: Self.name)
                let rule = RetentionRule(name: "person", match: match, days: 3)
                _ = try $0.setPolicy([rule], reason: "r", by: by)
            },
            room.refusal { _ = try $0.unlink(picture.id, from: [person], reason: "r", by: by) },
            room.refusal { _ = try $0.link(picture.id, to: [person], reason: "r", by: by) },
        ]
        #expect(
            refused.map { $0?.kind } == [.invalid, .invalid, .invalid, .invalid, .alreadyExists])
        try room.log.close()
        #expect(try occurrences(of: Self.name, room) == (leaves: 0, privateSections: 1, files: 1))
    }

    private func occurrences(
        of word: String, _ room: Room
    ) throws -> (leaves: Int, privateSections: Int, files: Int) {
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(room.folder.path, options: options)
        let scanner = try SegmentScanner(engine, segment: 0)
        let file = room.folder.bytes("objects/segments/00000000")
        let needle = Array(word.utf8)
        var found = (leaves: 0, privateSections: 0, files: count(needle, in: file))
        while case .frame(let frame) = try scanner.next() {
            found.leaves += count(needle, in: frame.leaf)
            let start = Int(frame.place.privateOffset)
            let section = Array(file[start..<(start + frame.place.privateBytes)])
            found.privateSections += count(needle, in: section)
        }
        return found
    }
}

/// How often `needle` stands in `bytes`.
func count(_ needle: [UInt8], in bytes: [UInt8]) -> Int { offsets(of: needle, in: bytes).count }

func offsets(of needle: [UInt8], in bytes: [UInt8]) -> [Int] {
    guard let first = needle.first, bytes.count >= needle.count else { return [] }
    return (0...(bytes.count - needle.count)).filter { start in
        bytes[start] == first && bytes[start..<(start + needle.count)].elementsEqual(needle)
    }
}
