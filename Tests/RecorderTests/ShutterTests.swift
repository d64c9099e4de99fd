import Base
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

@Suite(.serialized) struct ShutterTests {
    static func refusal(_ body: () throws -> Void) -> SnapRefusal? {
        do {
            try body()
            return nil
        } catch let failure as SnapFailure {
            return failure.refusal
        } catch {
            return nil
        }
    }

    @Test func `the same request id gets the same answer and makes one record`() throws {
        let bench = try RecorderBench()
        try bench.add("a", "test:mjpeg?size=256x144&fps=20")
        try bench.add("b", "test:h264?size=256x144&fps=20&gop=20")
        try bench.wait("a", frames: 30)
        try bench.wait("b", frames: 30)
        let first = try bench.snap(["a", "b"], request: "odoo-1")
        let size = bench.log.size
        var same = SnapRequest(cameras: ["a", "b"], by: TestLog.author)
        same.request = "odoo-1"
        let (recorder, asked) = (bench.recorder, same)
        let answers = try parallel(Array(0..<8)) { _ in try recorder.snap(asked) }
        for answer in answers {
            #expect(answer.map(\.receipt.id) == first.map(\.receipt.id))
            #expect(answer.map(\.picture) == first.map(\.picture))
            #expect(answer.allSatisfy { $0.receipt.repeated })
        }
        let more = (size..<bench.log.size).filter { index in
            (try? bench.log.leaf(at: index).kind) == .snapshot
        }
        #expect(more.isEmpty)
        #expect(throws: Failure.self) { _ = try bench.snap(["b"], request: "odoo-1/a") }
        try bench.close()
    }

    @Test func `several cameras are one shot, with their skew`() throws {
        let bench = try RecorderBench()
        try bench.add("a", "test:mjpeg?size=256x144&fps=20")
        try bench.add("b", "test:mjpeg?size=256x144&fps=7")
        try bench.wait("a", frames: 30)
        try bench.wait("b", frames: 12)
        let leaves = try bench.snap(["a", "b"]).map(\.receipt.leaf)
        #expect(Set(leaves.map { $0.string("shot") }).count == 1)
        let instants = leaves.compactMap { $0.time("t")?.microseconds }
        let skews = leaves.compactMap { $0.int("skew_us") }
        #expect(skews == instants.map { $0 - (instants.min() ?? 0) })
        // All or none: nothing is stored when one of them has no frame.
        let size = bench.log.size
        let refused = Self.refusal { _ = try bench.snap(["a", "nobody"]) }
        #expect(refused == .unknownCamera)
        let kinds = try (size..<bench.log.size).map { try bench.log.leaf(at: $0).kind }
        #expect(!kinds.contains(.snapshot))
        try bench.close()
    }

    @Test func `what cannot be answered is refused by its kind`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20&frames=60")
        try bench.wait("cam", frames: 60)
        let now = bench.clock.now
        func at(_ seconds: Int64) -> WallTime { now.adding(seconds: seconds) }
        #expect(Self.refusal { _ = try bench.snap(["nobody"]) } == .unknownCamera)
        #expect(Self.refusal { _ = try bench.snap(["cam"], at: at(-3600)) } == .expired)
        #expect(Self.refusal { _ = try bench.snap(["cam"], at: at(60)) } == .future)
        var config = try bench.recorder.book.camera("cam")
        config.isOn = false
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        pauseFor(milliseconds: 300)
        let off = Self.refusal { _ = try bench.snap(["cam"], tolerance: 100_000) }
        #expect(off == .cameraOff)
        // What it recorded before is still there.
        let range = try #require(try bench.recorder.camera("cam").ring.range)
        #expect(try bench.snap(["cam"], at: range.lowerBound).count == 1)
        try bench.close()
    }

    @Test func `a camera that cannot be reached is offline since its last frame`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "rtsp://127.0.0.1:9/none")
        pauseFor(milliseconds: 300)
        #expect(Self.refusal { _ = try bench.snap(["cam"]) } == .offline)
        let status = try bench.recorder.camera("cam").report.status
        #expect(status.failure?.rung == .port)
        #expect(status.state == .failed || status.state == .connecting)
        try bench.close()
    }

    @Test func `credentials are sealed, and never told`() throws {
        let bench = try RecorderBench()
        let url = try CameraURL("rtsp://auditor:p@ss#1@127.0.0.1:9/live")
        let config = try CameraConfig(id: "cam", name: "Cam", url: url, added: bench.clock.now)
        try bench.recorder.add(
            config, credentials: .init(user: url.user ?? "", password: url.password))
        let file = bench.scratch.path + "/cameras/cameras.json"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        #expect(!text.contains("p@ss#1"))
        #expect(!text.contains("auditor"))
        let kept = try bench.recorder.book.camera("cam")
        let open = try bench.recorder.book.openURL(of: kept)
        #expect(open.user == "auditor")
        #expect(open.password == "p@ss#1")
        pauseFor(milliseconds: 300)
        let failure = try bench.recorder.camera("cam").report.status.failure
        #expect(failure.map { !"\($0)".contains("p@ss") } ?? true)
        try bench.close()
    }
}
