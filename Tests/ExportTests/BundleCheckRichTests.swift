import Archive
import Base
import Evidence
import EvidenceFormat
import Export
import TestSupport
import Testing

/// Both verifiers on what the exporter writes of a log in which everything has happened, under
/// hostile names.
@Suite struct BundleCheckRichTests {
    private let scratch = Scratch(inMemory: true)
    private let clock = ManualClock()

    private func bag(_ wanted: BundleRequest.Wanted, of log: EvidenceLog) throws -> Bag {
        let text =
            #"{"count":2,"kind":"person","on":"<x>","peer":"::1","#
            + #""t":"2026-11-26T08:00:00.000000Z","what":"read","who":"ann"}"#
        let line = try JSON(parsing: Array(text.utf8).span)
        var bytes: [UInt8] = []
        let writer = try BundleWriter(
            LogExtract(log), BundleRequest(wanted, .zip, by: "ann & co", at: Bundled.at),
            anchors: { _ in [] }, custody: { _, _, take throws(Failure) in try take(line, 5) },
            { piece in bytes.append(span: piece) })
        try writer.run()
        return try Bag(bytes)
    }

    @Test func `a bundle of everything is verified, whatever was asked`() throws {
        let rich = try RichLog(scratch.path + "/log", clock)
        var time = Query()
        time.from = clock.now.adding(seconds: -86_400)
        time.to = clock.now.adding(seconds: 60)
        for wanted in [
            Bundled.query(rich.check), .query(time), .ids([rich.rendered]),
            Bundled.query(try Link(kind: "serial", value: "SN-1")),
        ] {
            let bag = try bag(wanted, of: rich.log)
            let result = try bag.verify()
            #expect(result.findings.isEmpty, "\(wanted): \(result.findings)")
            #expect(result.verdict == .unanchored)
        }
    }
}
