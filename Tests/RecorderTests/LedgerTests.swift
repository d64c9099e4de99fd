import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import FragmentFormat
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

@Suite(.serialized) struct LedgerTests {
    @Test func `parts chain all footage, and a clip's fragments are theirs`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:h264?size=256x144&fps=25&gop=25")
        try #require(try bench.wait("cam", frames: 150))
        let camera = try bench.recorder.camera("cam")
        let now = bench.clock.now
        let request = ClipRequest(
            camera: "cam", from: now.adding(seconds: -3), to: now.adding(seconds: -1),
            by: TestLog.author)
        let clip = try bench.recorder.clip(request)
        let leaf = clip.receipt.leaf
        let parts = try bench.log.leaves(.part, ofCamera: "cam", from: .distantPast, limit: 100)
        #expect(parts.compactMap { $0.int("n") } == Array(1...Int64(parts.count)))
        var previous = Digest.zero
        for part in parts {
            #expect(part.digest("prev") == previous)
            previous = part.hash
        }
        // Each part's root follows from the fragments that the ring still has.
        let records = camera.ring.records(.distantPast...(.distantFuture))
        for part in parts {
            let from = UInt64(part.int("seq") ?? 0)
            let to = UInt64(part.int("seq_to") ?? 0)
            let own = records.filter { (from...to).contains($0.sequence) }
            let hashes = own.map { record in
                let entry = PartChain.entry(record)
                return Merkle.leafHash(entry.span)
            }
            #expect(part.digest("root") == Merkle.root(of: hashes))
            #expect(part.int("count") == Int64(own.count))
        }
        // The clip is init and fragments, byte for byte.
        let initLength = Int(leaf.int("init_len") ?? 0)
        let initHash = SHA256.hash(Array(clip.bytes[..<initLength]).span)
        #expect(leaf.digest("init") == initHash)
        var rest = Array(clip.bytes[initLength...])
        var frames = 0
        while !rest.isEmpty {
            let parsed = FragmentHead.parse(rest.span)
            let (head, length) = try #require(parsed)
            let whole = length + head.mediaBytes
            let hash = SHA256.hash(Array(rest[..<whole]).span)
            #expect(records.contains { $0.fragmentHash == hash })
            frames += head.samples.count
            rest.removeFirst(whole)
        }
        #expect(leaf.int("frames") == Int64(frames))
        #expect(leaf.body["parts"]?.array?.isEmpty == false)
        try bench.close()
    }

    @Test func `a restart leaves a gap with its cause, and the chain goes on`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try #require(try bench.wait("cam", frames: 40))
        let last = try #require(try bench.recorder.camera("cam").ring.range).upperBound
        try bench.reopen()
        try #require(try bench.wait("cam", frames: 40))
        try bench.close()
        try bench.reopen()
        let gaps = try bench.log.leaves(.gap, ofCamera: "cam", from: .distantPast, limit: 10)
        let gap = try #require(gaps.first)
        #expect(gap.string("cause") == "restart")
        let from = try #require(gap.time("from"))
        #expect(from >= last)
        #expect(try #require(gap.time("to")) > from)
        let parts = try bench.log.leaves(.part, ofCamera: "cam", from: .distantPast, limit: 100)
        #expect(parts.compactMap { $0.int("n") } == Array(1...Int64(parts.count)))
        try bench.close()
    }

    @Test func `switching off and on is a gap by configuration`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try #require(try bench.wait("cam", frames: 40))
        var config = try bench.recorder.book.camera("cam")
        config.isOn = false
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        #expect(try bench.recorder.camera("cam").report.status.state == .off)
        config.isOn = true
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        try #require(try bench.wait("cam", frames: 5))
        try bench.close()
        try bench.reopen()
        let gaps = try bench.log.leaves(.gap, ofCamera: "cam", from: .distantPast, limit: 10)
        #expect(gaps.contains { $0.string("cause") == "configuration" })
        try bench.close()
    }

    @Test func `a stream that breaks off is a gap of the camera's`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20&fail=30")
        // It comes back by itself, and fails again.
        try #require(try bench.wait("cam", frames: 65))
        try bench.close()
        try bench.reopen()
        let gaps = try bench.log.leaves(.gap, ofCamera: "cam", from: .distantPast, limit: 10)
        #expect(gaps.contains { $0.string("cause") == "camera" })
        try bench.close()
    }
}
