import AV
import Base
import CameraSupport
import Ingest
import Linux
import TestSupport
import Testing

/// Against the camera of `tools/cameras`. Nothing here depends on how fast anything is, except that
/// time limits are short where a test waits for one.
@Suite struct RTSPSourceTests {
    struct Outcome {
        let sink: RecordingSink
        let failure: SourceFailure?
    }

    static let video = "test:h264?size=320x240&hurry=1&frames=30&gop=10"

    static func run(
        _ server: CameraServer, _ rest: String, credentials: String = "",
        until frames: Int = .max, _ change: (inout RTSPSource.Options) -> Void = { _ in },
        _ prepare: (RecordingSink) -> Void = { _ in }
    ) throws -> Outcome {
        var options = RTSPSource.Options()
        change(&options)
        let stop = StopSignal()
        let sink = RecordingSink(until: frames, stop)
        prepare(sink)
        let url = try CameraURL(server.url(rest, credentials: credentials))
        let source = RTSPSource(url, options: options)
        do throws(SourceFailure) {
            try source.run(into: sink, until: stop)
            return Outcome(sink: sink, failure: nil)
        } catch { return Outcome(sink: sink, failure: error) }
    }

    @Test(
        arguments: [
            video, "test:h265?size=320x240&hurry=1&frames=30&gop=10",
            "test:h264?size=320x240&hurry=1&frames=30&gop=15&bf=2",
        ], RTSPSource.Transport.allCases)
    func `every frame comes out as the camera sent it`(
        _ video: String, _ transport: RTSPSource.Transport
    ) throws {
        let folder = Scratch()
        let clip = try RTSPClip(video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try Self.run(server, "/live?pace=200", until: 60) { $0.transport = transport }
        #expect(outcome.failure == nil)
        #expect(outcome.sink.formats == [clip.format])
        #expect(outcome.sink.drops == [])
        for (n, frame) in outcome.sink.frames.enumerated() {
            let sent = clip.frames[n % clip.frames.count]
            #expect(frame.units == sent.units)
            #expect(frame.isKey == sent.isKey)
            // Times go on where the clip begins again; they count from the first frame's.
            let lap = Int64(n / clip.frames.count) * Int64(clip.frames.count) * 40_000
            #expect(
                frame.time.media
                    == sent.time.media + lap - clip.frames[0].time.media)
        }
    }

    @Test(arguments: RTSPSource.Transport.allCases)
    func `MJPEG shows the pictures that the camera sent`(
        _ transport: RTSPSource.Transport
    ) throws {
        let folder = Scratch()
        let clip = try RTSPClip("test:mjpeg?size=320x240&hurry=1&frames=10", in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try Self.run(server, "/live?pace=100", until: 20) { $0.transport = transport }
        #expect(outcome.sink.formats == [clip.format])
        for (n, frame) in outcome.sink.frames.enumerated() {
            #expect(try reading(jpeg: frame.units[0])?.frame == UInt32(n % 10))
        }
    }

    @Test func `a stream that is joined in the middle begins with its next key frame`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(Self.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try Self.run(server, "/live?pace=200&first=3", until: 5)
        #expect(outcome.sink.frames[0].isKey)
        #expect(outcome.sink.frames[0].units == clip.frames[10].units)
    }

    @Test(arguments: ["none", "basic", "digest", "both"])
    func `every way to log in, with any password`(_ way: String) throws {
        let folder = Scratch()
        let clip = try RTSPClip(Self.video, in: folder)
        let server = try CameraServer([
            "--video", clip.path, "--auth", way, "--password", "p@s#s/w:o?r%d ü",
        ])
        let url = CameraURL(
            scheme: .rtsp, user: "admin", password: "p@s#s/w:o?r%d ü", host: "127.0.0.1",
            port: server.rtspPort, rest: "/live?pace=200")
        let stop = StopSignal()
        let sink = RecordingSink(until: 3, stop)
        try RTSPSource(url).run(into: sink, until: stop)
        #expect(sink.frames.count == 3)
    }

    @Test func `wrong, missing and overlong credentials are told apart`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(Self.video, in: folder)
        let server = try CameraServer(["--video", clip.path, "--auth", "digest"])
        let wrong = try Self.run(server, "/live", credentials: "admin:hidden@").failure
        #expect(wrong?.cause == .auth)
        #expect(wrong?.rung == .login)
        #expect(wrong?.description.contains("hidden") == false)
        let none = try Self.run(server, "/live").failure
        #expect(none?.cause == .auth)
        #expect(none?.words != wrong?.words)
        let long = String(repeating: "#", count: 60)
        let overlong = try Self.run(server, "/live", credentials: "admin:\(long)@").failure
        #expect(overlong?.rung == .login)
        #expect(overlong?.cause == .configuration)
    }

    /// Key frames and others are cut into fragments, of which the last is short.
    static let fragmented = "/live?mtu=180&pace=200"

    @Test(arguments: ["h264", "h265"])
    func `once the stream is known, a frame is whole before the next begins`(
        _ codec: String
    ) throws {
        let folder = Scratch()
        let video = "test:\(codec)?size=320x240&hurry=1&frames=30&gop=10"
        let clip = try RTSPClip(video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try Self.run(server, Self.fragmented, until: 160)
        let frames = outcome.sink.frames
        #expect(outcome.sink.drops.isEmpty)
        for (n, frame) in frames.enumerated() {
            #expect(frame.units == clip.frames[n % 30].units)
        }
        // A last fragment that happens to be full does not say that it is the last.
        let early = zip(frames, frames.dropFirst()).suffix(60)
            .filter { $0.ended <= $1.time.monotonic }
        #expect(early.count >= 50)
    }

    @Test func `frames of several slices are whole, known or not`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(Self.video, in: folder)
        let other = try RTSPClip(
            "test:h264?size=320x240&hurry=1&frames=30&gop=10&slices=4", in: folder,
            as: "other.clip")
        // More slices, all of a sudden, after the guesses were trusted.
        let server = try CameraServer(["--video", clip.path, "--other", other.path])
        let query = Self.fragmented + "&fault=paramchange&after=100"
        let outcome = try Self.run(server, query, until: 180)
        let sent = Set(clip.frames.map(\.units) + other.frames.map(\.units))
        let cut = outcome.sink.frames.filter { !sent.contains($0.units) }
        // One at most goes wrong, and what follows it is dropped until the next key frame.
        #expect(cut.count <= 1)
        if !cut.isEmpty { #expect(!outcome.sink.drops.isEmpty) }
    }

    @Test func `the camera's clock comes along with each frame`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(Self.video, in: folder)
        let server = try CameraServer(["--video", clip.path, "--clock", "3600"])
        let outcome = try Self.run(server, "/live?sr=10", until: 20)
        for frame in outcome.sink.frames {
            let claim = try #require(frame.time.claim)
            // An hour, give or take what a busy machine needs.
            let ahead = claim.microseconds - frame.time.received.microseconds
            #expect(ahead > 1_800_000_000 && ahead < 5_400_000_000)
        }
        let steps = zip(outcome.sink.frames, outcome.sink.frames.dropFirst())
        for (one, next) in steps where next.time.media - one.time.media != 40_000 {
            Issue.record("RTP time runs evenly")
        }
        let silent = try Self.run(server, "/live?sr=0", until: 3)
        #expect(silent.sink.frames.allSatisfy { $0.time.claim == nil })
    }
}
