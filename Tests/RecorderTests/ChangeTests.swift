import Base
import Evidence
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

/// A camera that is being changed is busy, not lost: whoever asks meanwhile waits a little or is
/// told to ask again, and who looks on goes on afterwards.
@Suite(.serialized) struct ChangeTests {
    private func isBusy(_ body: () throws -> Void) -> Bool {
        do {
            try body()
            return false
        } catch { return (error as? Failure)?.kind == .busy }
    }

    @Test func `while a change takes long, every question is answered busy`() throws {
        let files = GatedFiles()
        let bench = try RecorderBench { $0.ringFiles = files }
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try #require(try bench.wait("cam", frames: 30))
        let recorder = bench.recorder
        let hub = LiveHub(recorder)
        let seat = try hub.look(at: "cam", .pictures) {}
        try #require(GapTruthTests.wait { try seat.take() != nil })
        // What the ring still has cannot be written, so the change does not end.
        files.set(.closed)
        pauseFor(milliseconds: 1500)
        var config = try recorder.book.camera("cam")
        config.name = "Another name"
        let changed = config
        let change = Linux.Thread(name: "change") {
            do throws(Failure) {
                try recorder.change(changed, credentials: nil, by: TestLog.author)
            } catch {
                Issue.record("\(error)")
            }
        }
        try #require(GapTruthTests.wait { isBusy { _ = try recorder.camera("cam") } })
        #expect(isBusy { _ = try bench.snap(["cam"]) })
        #expect(isBusy { _ = try hub.look(at: "cam", .pictures) {} })
        let now = bench.clock.now
        let request = ClipRequest(
            camera: "cam", from: now.adding(seconds: -3), to: now, by: TestLog.author)
        #expect(isBusy { _ = try recorder.clip(request) })
        // It is in the list as it was, and whoever waits long enough has it.
        #expect(recorder.all.map(\.config.name) == ["cam"])
        #expect(recorder.all.first?.report.status.state == .recording)
        files.set(.open)
        let found = try recorder.camera("cam", patienceMilliseconds: 60_000)
        #expect(found.config.name == "Another name")
        change.join()
        // Who looked on goes on, with the same camera's next frames.
        while try seat.take() != nil {}
        try #require(try bench.wait("cam", frames: 10))
        #expect(try GapTruthTests.wait { try seat.take() != nil })
        _ = try bench.snap(["cam"])
        try bench.close()
    }

    @Test func `a camera that connects for the first time is busy, one that failed is offline`()
        throws
    {
        let bench = try RecorderBench()
        // It takes the connection and says nothing.
        let silent = try LoopbackServer { _ in [.hang] }
        try bench.add("cam", "rtsp://127.0.0.1:\(silent.port)/live")
        let camera = try bench.recorder.camera("cam")
        try #require(GapTruthTests.wait { camera.report.status.state == .connecting })
        #expect(isBusy { _ = try bench.snap(["cam"], tolerance: 1000) })
        silent.end()
        try bench.add("dead", "rtsp://127.0.0.1:9/live")
        let dead = try bench.recorder.camera("dead")
        try #require(GapTruthTests.wait { dead.report.status.failure != nil })
        #expect(ShutterTests.refusal { _ = try bench.snap(["dead"], tolerance: 1000) } == .offline)
        try bench.close()
    }

    @Test func `pictures alone end where the camera begins to send video`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", "test:mjpeg?size=256x144&fps=20")
        try #require(try bench.wait("cam", frames: 10))
        let hub = LiveHub(bench.recorder)
        let seat = try hub.look(at: "cam", .pictures) {}
        var config = try bench.recorder.book.camera("cam")
        config.url = try CameraURL("test:h264?size=256x144&fps=20")
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        var kind: FailureKind?
        let ended = GapTruthTests.wait {
            do throws(Failure) {
                if let piece = try seat.take()?.piece {
                    #expect(piece.bytes.starts(with: [0xFF, 0xD8]))
                }
            } catch { kind = error.kind }
            return kind != nil
        }
        #expect(ended)
        #expect(kind == .unsupported)
        #expect(throws: Failure.self) { _ = try hub.look(at: "cam", .pictures) {} }
        try bench.close()
    }
}
