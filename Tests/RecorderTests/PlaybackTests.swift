import Base
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

/// A clip plays as it is in other people's players: FFmpeg decodes every frame of it, each at its
/// time and with the number that it was recorded with.
@Suite(.serialized) struct PlaybackTests {
    static let isInstalled = ["ffmpeg", "ffprobe"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }
    static let width = 256
    static let height = 144

    /// What a command prints; it must not complain.
    static func output(_ words: [String], in folder: Scratch) throws -> Data {
        let (out, complaints) = (folder.path + "/out", folder.path + "/complaints")
        for path in [out, complaints] { try Data().write(to: URL(filePath: path)) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/" + words[0])
        process.arguments = Array(words.dropFirst())
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: out)
        process.standardError = FileHandle(forWritingAtPath: complaints)
        try process.run()
        process.waitUntilExit()
        // What its conversion to grey says of JPEG's range is not about the clip.
        let said = String(decoding: folder.bytes("complaints"), as: UTF8.self)
            .split(separator: "\n").filter { !$0.contains("swscaler") }
        #expect(process.terminationStatus == 0 && said.isEmpty, "\(words[0]): \(said)")
        return Data(folder.bytes("out"))
    }

    /// The numbers in the pictures, in the order in which they are shown.
    static func numbers(_ clip: String, in folder: Scratch) throws -> [Int?] {
        let pixels = [UInt8](
            try output(
                [
                    "ffmpeg", "-nostdin", "-v", "warning", "-i", clip, "-fps_mode", "passthrough",
                    "-f", "rawvideo", "-pix_fmt", "gray", "-",
                ], in: folder))
        let size = width * height
        return stride(from: 0, to: pixels.count, by: size).map { start in
            let picture = Array(pixels[start..<min(start + size, pixels.count)])
            let reading = PatternReader.read(
                width: width, height: height, stride: width, picture.span)
            return reading.map { Int($0.frame) }
        }
    }

    /// In microseconds, in the order in which they are shown.
    static func times(_ clip: String, in folder: Scratch) throws -> [Int64] {
        let text = try output(
            [
                "ffprobe", "-v", "warning", "-select_streams", "v", "-show_entries",
                "frame=pts_time", "-of", "csv=p=0", clip,
            ], in: folder)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { line in
            Double(line.prefix { $0 != "," }).map { Int64(($0 * 1e6).rounded()) }
        }
    }

    static let kinds = ["h264?gop=10", "h264?gop=25&bf=2", "h265?gop=10", "mjpeg?quality=90"]

    /// Two seconds of a test camera.
    struct Clip: Sendable {
        let bytes: [UInt8]
        let frames: Int

        /// As a file in a folder.
        func write(_ folder: Scratch) -> String {
            folder.write("clip.mp4", bytes)
            return folder.path + "/clip.mp4"
        }
    }

    /// One for each kind, recorded at the same time, for all players.
    private static let clips = Result {
        let bench = try RecorderBench()
        for (i, kind) in kinds.enumerated() {
            let url = "test:\(kind)&size=\(width)x\(height)&fps=25"
            try bench.add("cam-\(i)", url, ring: 8 << 20)
        }
        var clips: [String: Clip] = [:]
        for (i, kind) in kinds.enumerated() {
            try #require(try bench.wait("cam-\(i)", frames: 130))
            let now = bench.clock.now
            let clip = try bench.recorder.clip(
                ClipRequest(
                    camera: "cam-\(i)", from: now.adding(seconds: -3),
                    to: now.adding(seconds: -1), by: TestLog.author))
            let frames = Int(clip.receipt.leaf.int("frames") ?? 0)
            clips[kind] = Clip(bytes: clip.bytes, frames: frames)
        }
        try bench.close()
        return clips
    }

    static func clip(_ kind: String) throws -> Clip { try #require(try clips.get()[kind]) }

    @Test(
        .enabled(if: isInstalled, "ffmpeg and ffprobe are not installed: no clip was played"),
        arguments: kinds)
    func `every frame plays, with its number and its time`(_ kind: String) throws {
        let (folder, clip) = (Scratch(), try Self.clip(kind))
        let path = clip.write(folder)
        let numbers = try Self.numbers(path, in: folder)
        let first = try #require(numbers.first ?? nil)
        #expect(numbers.count == clip.frames)
        #expect(numbers == (0..<numbers.count).map { first + $0 })
        let times = try Self.times(path, in: folder)
        let start = try #require(times.first)
        // Frame n of the test camera is captured n / 25 s after its start.
        let expected = (0..<numbers.count).map { Int64($0) * 40_000 }
        #expect(times.count == expected.count)
        let errors = zip(times, expected).map { abs($0 - start - $1) }
        #expect(errors.max() ?? .max <= 1000, "\(times.prefix(10))")
    }
}
