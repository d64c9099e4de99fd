import Access
import Base
import Foundation
import Ingest
import Linux
import Recorder
import ServerSupport
import TestSupport
import Testing
import Web

/// Real players as viewers, while the cameras are recorded.
@Suite(.serialized) struct PlayerTests {
    /// Three cameras, and somebody who may see them.
    private struct Plant {
        let bench: WebBench
        let token: String

        init() throws {
            bench = try WebBench()
            try bench.camera("mjpeg", "test:mjpeg?size=320x240&fps=25")
            try bench.camera("h264", "test:h264?size=320x240&fps=25&gop=10")
            try bench.camera("hevc", "test:h265?size=320x240&fps=25&gop=10")
            token = try bench.server.token([.auditor])
        }

        func url(_ path: String, login: Bool = true) -> String {
            "http://\(login ? "screen:\(token)@" : "")127.0.0.1:\(bench.port)\(path)"
        }
    }

    @Test(
        .enabled(if: Program.isInstalled("ffmpeg"), "SKIPPED: no ffmpeg here; install it with apt"))
    func `ffmpeg sees three cameras at once, with the password and not without`() throws {
        let plant = try Plant()
        let folder = plant.bench.server.scratch.path
        let paths = ["/cameras/mjpeg.mjpg", "/cameras/h264/live.mp4", "/cameras/hevc/live.mp4"]
        let urls = paths.map { plant.url($0) }
        let results = Monitor<[Int: (code: Int32, text: String)]>([:])
        try inParallel(paths.count) { i in
            let result = try Program.run(
                [
                    "ffmpeg", "-v", "error", "-i", urls[i], "-frames:v", "30", "-f", "framemd5",
                    "-",
                ], in: folder)
            results.withLock { $0[i] = result }
        }
        for (i, path) in paths.enumerated() {
            let result = try #require(results.withLock { $0[i] })
            let frames = result.text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(result.code == 0 && frames.count >= 30, "\(path): \(result.text)")
            // Different pictures: the cameras count.
            #expect(Set(frames.compactMap { $0.split(separator: ",").last }).count > 20)
        }
        for path in paths + ["/cameras/mjpeg.jpg"] {
            let refused = try Program.run(
                [
                    "ffmpeg", "-v", "error", "-i", plant.url(path, login: false), "-frames:v", "1",
                    "-f", "null", "-",
                ], in: folder)
            #expect(refused.code != 0 && refused.text.contains("401"), "\(refused.text)")
        }
        let still = try Program.run(
            [
                "ffmpeg", "-v", "error", "-i", plant.url("/cameras/h264.jpg"), "-f", "image2",
                "-vframes", "1", "-vf", "scale=1280:-1", "-y", "\(folder)/still.jpg",
            ], in: folder)
        #expect(still.code == 0, "\(still.text)")
        // They were recorded all the while.
        for id in ["mjpeg", "h264", "hevc"] {
            let camera = try plant.bench.server.recorder.camera(id)
            #expect(camera.report.status.state == .recording)
            #expect(camera.report.status.dropped == 0)
        }
        try plant.bench.close()
    }

    @Test(
        .enabled(
            if: Program.isInstalled("cvlc"),
            "SKIPPED: no VLC here; install vlc-bin and vlc-plugin-base"))
    func `VLC shows frames of both kinds of live view`() throws {
        let plant = try Plant()
        let scratch = Scratch()
        for path in ["/cameras/mjpeg.mjpg", "/cameras/h264/live.mp4"] {
            let seen = try Program.vlc(
                plant.url(path), ["--run-time", "4"], pictures: 11, in: scratch)
            #expect(seen.pictures.count > 10, "\(path): \(seen.text)")
        }
        try plant.bench.close()
    }
}
