import Archive
import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import TestSupport

/// A log with one of everything that bears on a bundle, and the bundle of one work order from it,
/// made once for all tests of this target.
struct BundleSample: Sendable {
    static let order = "WH/MO/00001"

    /// Whole log, in order: what a thief of the key has.
    let leaves: [[UInt8]]
    let zip: [UInt8]
    let tar: [UInt8]
    /// A checkpoint that somebody kept, older than the bundle's, and its own.
    let older: SignedNote
    let newest: SignedNote
    let pictures: [RecordID]
    let removed: RecordID
    let erased: RecordID
    let held: RecordID

    static let shared: BundleSample = {
        do { return try BundleSample() } catch { preconditionFailure("\(error)") }
    }()

    private init() throws {
        let folder = Scratch(inMemory: true)
        let clock = ManualClock()
        let (log, _) = try TestLog.open(folder.path, clock: clock)
        let author = TestLog.author
        let order = try Link(kind: "work-order", value: Self.order)
        _ = try log.setPolicy(
            [RetentionRule(name: "all", match: .all, days: 30)], reason: "contract", by: author)
        var ids: [RecordID] = []
        for i in 0..<9 {
            clock.advance(seconds: 1)
            // The last of each check belongs to another order: its bytes are not asked for.
            let links = try [TestLog.check(i / 3)] + (i % 3 == 2 ? [] : [order])
            let receipt = try TestLog.add(log, i, links: links, bytes: 300 + i, at: clock.now)
            ids.append(receipt.id)
        }
        older = log.checkpoint
        _ = try Self.addPair(log, clock, order)
        try Self.addText(log, clock, order)
        _ = try log.close(check: try TestLog.check(0).value, reason: "signed off", by: author)
        // Said later, of a picture that came without the order; and one taken back.
        _ = try log.link(ids[2], to: [order], reason: "posted later", by: author)
        _ = try log.unlink(ids[4], from: [order], reason: "wrong order", by: author)
        held = ids[3]
        let hold = try log.hold(.record(ids[3]), reason: "claim", by: author)
        _ = try log.unhold(hold.id, reason: "settled", by: author)
        _ = try log.unhold(hold.id, reason: "settled", by: TestLog.second)
        _ = try log.order(
            removalOf: ids[1], on: .early(reference: "AZ 7/26", secondActor: "carl"),
            graceSeconds: 100, reason: "court", by: author)
        clock.advance(seconds: 31 * 86_400)
        _ = try log.order(removalOf: ids[6], on: .expired, reason: "expired", by: author)
        clock.advance(seconds: 8 * 86_400)
        _ = try log.carryOutRemovals()
        (pictures, removed, erased) = (ids, ids[6], ids[1])
        newest = log.checkpoint
        zip = try Self.export(log, .zip, clock.now, since: [older])
        tar = try Self.export(log, .tarZstd, clock.now, since: [older])
        leaves = try (0..<log.size).map { try log.leaf(at: $0).bytes }
        try log.close()
    }

    private static func export(
        _ log: EvidenceLog, _ container: Container, _ now: WallTime, since: [SignedNote]
    ) throws -> [UInt8] {
        var query = Query()
        query.links = [.init(kind: "work-order", value: order)]
        var request = BundleRequest(.query(query), container, by: "dora", at: now)
        request.since = since
        let custody = try JSON(
            parsing: Array(
                (#"{"count":1,"kind":"person","on":"work-order=WH/MO/00001","peer":"local","#
                    + #""t":"2026-09-21T14:13:20.000000Z","what":"search","who":"dora"}"#).utf8
            ).span)
        var bytes: [UInt8] = []
        let writer = try BundleWriter(
            try LogExtract(log), request, anchors: { _ in [] },
            custody: { _, _, take throws(Failure) in try take(custody, 1) },
            { piece throws(Failure) in bytes.append(span: piece) })
        try writer.run()
        return bytes
    }

    /// A picture and the stream that it was rendered from.
    private static func addPair(
        _ log: EvidenceLog, _ clock: ManualClock, _ order: Link
    ) throws -> RecordID {
        clock.advance(seconds: 1)
        var capture = Capture()
        capture.links = [order]
        capture.mime = "video/mp4"
        let stream = TestLog.picture(500, bytes: 900)
        let start = Array(stream.prefix(100))
        let end = clock.now.adding(seconds: 1)
        let clip = try log.addClip(
            camera: "cam-1", instant: clock.now, capture,
            details: [
                ("to", .string(end.description)), ("frames", .int(25)), ("use", .string("stream")),
                ("init", .string(SHA256.hash(start.span).hex)), ("init_len", .int(100)),
            ], payload: stream.span, by: TestLog.author)
        capture.mime = "image/jpeg"
        _ = try log.addSnapshot(
            camera: "cam-1", instant: end, capture,
            details: [("clip", .string(clip.id.description))],
            payload: TestLog.picture(501, bytes: 333).span, by: TestLog.author)
        return clip.id
    }

    private static func addText(
        _ log: EvidenceLog, _ clock: ManualClock, _ order: Link
    ) throws {
        clock.advance(seconds: 1)
        var capture = Capture()
        capture.links = [order]
        capture.mime = "text/csv"
        _ = try log.addImport(
            name: "torque.csv", instant: clock.now, capture, payload: Array("Nm;12\n".utf8).span,
            by: TestLog.author)
    }

    // MARK: Verifying

    static func request(pinned: Bool = true, kept: [SignedNote] = []) throws
        -> BundleCheck.Request
    {
        var request = BundleCheck.Request(
            rootKey: pinned ? try TestLog.rootSigner().verifierKey : nil)
        request.kept = kept
        return request
    }

    static func verify(
        _ zip: [UInt8], pinned: Bool = true, kept: [SignedNote] = []
    ) throws -> BundleVerification {
        try BundleCheck.run(
            zip: MemoryBytes(zip), try request(pinned: pinned, kept: kept))
    }
}
