import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import TestSupport

/// A log in which everything has happened that a page can tell of, under hostile names.
struct RichLog {
    let log: EvidenceLog
    let check: Link
    let order: Link
    let rendered: RecordID

    init(_ path: String, _ clock: ManualClock) throws {
        (log, _) = try TestLog.open(path, clock: clock)
        check = try Link(
            kind: "check", value: "odoo:test/quality.check/17", refs: ["QC-1 <b>&\"'</b>"])
        order = try Link(kind: "work-order", value: "WH/MO/„1“ \u{1F600}")
        try log.setPolicy(
            [RetentionRule(name: "short", match: .all, days: 1)], reason: "rule",
            by: TestLog.author
        ).ignore()
        let gone = try TestLog.add(log, 1, links: [check], at: clock.now)
        let erased = try TestLog.add(log, 2, links: [check], at: clock.now)
        clock.advance(seconds: 3 * 86_400)
        try log.order(
            removalOf: gone.id, on: .expired, graceSeconds: 0, reason: "due", by: TestLog.author
        ).ignore()
        try log.order(
            removalOf: erased.id,
            on: .early(reference: "court <7>", secondActor: TestLog.second.actor), graceSeconds: 0,
            reason: "order\nof a court", by: TestLog.author
        ).ignore()
        clock.advance(seconds: 10)
        _ = try log.carryOutRemovals()

        let first = try TestLog.add(log, 3, links: [check, order], at: clock.now)
        clock.advance(seconds: 1.5)
        rendered = try Self.addRendered(log, clock.now, [check])
        try log.link(
            first.id, to: [Link(kind: "serial", value: "SN-1")], reason: "2026-13-45T99:99:99Z",
            by: TestLog.second
        ).ignore()
        try log.unlink(first.id, from: [order], reason: "<script>", by: TestLog.author).ignore()
        let hold = try log.hold(.link(check), reason: "claim", by: TestLog.author)
        _ = try log.unhold(hold.id, reason: "over", by: TestLog.author)
        _ = try log.unhold(hold.id, reason: "agreed", by: TestLog.second)
        try TestLog.add(log, 4, camera: "cam-2", links: [check], at: clock.now).ignore()
        try log.close(
            check: check.value, verdict: "pass", reason: "done & dusted", by: TestLog.author
        ).ignore()
    }

    /// A picture and its stream, with an init segment that is one.
    private static func addRendered(
        _ log: EvidenceLog, _ instant: WallTime, _ links: [Link]
    ) throws -> RecordID {
        var capture = Capture()
        capture.links = links
        capture.mime = "video/mp4"
        let (stream, picture) = (TestLog.picture(50), TestLog.picture(51))
        let end = instant.adding(seconds: 1)
        let initHash = SHA256.hash(stream.span.extracting(0..<10))
        let clip = try log.addClip(
            camera: "cam-3", instant: instant, capture,
            details: [
                ("to", .string(end.description)), ("frames", .int(25)), ("use", .string("stream")),
                ("init", .string(initHash.hex)), ("init_len", .int(10)),
            ], payload: stream.span, by: TestLog.author)
        capture.mime = "image/jpeg"
        capture.flags = ["too dark"]
        return try log.addSnapshot(
            camera: "cam-3", instant: end, capture,
            details: [
                ("clip", .string(clip.id.description)), ("made", .string("quality 95")),
                ("asked", .string(end.adding(seconds: 1).description)),
                ("dist_us", .int(-1_000_001)), ("cam_off_us", .int(1500)),
                ("cam_err_us", .int(70)),
            ], payload: picture.span, by: TestLog.author
        ).id
    }
}

extension Receipt {
    /// For a leaf that only has to be there.
    func ignore() {}
}
