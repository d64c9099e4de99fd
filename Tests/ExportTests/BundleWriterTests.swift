import Archive
import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import TestSupport
import Testing

@Suite struct BundleWriterTests {
    private let scratch = Scratch()
    private let clock = ManualClock()
    private let log: EvidenceLog
    private let check: Link
    private let order: Link

    init() throws {
        (log, _) = try TestLog.open(scratch.path, clock: clock)
        check = try TestLog.check(17)
        order = try Link(kind: "work-order", value: "WH/MO/00001")
    }

    @Test func `a picture is in it byte for byte, with its leaf and proof`() throws {
        let receipt = try TestLog.add(log, 1, links: [check])
        let bundle = try Bundled(log, Bundled.query(check))
        let number = "000000000\(receipt.index)"
        #expect(bundle.files["data/images/\(number).jpg"] == TestLog.picture(1))
        #expect(bundle.files["proof/records/\(number).leaf"] == receipt.leaf.bytes)
        let proof = try LogProof(
            parsing: bundle.files["proof/records/\(number).tlog-proof"] ?? [])
        let head = try proof.verify(
            leaf: receipt.leaf.hash, origin: log.origin, keys: log.keySet.keys(validAt: log.size))
        #expect(head.size == log.size)
        #expect(try bundle.selection?["records"]?.int == 1)
    }

    @Test func `every file is in a manifest with its hash, and the log has signed that`() throws {
        try TestLog.add(log, 1, links: [check])
        let bundle = try Bundled(log, Bundled.query(check))
        var listed: [String: String] = [:]
        for name in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
            let text = String(decoding: bundle.files[name] ?? [], as: UTF8.self)
            for line in text.split(separator: "\n") {
                listed[String(line.dropFirst(66))] = String(line.prefix(64))
            }
        }
        let unlisted = ["tagmanifest-sha256.txt", "bundle.note"]
        #expect(Set(listed.keys) == Set(bundle.files.keys).subtracting(unlisted))
        for (name, hash) in listed {
            let bytes = bundle.files[name] ?? []
            #expect(SHA256.hash(bytes.span).hex == hash, "\(name)")
        }
        let note = try SignedNote(parsing: bundle.files["bundle.note"] ?? [])
        _ = try note.signers(among: log.keySet.keys(validAt: log.size))
        let list = bundle.files["tagmanifest-sha256.txt"] ?? []
        let tag = SHA256.hash(list.span).hex
        #expect(note.text == "proofreel bundle v1\n\(log.origin)\n\(log.size)\n\(tag)\n")
    }

    @Test
    func `the same question at the same checkpoint gives the same bytes, whatever came since`()
        throws
    {
        let first = try TestLog.add(log, 1, links: [check])
        try TestLog.add(log, 2, links: [check])
        let note = log.checkpoint
        let request = BundleRequest(
            Bundled.query(check), .zip, by: "ann", at: Bundled.at)
        let before = try Bundled.write(log, request, at: note)
        try TestLog.add(log, 3, links: [check])
        _ = try log.link(first.id, to: [order], reason: "found out", by: TestLog.author)
        _ = try log.close(check: check.value, reason: "done", by: TestLog.author)
        #expect(try Bundled.write(log, request, at: note) == before)
        #expect(try Bundled.write(log, request) != before)
    }

    @Test func `what was said of a record comes along, and nothing of others`() throws {
        let mine = try TestLog.add(log, 1, links: [check])
        let other = try TestLog.add(log, 2)
        _ = try log.link(mine.id, to: [order], reason: "late", by: TestLog.author)
        _ = try log.unlink(mine.id, from: [order], reason: "wrong", by: TestLog.author)
        _ = try log.link(other.id, to: [order], reason: "late", by: TestLog.author)
        let bundle = try Bundled(log, Bundled.query(check))
        #expect(try bundle.kinds(.records) == [.snapshot])
        #expect(
            try bundle.kinds(.facts).filter { $0 == .link || $0 == .unlink } == [.link, .unlink])
    }

    @Test func `a check's chain is whole, also where its pictures were not asked for`() throws {
        try TestLog.add(log, 1, links: [check, order])
        try TestLog.add(log, 2, links: [check])
        try TestLog.add(log, 3, links: [check, order])
        _ = try log.close(check: check.value, reason: "done", by: TestLog.author)
        let bundle = try Bundled(log, Bundled.query(order))
        #expect(try bundle.kinds(.records).count == 2)
        #expect(try bundle.kinds(.chain) == [.snapshot])
        #expect(try bundle.kinds(.facts).contains(.close))
        #expect(bundle.files.keys.filter { $0.hasPrefix("data/images/") }.count == 2)
    }

    @Test
    func `a lawfully removed picture is there by its leaf, with order, rule and confirmation`()
        throws
    {
        _ = try log.setPolicy(
            [RetentionRule(name: "short", match: .all, days: 1)], reason: "rule",
            by: TestLog.author)
        let gone = try TestLog.add(log, 1, links: [check], at: clock.now)
        clock.advance(seconds: 3 * 86_400)
        let kept = try TestLog.add(log, 2, links: [check], at: clock.now)
        _ = try log.order(
            removalOf: gone.id, on: .expired, graceSeconds: 0, reason: "due", by: TestLog.author)
        clock.advance(seconds: 10)
        _ = try log.carryOutRemovals()
        let bundle = try Bundled(log, Bundled.query(check))
        let pictures = bundle.files.keys.filter { $0.hasPrefix("data/images/") }
        #expect(pictures == ["data/images/000000000\(kept.index).jpg"])
        let kinds = try bundle.kinds(.facts)
        #expect([.policy, .delete, .deleted].allSatisfy(kinds.contains))
        #expect(try bundle.kinds(.records).count == 2)
    }

    @Test func `holds that cover a record come along with their ends, others do not`() throws {
        let mine = try TestLog.add(log, 1, links: [check])
        let ended = try log.hold(.link(check), reason: "claim", by: TestLog.author)
        _ = try log.unhold(ended.id, reason: "over", by: TestLog.author)
        _ = try log.unhold(ended.id, reason: "agreed", by: TestLog.second)
        _ = try log.hold(.record(mine.id), reason: "audit", by: TestLog.author)
        _ = try log.hold(.link(order), reason: "other", by: TestLog.author)
        let kinds = try Bundled(log, Bundled.query(check)).kinds(.facts)
        #expect(kinds.filter { $0 == .hold }.count == 2)
        #expect(kinds.filter { $0 == .unhold }.count == 2)
    }

    @Test func `a picture that is named brings the stream that it was rendered from`() throws {
        let (stream, picture) = try TestLog.addPair(log, 1, at: clock.now)
        let bundle = try Bundled(log, .ids([picture]))
        #expect(try bundle.kinds(.records) == [.clip, .snapshot])
        #expect(try bundle.selection?["streams"]?.int == 1)
        let index = try log.index(of: stream)
        #expect(bundle.files["data/clips/000000000\(index).mp4"] == TestLog.picture(1))
    }

    @Test func `a named record that is not below the checkpoint is refused, not left out`() throws {
        let early = try TestLog.add(log, 1)
        let note = log.checkpoint
        let late = try TestLog.add(log, 2)
        #expect(try Bundled(log, .ids([early.id]), at: note).kinds(.records).count == 1)
        let ids = BundleRequest.Wanted.ids([early.id, late.id])
        let failure = #expect(throws: Failure.self) { try Bundled(log, ids, at: note) }
        #expect(failure?.kind == .refused && failure?.words.contains("\(late.id)") == true)
        #expect(try Bundled(log, ids).kinds(.records).count == 2)
    }

    @Test func `a kept checkpoint of this log is continued, one of another history is refused`()
        throws
    {
        try TestLog.add(log, 1, links: [check])
        let kept = log.checkpoint
        try TestLog.add(log, 2, links: [check])
        let bundle = try Bundled(log, Bundled.query(check)) { $0.since = [kept] }
        let size = try Checkpoint(text: kept.text).size
        #expect(bundle.files["proof/consistency/\(size).checkpoint"] == kept.encode())

        let elsewhere = Scratch()
        let (other, _) = try TestLog.open(elsewhere.path, clock: clock)
        try TestLog.add(other, 9, links: [check])
        let failure = #expect(throws: Failure.self) {
            try Bundled(log, Bundled.query(check)) { $0.since = [other.checkpoint] }
        }
        #expect(failure?.words.contains("another history") == true)
    }

    @Test func `a question that nothing answers is no bundle`() throws {
        try TestLog.add(log, 1, links: [check])
        let failure = #expect(throws: Failure.self) { try Bundled(log, Bundled.query(order)) }
        #expect(failure?.kind == .notFound)
    }

    @Test func `stored bytes that are rotten end it with the record's name`() throws {
        let receipt = try TestLog.add(log, 1, links: [check])
        try log.close()
        let name = "objects/segments/00000000"
        var segment = scratch.bytes(name)
        let picture = TestLog.picture(1)
        let at = try #require(segment.firstRange(of: picture)).lowerBound
        segment[at + 100] ^= 1
        scratch.write(name, segment)
        let (log, _) = try TestLog.open(scratch.path, clock: clock)
        let failure = #expect(throws: Failure.self) { try Bundled(log, Bundled.query(check)) }
        #expect(failure?.kind == .corrupt)
        #expect(failure?.words.contains("\(receipt.id)") == true)
    }
}
