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
    private static func has(_ program: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    private static func run(
        _ words: [String], in folder: String
    ) throws -> (code: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "60"] + words
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": folder, "TMPDIR": folder,
        ]
        let path = "\(folder)/said-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
        process.waitUntilExit()
        // Not with `Data(contentsOf:)`, which leaks a page for every empty file.
        let said = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

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

    @Test(.enabled(if: has("ffmpeg"), "SKIPPED: no ffmpeg here; install it with apt"))
    func `ffmpeg sees three cameras at once, with the password and not without`() throws {
        let plant = try Plant()
        let folder = plant.bench.server.scratch.path
        let paths = ["/cameras/mjpeg.mjpg", "/cameras/h264/live.mp4", "/cameras/hevc/live.mp4"]
        let urls = paths.map { plant.url($0) }
        let results = Monitor<[Int: (code: Int32, text: String)]>([:])
        try inParallel(paths.count) { i in
            let result = try Self.run(
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
            let refused = try Self.run(
                [
                    "ffmpeg", "-v", "error", "-i", plant.url(path, login: false), "-frames:v", "1",
                    "-f", "null", "-",
                ], in: folder)
            #expect(refused.code != 0 && refused.text.contains("401"), "\(refused.text)")
        }
        let still = try Self.run(
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
        .enabled(if: has("cvlc"), "SKIPPED: no VLC here; install vlc-bin and vlc-plugin-base"))
    func `VLC shows frames of both kinds of live view`() throws {
        let plant = try Plant()
        // It does not run as root, and writes what it sees into a folder of its own.
        let scratch = Scratch()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: scratch.path)
        let isRoot = geteuid() == 0
        for path in ["/cameras/mjpeg.mjpg", "/cameras/h264/live.mp4"] {
            let folder = "\(scratch.path)/\(path.filter(\.isLetter))"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o777], ofItemAtPath: folder)
            let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            let result = try Self.run(
                (isRoot ? user : []) + [
                    "cvlc", "-q", "--no-audio", "--vout", "dummy", "--video-filter", "scene",
                    "--scene-path", folder, "--scene-ratio", "1", "--scene-format", "png",
                    "--run-time", "4", plant.url(path), "vlc://quit",
                ], in: scratch.path)
            let frames = try FileManager.default.contentsOfDirectory(atPath: folder)
                .filter { $0.hasSuffix(".png") }
            #expect(frames.count > 10, "\(path): \(result.text)")
        }
        try plant.bench.close()
    }
}
