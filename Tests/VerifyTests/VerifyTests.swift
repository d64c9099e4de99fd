import Base
import Evidence
import EvidenceFormat
import Foundation
import Store
import TestSupport
import Testing

/// A store with one of everything, closed cleanly, made once for all tests of this target.
enum Sample {
    static let options: EvidenceLog.Options = {
        var options = TestLog.options()
        options.segmentBytes = 60_000
        return options
    }()

    static let store: Scratch = {
        do { return try make() } catch { preconditionFailure("\(error)") }
    }()

    private static func make() throws -> Scratch {
        let folder = Scratch()
        let clock = ManualClock()
        let (log, _) = try TestLog.open(folder.path, clock: clock, options: options)
        let author = TestLog.author
        _ = try log.setPolicy(
            [RetentionRule(name: "all", match: .all, days: 30)], reason: "contract", by: author)
        var receipts: [Receipt] = []
        for i in 0..<120 {
            clock.advance(seconds: 1)
            receipts.append(
                try TestLog.add(
                    log, i, links: [TestLog.check(i / 4)], bytes: 1500 + i, at: clock.now))
            try log.careOnce()
        }
        var capture = Capture()
        capture.links = [try Link(kind: "operator", value: "Ann Example")]
        let picture = TestLog.picture(1000)
        _ = try log.addImport(
            name: "a.jpg", instant: clock.now, capture, payload: picture.span, by: author)
        _ = try log.link(
            receipts[3].id, to: [TestLog.check(99)], reason: "posted later", by: author)
        _ = try log.close(check: try TestLog.check(1).value, reason: "signed off", by: author)
        _ = try log.hold(.record(receipts[5].id), reason: "claim", by: author)
        clock.advance(seconds: 31 * 86_400)
        for i in [7, 8] {
            _ = try log.order(
                removalOf: receipts[i].id, on: .expired, reason: "expired", by: author)
        }
        clock.advance(seconds: 8 * 86_400)
        #expect(try log.carryOutRemovals() == 2)
        _ = try log.scrub(ScrubLimits())
        try log.careOnce()
        try log.close()
        return folder
    }

    static func copy() -> Scratch { store.snapshot(inMemory: true) }

    static func verify(
        _ folder: Scratch, pinned: Bool = true, outside: [SignedNote] = []
    ) throws -> Verification {
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(folder.path, options: options)
        let root = try TestLog.rootSigner().verifierKey
        let scratch = Scratch(inMemory: true)
        var request = Verifier.Request(
            rootKey: root, rootPinned: pinned, keySetNote: try TestLog.identity().keySetNote,
            scratchPath: scratch.path)
        request.outside = outside
        var verifier = try Verifier(engine, request)
        let result = try verifier.run()
        try engine.close()
        return result
    }
}

@Suite struct VerifyTests {
    @Test func `a store that nobody touched is found whole`() throws {
        let result = try Sample.verify(Sample.store)
        #expect(result.damage.isEmpty, "\(result.findings)")
        #expect(result.verdict == .unanchored)
        #expect(result.removedLawfully == 2)
        #expect(result.records == 121)
        #expect(result.segments > 3)
    }

    @Test func `without a pinned root key the origin is not authenticated`() throws {
        let result = try Sample.verify(Sample.store, pinned: false)
        #expect(result.verdict == .originNotAuthenticated)
    }

    @Test func `every flipped byte of every file is named`() throws {
        var random = SeededRandom(seed: Effort.seed)
        let folder = Sample.copy()
        let files = folder.files.filter { name in
            // The lock has no content that counts; RocksDB's own log is nobody's evidence.
            name != "LOCK" && name != "index/LOCK" && !name.hasPrefix("index/LOG")
                && !folder.bytes(name).isEmpty
        }
        let rounds = Effort.deepRounds(10_000)
        for round in 0..<rounds {
            // Each class of file gets its share, however small its files are.
            let name = files[round % files.count]
            let original = folder.bytes(name)
            let offset = Int.random(in: 0..<original.count, using: &random)
            var changed = original
            changed[offset] ^= UInt8.random(in: 1...255, using: &random)
            folder.write(name, changed)
            defer { folder.write(name, original) }
            do {
                let result = try Sample.verify(folder)
                #expect(
                    !result.damage.isEmpty, "byte \(offset) of \(name) unnoticed; \(Effort.replay)")
            } catch let failure as Failure {
                #expect(
                    failure.words.contains("FORMAT"), "\(name): \(failure.words); \(Effort.replay)")
            }
        }
    }

    @Test func `a changed line of the access trail is damage`() throws {
        let folder = Scratch()
        let clock = ManualClock()
        let log = try TestLog.open(folder.path, clock: clock).log
        let line = Array("{\"who\":\"anna\",\"what\":\"read\"}\n".utf8)
        _ = try log.addAccessBatch(from: clock.now, to: clock.now, lines: 1, count: 1, line)
        try log.close()
        #expect(try Sample.verify(folder).damage.isEmpty)
        let segment = "objects/segments/00000000"
        var bytes = folder.bytes(segment)
        let found = bytes.indices.last { bytes[$0...].starts(with: line) }
        bytes[try #require(found) + 9] ^= 1
        folder.write(segment, bytes)
        #expect(try !Sample.verify(folder).damage.isEmpty)
    }
}
