import Base
import CameraSupport
import FragmentFormat
import Ingest
import JPEG
import TestSupport
import Testing

@testable import Recorder

/// Which frame an answer shows, of another camera server than our own. Its frames say when they
/// were sent, its pictures which one of the clip they are.
@Suite(.serialized) struct FarmFrameTests {
    static let framesPerSecond = 25
    static let clipFrames = 250
    static let rounds = Effort.isDeep ? 334 : Effort.rounds(36)

    /// 40 cells across the top, white for 1: 1 0 1 0, a code of 8 bits, the frame's index of 20
    /// bits, and CRC-8 of code and index.
    static func index(_ jpeg: [UInt8]) throws -> Int? {
        let grey = try GreyPicture(jpeg: jpeg.span, scale: .whole)
        let rows = (grey.height / 160)..<max(grey.height / 160 + 1, grey.height / 40)
        var cells: UInt64 = 0
        for cell in 0..<40 {
            let (start, end) = (cell * grey.width / 40, (cell + 1) * grey.width / 40)
            let quarter = (end - start) / 4
            let columns = (start + quarter)..<(end - quarter)
            var sum = 0
            for row in rows {
                for column in columns { sum += Int(grey.pixels[row * grey.width + column]) }
            }
            cells = cells << 1 | (sum > 128 * rows.count * columns.count ? 1 : 0)
        }
        let code = UInt8(truncatingIfNeeded: cells >> 28)
        let index = Int(cells >> 8 & 0xFFFFF)
        var check: UInt8 = 0
        let bytes = [code] + [16, 8, 0].map { UInt8(truncatingIfNeeded: index >> $0) }
        for byte in bytes {
            check ^= byte
            for _ in 0..<8 { check = check & 0x80 != 0 ? check << 1 ^ 7 : check << 1 }
        }
        return cells >> 36 == 0b1010 && check == UInt8(truncatingIfNeeded: cells) ? index : nil
    }

    /// A key frame says which one it is; those after it follow by the stream's own times.
    private static func truth(_ fragments: [LoadedFragment]) throws -> FrameTruth {
        var frames: [FrameTruth.Frame] = []
        var (connection, start, key) = (-1, Int64(0), 0)
        for fragment in fragments {
            if fragment.beginsStream { connection += 1 }
            for (position, sample) in fragment.head.samples.enumerated() {
                let mark = try #require(FarmMark(in: fragment.bytes(at: position)))
                let shown = sample.decode + Int64(sample.composition)
                if sample.isKey { (start, key) = (shown, mark.frame) }
                let after = Double((shown - start) * Int64(framesPerSecond)) / 1e6
                let place = key + Int(after.rounded())
                // Sending and clip count from the same frame on.
                let first = mark.frame - mark.index
                frames.append(
                    FrameTruth.Frame(
                        instant: sample.instant, number: (place - first + clipFrames) % clipFrames,
                        place: place, sent: mark.sent, connection: connection))
            }
        }
        return FrameTruth(frames: frames)
    }

    @Test func `of a farm, after a reconnection and with a clock 10 s wrong`() throws {
        guard let path = RTSPFarm.path(for: "which frame of a farm") else { return }
        let farm = try RTSPFarm(
            path,
            [
                "--cams", "2", "--ntp-offset", "10", "--profile",
                "h264:320x240:25:300:gop=100:bf=2",
                "--profile", "h265:320x240:25:300:gop=50", "--http-profile",
                "mjpeg:320x240:25:1000",
            ])
        let urls = [
            "h264": farm.url(0), "h265": farm.url(1),
            "mjpeg": "http://127.0.0.1:\(farm.http)/cam0/video.mjpg",
        ]
        let bench = try RecorderBench()
        for (id, url) in urls { try bench.add(id, url) }
        for id in urls.keys { try #require(try bench.wait(id, frames: 300), "\(id)") }
        try farm.ask("set?cam=all&fault=close")
        for id in urls.keys {
            let report = try bench.recorder.camera(id).report
            try #require(GapTruthTests.wait { report.status.state == .failed }, "\(id)")
        }
        try farm.ask("clear?cam=all")
        for id in urls.keys {
            let camera = try bench.recorder.camera(id)
            let isLong = GapTruthTests.wait {
                guard let range = camera.ring.range else { return false }
                return range.lowerBound < bench.clock.now.adding(seconds: -31)
                    && camera.report.status.frames >= 500
            }
            try #require(isLong, "\(id)")
        }
        for id in urls.keys.sorted() {
            let answers = try FrameTruth.answers(
                bench, id, rounds: Self.rounds, read: Self.index)
            let truth = try Self.truth(bench.fragments(of: id))
            #expect(Set(truth.frames.map(\.connection)).count >= 2, "\(id)")
            truth.check(answers, id)
            truth.checkInstants(framesPerSecond: Double(Self.framesPerSecond), id)
        }
        try bench.close()
    }
}
