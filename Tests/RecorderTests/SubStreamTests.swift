import Base
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

@Suite(.serialized) struct SubStreamTests {
    static func addSub(
        _ bench: RecorderBench, _ url: String, _ credentials: CameraBook.Credentials? = nil
    ) throws {
        var sub = try bench.recorder.book.camera("cam").sub(
            CameraURL(url), added: bench.clock.now)
        sub.ringBytes = 8 << 20
        try bench.recorder.add(sub: sub, credentials: credentials)
    }

    @Test func `both streams record, each with its own ring, parts and pictures`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try Self.addSub(bench, "test:mjpeg?size=128x80&fps=10")
        try #require(try bench.wait("cam", frames: 20))
        try #require(try bench.wait("cam/sub", frames: 20))
        let answers = try bench.snap(["cam", "cam/sub"])
        #expect(answers.map { $0.receipt.leaf.string("cam") } == ["cam", "cam/sub"])
        #expect(answers.map { $0.receipt.leaf.int("w") } == [256, 128])
        // A restart finds both again.
        try bench.reopen()
        try #require(try bench.wait("cam/sub", frames: 5))
        for id in ["cam", "cam/sub"] {
            let parts = try bench.log.leaves(.part, ofCamera: id, from: .distantPast, limit: 10)
            #expect(!parts.isEmpty)
        }
        // They go together.
        try bench.recorder.remove("cam")
        #expect(bench.recorder.all.isEmpty && bench.recorder.book.all.isEmpty)
        let rings = try FileManager.default.contentsOfDirectory(
            atPath: bench.scratch.path + "/rings")
        #expect(rings.isEmpty)
        try bench.close()
    }

    @Test func `a sub stream that is broken, off or gone leaves the main one alone`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try Self.addSub(bench, "rtsp://127.0.0.1:9/none")
        let main = try bench.recorder.camera("cam")
        try #require(try bench.wait("cam", frames: 20))
        #expect(ShutterTests.refusal { _ = try bench.snap(["cam/sub"]) } == .offline)
        var sub = try bench.recorder.book.camera("cam/sub")
        sub.isOn = false
        try bench.recorder.change(sub, credentials: nil, by: TestLog.author)
        try bench.recorder.remove("cam/sub")
        let frames = main.report.status.frames
        try #require(try bench.wait("cam", frames: frames + 10))
        // It was never so much as connected again.
        #expect(try bench.recorder.camera("cam") === main)
        #expect(main.report.status.connections == 1)
        #expect(bench.recorder.all.map(\.config.id) == ["cam"])
        try bench.close()
        try bench.reopen()
        let gaps = try bench.log.leaves(.gap, ofCamera: "cam", from: .distantPast, limit: 10)
        #expect(gaps.allSatisfy { $0.string("cause") == "restart" })
        try bench.close()
    }

    @Test func `its camera's password goes to the same host and to no other`() throws {
        let bench = try RecorderBench()
        let url = try CameraURL("rtsp://qa:p@ss#1@127.0.0.1:9/main")
        let config = try CameraConfig(id: "cam", name: "Cam", url: url, added: bench.clock.now)
        try bench.recorder.add(config, credentials: .init(user: "qa", password: "p@ss#1"))
        func open() throws -> CameraURL {
            try bench.recorder.book.openURL(of: try bench.recorder.book.camera("cam/sub"))
        }
        try Self.addSub(bench, "rtsp://127.0.0.1:9/small")
        #expect(try open().password == "p@ss#1")
        try bench.recorder.remove("cam/sub")
        try Self.addSub(bench, "rtsp://127.0.0.2:9/small")
        #expect(try open().user == nil)
        try bench.recorder.remove("cam/sub")
        try Self.addSub(bench, "rtsp://127.0.0.2:9/small", .init(user: "me", password: "x"))
        #expect(try open().user == "me")
        let text = try String(
            contentsOfFile: bench.scratch.path + "/cameras/cameras.json", encoding: .utf8)
        #expect(!text.contains("p@ss#1"))
        try bench.close()
    }

    @Test func `a sub stream belongs to a camera, and has none itself`() throws {
        let bench = try RecorderBench()
        #expect(throws: Failure.self) { try bench.add("none/sub", "test:mjpeg?size=128x80") }
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try Self.addSub(bench, "test:mjpeg?size=128x80")
        #expect(throws: Failure.self) { try Self.addSub(bench, "test:mjpeg?size=128x80") }
        let sub = try bench.recorder.book.camera("cam/sub")
        #expect(throws: Failure.self) {
            _ = try sub.sub(CameraURL("test:mjpeg"), added: bench.clock.now)
        }
        #expect(throws: Failure.self) { try CameraConfig.check(id: "/sub") }
        #expect(throws: Failure.self) { try CameraConfig.check(id: "a/other") }
        #expect(throws: Failure.self) { try CameraConfig.check(id: "a/sub/sub") }
        try bench.close()
    }
}
