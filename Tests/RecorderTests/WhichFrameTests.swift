import Base
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

/// Every answer shows the frame whose instant is nearest, proven by the number in the picture.
@Suite(.serialized) struct WhichFrameTests {
    struct Kind: CustomTestStringConvertible {
        let url: String
        let framesPerSecond: Double
        var testDescription: String { url }
    }

    static let kinds = [
        Kind(url: "test:mjpeg?size=256x144&fps=25", framesPerSecond: 25),
        Kind(url: "test:h264?size=256x144&fps=25&gop=25", framesPerSecond: 25),
        Kind(url: "test:h264?size=256x144&fps=25&gop=100&bf=2", framesPerSecond: 25),
        Kind(url: "test:h265?size=256x144&fps=10&gop=20", framesPerSecond: 10),
    ]

    @Test(arguments: kinds)
    func `live, 200 ms ago, or at the edge of the ring`(kind: Kind) throws {
        let bench = try RecorderBench()
        try bench.add("cam", kind.url)
        try #require(try bench.wait("cam", frames: UInt64(6 * kind.framesPerSecond)))
        let ring = try bench.recorder.camera("cam").ring
        var random = SeededRandom(seed: Effort.seed)
        var offsets: [Double] = []
        for round in 0..<Effort.rounds(250) {
            let range = try #require(ring.range)
            let now = bench.clock.now
            var at: WallTime?
            switch round % 4 {
            case 0: at = nil
            case 1: at = WallTime(microseconds: now.microseconds - 200_000)
            case 2: at = range.lowerBound
            default:
                let span = UInt64(now.microseconds - range.lowerBound.microseconds)
                at = WallTime(
                    microseconds: range.lowerBound.microseconds + Int64(random.next() % span))
            }
            let answer = try #require(try bench.snap(["cam"], at: at, neighbours: 2).first)
            let leaf = answer.receipt.leaf
            let instant = try #require(leaf.time("t"))
            let asked = try #require(leaf.time("asked"))
            #expect(leaf.int("dist_us") == instant.microseconds - asked.microseconds)
            let distance = abs(instant.microseconds - asked.microseconds)
            for neighbour in answer.neighbours {
                let other = abs(neighbour.microseconds - asked.microseconds)
                // "Now" may be nearer to a frame that had not come yet when it was asked.
                if at != nil { #expect(distance <= other, Comment(rawValue: Effort.replay)) }
            }
            let number = try #require(try RecorderBench.number(answer.picture))
            offsets.append(
                Double(instant.microseconds) - Double(number) * 1e6 / kind.framesPerSecond)
            let stored = try bench.log.payload(of: answer.receipt.id)
            #expect(stored == answer.picture)
        }
        // All numbers lie on one line of time, each within half a frame of its place.
        let middle = offsets.sorted()[offsets.count / 2]
        let half = 5e5 / kind.framesPerSecond
        let wrong = offsets.filter { abs($0 - middle) >= half }
        #expect(wrong.isEmpty, "off by \(wrong.map { Int(($0 - middle) / 1000) }) ms")
        try bench.close()
    }

    @Test func `after a restart the same instants give the same frames`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:h264?size=256x144&fps=25&gop=50")
        try #require(try bench.wait("cam", frames: 120))
        let ring = try bench.recorder.camera("cam").ring
        let start = try #require(ring.range).lowerBound
        let instants = (0..<20).map { WallTime(microseconds: start.microseconds + $0 * 150_000) }
        let before = try instants.map {
            try RecorderBench.number(bench.snap(["cam"], at: $0)[0].picture)
        }
        try bench.reopen()
        let after = try instants.map {
            try RecorderBench.number(bench.snap(["cam"], at: $0)[0].picture)
        }
        #expect(before == after)
        #expect(!before.contains(nil))
        try bench.close()
    }

    @Test func `the stored stream decodes to the same picture`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:h264?size=256x144&fps=25&gop=50&bf=2")
        try #require(try bench.wait("cam", frames: 100))
        let answer = try bench.snap(["cam"])[0]
        let id = try #require(answer.receipt.leaf.recordID("clip"))
        let stream = try bench.log.payload(of: id)
        let record = try bench.log.record(id)
        #expect(record.leaf.kind == .clip)
        #expect(record.leaf.string("mime") == "video/mp4")
        #expect(stream.count == record.payloadBytes)
        // It is not in the way of who looks for pictures, but goes where its picture goes.
        let check = try Link(kind: "check", value: "QA/77")
        _ = try bench.log.link(
            answer.receipt.id, to: [check], reason: "late", by: TestLog.author)
        var query = Query()
        query.links = [Query.LinkKey(kind: "check", value: "QA/77")]
        #expect(try bench.log.find(query).hits.map(\.leaf.id) == [answer.receipt.id])
        query.streams = true
        #expect(Set(try bench.log.find(query).hits.map(\.leaf.id)) == [answer.receipt.id, id])
        #expect(String(decoding: stream[4..<8], as: UTF8.self) == "ftyp")
        try bench.close()
    }
}
