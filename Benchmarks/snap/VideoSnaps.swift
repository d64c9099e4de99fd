import AV
import Base
import BenchCameras
import BenchHarness
import Evidence
import EvidenceFormat
import FragmentFormat
import Glibc
import Ingest
import JPEG
import Linux
import Recorder

/// Snapshots of random instants of a video, from the asking until picture and bitstream are
/// durable, beside nothing but the decoding and the JPEG, and beside the command that people use.
struct VideoSnaps {
    let folder: WorkFolder
    let arguments: Arguments
    let gop: Int

    private static let camera = "press-1"
    private var seconds: Int { arguments.quick ? 4 : 8 }
    private var name: String { "H.264 GOP \(gop), 1080p" }

    init(_ folder: WorkFolder, _ arguments: Arguments, gop: Int) {
        self.folder = folder
        self.arguments = arguments
        self.gop = gop
    }

    func run() throws {
        let path = folder.path + "/video"
        let bench = try BenchRecorder(path)
        defer { _ = try? removeTree(path) }
        let frames = seconds * 25
        let url = "test:h264?size=1920x1080&fps=25&gop=\(gop)&hurry=1&frames=\(frames)"
        try bench.add(Self.camera, url, ring: 256 << 20)
        try bench.wait(Self.camera, frames: UInt64(frames))
        try bench.switchOff(Self.camera)
        let ring = try bench.recorder.camera(Self.camera).ring
        guard let range = ring.range else { throw BenchFailure("the ring is empty") }
        // Its frames were made faster than they are shown.
        while bench.clock.now <= range.upperBound { pause(milliseconds: 50) }
        let segment = try self.segment(bench, range)
        var figures = Figures(
            name,
            [
                .init("p50 ms", unit: "ms", digits: 1, compared: true),
                .init("p99 ms", unit: "ms", digits: 1),
            ])
        let rounds = arguments.quick ? 1 : arguments.rounds
        var random = SeededRandom(seed: UInt64(gop))
        for _ in 0..<rounds {
            var times = Times(["ours"])
            for turn in 0..<(arguments.quick ? 4 : 20) {
                let bounds = range.lowerBound.microseconds...range.upperBound.microseconds
                let instant = WallTime(microseconds: Int64.random(in: bounds, using: &random))
                try once(bench, ring, instant, turn, &times)
                if let segment, !arguments.alone {
                    let frame = try nearest(ring, instant).wanted.instant
                    let offset = frame.microseconds - range.lowerBound.microseconds
                    try command(segment, (Double(offset) / 1e6).fixed(3), &times)
                }
            }
            times.add(to: &figures)
        }
        try bench.close()
        figures.print(arguments, bench: "snap")
    }

    /// Who begins has to wake the core up, so they take turns at that too.
    private func once(
        _ bench: BenchRecorder, _ ring: CameraRing, _ instant: WallTime, _ turn: Int,
        _ times: inout Times
    ) throws {
        let stretch = try nearest(ring, instant)
        if turn % 2 == 1 || arguments.alone {
            try times.measure("ours") { _ = try bench.snap(Self.camera, at: instant) }
        }
        if arguments.alone { return }
        var jpeg: [UInt8] = []
        try times.measure("decode and JPEG alone") { jpeg = try Bare.picture(of: stretch) }
        try times.measure("- pick and read") { _ = try nearest(ring, instant) }
        try times.measure("- commit both") {
            for payload in [stretch.file(clock: nil), jpeg] {
                _ = try bench.log.addSnapshot(
                    camera: "bare", instant: instant, Capture(), payload: payload.span,
                    by: BenchRecorder.author)
            }
        }
        if turn % 2 == 0 {
            try times.measure("ours") { _ = try bench.snap(Self.camera, at: instant) }
        }
    }

    private func command(_ segment: String, _ time: String, _ times: inout Times) throws {
        let out = folder.path + "/out.jpg"
        try times.measure("ffmpeg -ss, one frame") {
            let words = [
                "ffmpeg", "-nostdin", "-v", "error", "-y", "-ss", time, "-i", segment,
                "-frames:v", "1", out,
            ]
            guard Child.run(words) else { throw BenchFailure("ffmpeg failed at \(time)") }
        }
    }

    /// The same footage as an ordinary file with an index; nil without ffmpeg.
    private func segment(
        _ bench: BenchRecorder, _ range: ClosedRange<WallTime>
    ) throws -> String? {
        guard isInstalled("ffmpeg") else {
            say("ffmpeg is not installed: it is LEFT OUT", to: STDERR_FILENO)
            return nil
        }
        let clip = try bench.recorder.clip(
            ClipRequest(
                camera: Self.camera, from: range.lowerBound, to: range.upperBound,
                by: BenchRecorder.author))
        let (made, path) = (folder.path + "/clip.mp4", folder.path + "/segment.mp4")
        guard let file = fopen(made, "w"),
            fwrite(clip.bytes, 1, clip.bytes.count, file) == clip.bytes.count, fclose(file) == 0,
            Child.run([
                "ffmpeg", "-nostdin", "-v", "error", "-y", "-i", made, "-c", "copy", path,
            ])
        else { throw BenchFailure("no segment could be made of \(made)") }
        return path
    }
}

/// What a picture out of a video takes at the least: a decoder, the samples from the key frame on,
/// a JPEG of the same quality.
enum Bare {
    static func picture(of stretch: Stretch) throws -> [UInt8] {
        var decoder = try Decoder(
            stretch.format.codec, parameterSets: stretch.format.parameterSets)
        var packet = Packet()
        var frame = Frame()
        var offset = 0
        var wanted = 0
        for (number, sample) in stretch.samples.enumerated() {
            let end = offset + Int(sample.size)
            let bytes = stretch.media.span.extracting(offset..<end)
            try packet.fill(lengthPrefixed: bytes, presentation: Int64(number))
            try decoder.send(packet)
            // Asking once more than there are frames would empty the last one.
            while wanted < stretch.samples.count, try decoder.receive(into: &frame) { wanted += 1 }
            offset = end
        }
        try decoder.finish()
        while wanted < stretch.samples.count, try decoder.receive(into: &frame) { wanted += 1 }
        var encoder = try JPEGEncoder()
        let picture = YUVPicture(
            width: frame.width, height: frame.height, subsampling: .yuv420, y: frame.plane(0),
            u: frame.plane(1), v: frame.plane(2),
            strides: (frame.stride(0), frame.stride(1), frame.stride(2)),
            range: frame.isFullRange ? .full : .limited, matrix: frame.isBT709 ? .bt709 : .bt601)
        return try encoder.encode(picture, quality: FrameRenderer.usualQuality)
    }
}
