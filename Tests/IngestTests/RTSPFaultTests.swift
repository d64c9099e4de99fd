import Base
import CameraSupport
import Ingest
import Linux
import TestSupport
import Testing

/// What cameras do wrong, and what becomes of it.
@Suite struct RTSPFaultTests {
    struct Fault: Sendable {
        let query: String
        let cause: GapCause
        let rung: Rung

        init(_ query: String, _ cause: GapCause, _ rung: Rung) {
            (self.query, self.cause, self.rung) = (query, cause, rung)
        }
    }

    static func impatient(_ options: inout RTSPSource.Options) {
        options.connectMilliseconds = 2500
        options.stallMilliseconds = 2500
        options.keyMilliseconds = 2500
    }

    static let early = [
        Fault("fault=401", .auth, .login), Fault("fault=403", .auth, .login),
        Fault("fault=404", .configuration, .path), Fault("fault=454", .camera, .path),
        Fault("fault=461", .configuration, .path), Fault("fault=500", .camera, .path),
        Fault("fault=503", .camera, .path), Fault("fault=down", .camera, .reply),
        Fault("udponly=1", .configuration, .path), Fault("fault=novideo", .camera, .path),
        Fault("fault=oddcodec", .camera, .codec),
    ]

    @Test(arguments: early)
    func `a camera that refuses is named for what it does`(_ fault: Fault) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?" + fault.query)
        #expect(outcome.failure?.cause == fault.cause)
        #expect(outcome.failure?.rung == fault.rung)
        #expect(outcome.failure?.remedy.isEmpty == false)
    }

    @Test(arguments: ["hang", "garbagehead", "hugehead", "badsdp"])
    func `a camera that talks nonsense or nothing ends in time`(_ fault: String) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?fault=\(fault)", Self.impatient)
        #expect(outcome.failure != nil)
        #expect(outcome.sink.frames.isEmpty)
    }

    @Test func `a redirect is followed`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?fault=redirect", until: 3)
        #expect(outcome.sink.frames.count == 3)
    }

    @Test func `nobody there, and no such name`() throws {
        let stop = StopSignal()
        let sink = RecordingSink(until: 1, stop)
        let closed = #expect(throws: SourceFailure.self) {
            try RTSPSource(CameraURL("rtsp://127.0.0.1:9/live")).run(into: sink, until: stop)
        }
        #expect(closed?.rung == .port)
        let nameless = #expect(throws: SourceFailure.self) {
            try RTSPSource(CameraURL("rtsp://no-such-camera.invalid/live"))
                .run(into: sink, until: stop)
        }
        #expect(nameless?.rung == .address)
    }

    @Test func `a camera that stops sending is found out`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=stall&after=5&pace=200"
        let outcome = try RTSPSourceTests.run(server, query, Self.impatient)
        #expect(outcome.failure?.cause == .camera)
        #expect(outcome.failure?.words.contains("stopped sending") == true)
        // The last one too, although nothing came after it.
        #expect(outcome.sink.frames.count == 5)
    }

    @Test func `a camera that never sends a key frame is named for it`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?fault=nokey", Self.impatient)
        #expect(outcome.failure?.rung == .keyframes)
        #expect(outcome.sink.frames.isEmpty)
    }

    @Test(
        arguments: [
            RTSPSourceTests.video, "test:h264?size=320x240&hurry=1&frames=60&gop=20&bf=2",
            "test:h264?size=320x240&hurry=1&frames=60&gop=20&slices=3",
            "test:h265?size=320x240&hurry=1&frames=60&gop=20",
        ])
    func `what needs a key frame that the camera left out is not handed on`(
        _ video: String
    ) throws {
        let folder = Scratch()
        let clip = try RTSPClip(video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=nokey&after=4&pace=100"
        let outcome = try RTSPSourceTests.run(server, query) { $0.stallMilliseconds = 2500 }
        let keys = clip.frames.indices.filter { clip.frames[$0].isKey }
        let second = try #require(keys.dropFirst().first)
        #expect(outcome.sink.frames.map(\.units) == clip.frames[..<second].map(\.units))
        #expect(outcome.failure?.cause == .camera)
        #expect(outcome.failure?.words.contains("needs a frame that was lost") == true)
    }

    @Test(arguments: ["close", "reset"])
    func `a connection that ends keeps what came before`(_ fault: String) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?fault=\(fault)&after=15&pace=100")
        if let failure = outcome.failure { #expect(failure.cause == .network) }
        #expect(outcome.sink.frames.count >= 14)
        for (frame, sent) in zip(outcome.sink.frames, clip.frames) {
            #expect(frame.units == sent.units)
        }
    }

    @Test func `a camera that hangs up before its first frame has failed`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?fault=close")
        #expect(outcome.failure?.rung == .firstFrame)
    }

    @Test func `key frames that never come whole are told from none at all`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=loss&arg=0.5&mtu=200&pace=100"
        let outcome = try RTSPSourceTests.run(server, query, Self.impatient)
        #expect(outcome.failure?.rung == .firstFrame)
        #expect(outcome.failure?.words.contains("packets were lost") == true)
    }

    @Test(arguments: ["loss", "trunc", "badrtp", "reorder"], RTSPSource.Transport.allCases)
    func `what comes damaged is dropped, and what is handed on is whole`(
        _ fault: String, _ transport: RTSPSource.Transport
    ) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=\(fault)&after=12&pace=200&mtu=200&frames=90&sr=0"
        let outcome = try RTSPSourceTests.run(server, query) {
            Self.impatient(&$0)
            $0.transport = transport
        }
        #expect(outcome.sink.frames.count >= 10)
        if fault == "trunc" || fault == "loss" { #expect(!outcome.sink.drops.isEmpty) }
        for frame in outcome.sink.frames {
            let number = Int(frame.time.media / 40_000) % clip.frames.count
            #expect(frame.units == clip.frames[number].units)
        }
    }

    @Test(arguments: ["garbage", "corrupt", "dup", "badlen", "burst", "bye"])
    func `nonsense in the stream is survived`(_ fault: String) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=\(fault)&after=12&pace=200&frames=60"
        let outcome = try RTSPSourceTests.run(server, query, Self.impatient)
        #expect(outcome.sink.frames.count >= 10)
    }

    @Test func `a frame without end is dropped at the limit`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=flood&after=5&pace=50"
        let outcome = try RTSPSourceTests.run(server, query) {
            // A busy machine takes its time with 12 MiB.
            $0.keyMilliseconds = 120_000
            $0.stallMilliseconds = 120_000
        } _: {
            $0.dropsEnough = 1
        }
        #expect(outcome.sink.frames.count == 5)
        #expect(outcome.sink.drops == ["it is larger than 8 MiB"])
    }

    @Test func `new parameter sets are announced before the frames that need them`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let other = try RTSPClip(
            "test:h264?size=640x480&hurry=1&frames=20&gop=10", in: folder, as: "other.clip")
        let server = try CameraServer(["--video", clip.path, "--other", other.path])
        let query = "/live?fault=paramchange&after=10&pace=100"
        let outcome = try RTSPSourceTests.run(server, query, until: 20)
        #expect(outcome.sink.formats == [clip.format, other.format])
        #expect(
            outcome.sink.frames.map(\.format) == [Int](repeating: 0, count: 10)
                + [Int](repeating: 1, count: 10))
    }

    @Test(arguments: ["nosprop", "wrongsprop"])
    func `parameter sets of the stream count, not those of the description`(
        _ fault: String
    ) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let other = try RTSPClip(
            "test:h264?size=640x480&hurry=1&frames=1", in: folder, as: "other.clip")
        let server = try CameraServer(["--video", clip.path, "--other", other.path])
        let outcome = try RTSPSourceTests.run(server, "/live?fault=\(fault)&pace=100", until: 5)
        #expect(outcome.sink.formats == [clip.format])
        #expect(outcome.sink.frames.count == 5)
    }

    @Test(arguments: ["tsjump&arg=3600", "tsjump&arg=-20", "seqjump&arg=1000", "seqjump&arg=7"])
    func `jumps of RTP counters leave no jump in media time`(_ fault: String) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?fault=\(fault)&after=5&pace=100"
        let outcome = try RTSPSourceTests.run(server, query, until: 40)
        let times = outcome.sink.frames.map(\.time.media)
        for (one, next) in zip(times, times.dropFirst()) {
            #expect(next > one && next - one < 10_000_000)
        }
    }

    @Test func `RTP counters may wrap around`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let query = "/live?seq=65530&time=4294960000&pace=100"
        let outcome = try RTSPSourceTests.run(server, query, until: 20)
        #expect(outcome.sink.frames.map(\.time.media) == (0..<20).map { $0 * 40_000 })
        #expect(outcome.sink.drops.isEmpty)
    }

    @Test func `a sink that fails ends the source with the sink's words`() throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let outcome = try RTSPSourceTests.run(server, "/live?pace=200") { _ in
        } _: {
            $0.failsAt = 7
        }
        #expect(outcome.failure?.cause == .disk)
        #expect(outcome.sink.frames.count == 7)
    }

    @Test(arguments: ["fault=hang", "fault=stall&after=3", "pace=25"])
    func `whoever is told to stop comes back`(_ query: String) throws {
        let folder = Scratch()
        let clip = try RTSPClip(RTSPSourceTests.video, in: folder)
        let server = try CameraServer(["--video", clip.path])
        let stop = StopSignal()
        let sink = RecordingSink(until: .max, stop)
        let thread = Linux.Thread(name: "stopper") {
            Linux.Thread.sleep(nanoseconds: 300_000_000)
            stop.raise()
        }
        // A minute's limits: only the signal can end it.
        var options = RTSPSource.Options()
        options.connectMilliseconds = 60_000
        options.stallMilliseconds = 60_000
        try RTSPSource(CameraURL(server.url("/live?" + query)), options: options)
            .run(into: sink, until: stop)
        thread.join()
    }
}
