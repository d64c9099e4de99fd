import Base
import CameraSupport
import Foundation
import FragmentFormat
import HTTPClient
import Ingest
import Linux
import TestSupport
import Testing

/// HTTP cameras that behave, and all the ways in which they do not.
@Suite struct HTTPSourceTests {
    // It has nothing that changes.
    nonisolated(unsafe) private static let server = try? CameraServer([])

    private static func source(
        _ rest: String, server: CameraServer, hasty: Bool = false,
        shape: HTTPSource.Shape = .either, user: String? = nil, password: String = ""
    ) -> HTTPSource {
        var options = HTTPSource.Options()
        options.shape = shape
        options.picturesPerSecond = 50
        if hasty {
            options.stallMilliseconds = 700
            options.limits.answerMilliseconds = 300
            options.limits.connectMilliseconds = 300
        }
        let target = HTTPTarget(
            url: "http://127.0.0.1:\(server.httpPort)/\(rest)", user: user, password: password)
        return HTTPSource(target, clock: SystemClock(), options: options)
    }

    /// How the source failed; nil when it ended or was stopped.
    private static func verdict(
        _ source: HTTPSource, _ sink: RecordingSink, _ stop: StopSignal
    ) -> SourceFailure? {
        do throws(SourceFailure) {
            try source.run(into: sink, until: stop)
            return nil
        } catch {
            return error
        }
    }

    private static func isWhole(_ frame: RecordingSink.Frame) -> Bool {
        let bytes = frame.units.flatMap { $0 }
        var scanner = JPEGScanner()
        scanner.feed(bytes.span)
        return scanner.verdict == .whole && scanner.byteCount == bytes.count
    }

    @Test(arguments: [
        "snapshot.jpg", "snapshot.jpg?fault=nolength", "snapshot.jpg?fault=chunked",
        "snapshot.jpg?fault=badlen", "snapshot.jpg?fault=redirect", "video.mjpg",
        "video.mjpg?quirk=dashes",
        "video.mjpg?quirk=quotes", "video.mjpg?quirk=nolength", "video.mjpg?fault=badlen",
        "video.mjpg?fault=nolength",
    ])
    func `pictures come through whole`(path: String) throws {
        let server = try #require(Self.server)
        let stop = StopSignal()
        let sink = RecordingSink(until: 5, stop)
        #expect(Self.verdict(Self.source(path, server: server), sink, stop) == nil)
        #expect(sink.frames.count == 5 && sink.frames.allSatisfy(Self.isWhole))
        #expect(sink.formats == [StreamFormat(codec: .mjpeg, width: 64, height: 48)])
        #expect(sink.frames.allSatisfy { $0.isKey })
        let times = sink.frames.map(\.time.monotonic)
        #expect(times == times.sorted())
    }

    @Test(
        arguments: [
            ("401", .auth, .login), ("403", .auth, .login), ("404", .configuration, .path),
            ("500", .camera, .path), ("503", .camera, .path), ("hang", .camera, .reply),
            ("down", .camera, .reply), ("garbagehead", .configuration, .reply),
            ("hugehead", .camera, .reply),
            ("stall", .camera, .firstFrame), ("close", .camera, .firstFrame),
            ("reset", .camera, .firstFrame), ("trickle", .camera, .firstFrame),
            ("garbage", .camera, .codec), ("trunc", .camera, .codec),
            ("notjpeg", .configuration, .codec), ("huge", .camera, .codec),
        ] as [(String, GapCause, Rung)])
    func `each fault of a still has its own verdict`(
        fault: String, cause: GapCause, rung: Rung
    ) throws {
        let server = try #require(Self.server)
        let stop = StopSignal()
        let sink = RecordingSink(until: 5, stop)
        let source = Self.source("snapshot.jpg?fault=\(fault)", server: server, hasty: true)
        let verdict = Self.verdict(source, sink, stop)
        #expect(verdict?.cause == cause && verdict?.rung == rung, "\(String(describing: verdict))")
        #expect(sink.frames.count == 0)
    }

    @Test(
        arguments: [
            ("404", .configuration, .path), ("stall", .camera, .firstFrame),
            ("close", .camera, .firstFrame), ("reset", .camera, .firstFrame),
            ("trickle", .camera, .firstFrame), ("garbage", .camera, .codec),
            ("trunc", .camera, .codec), ("notjpeg", .camera, .codec), ("huge", .camera, .codec),
        ] as [(String, GapCause, Rung)])
    func `each fault of a stream has its own verdict`(
        fault: String, cause: GapCause, rung: Rung
    ) throws {
        let server = try #require(Self.server)
        let stop = StopSignal()
        let sink = RecordingSink(until: 5, stop)
        let source = Self.source("video.mjpg?fault=\(fault)", server: server, hasty: true)
        let verdict = Self.verdict(source, sink, stop)
        #expect(verdict?.cause == cause && verdict?.rung == rung, "\(String(describing: verdict))")
        #expect(sink.frames.count == 0)
    }

    @Test func `a stream that ends properly ends without a failure`() throws {
        let server = try #require(Self.server)
        let stop = StopSignal()
        let sink = RecordingSink(until: 100, stop)
        #expect(Self.verdict(Self.source("video.mjpg?frames=4", server: server), sink, stop) == nil)
        #expect(sink.frames.count == 4 && !stop.isRaised)
    }

    @Test func `broken pictures are dropped, and the next ones are not`() throws {
        let server = try #require(Self.server)
        let stop = StopSignal()
        let sink = RecordingSink(until: 100, stop)
        sink.dropsEnough = 3
        let path = "video.mjpg?fault=trunc&after=4&pace=0"
        #expect(Self.verdict(Self.source(path, server: server), sink, stop) == nil)
        #expect(sink.frames.count == 4 && sink.frames.allSatisfy(Self.isWhole))
        #expect(sink.drops.count >= 3 && sink.drops[0].hasPrefix("cut off"))
    }

    @Test func `a path that gives the other kind is refused when one kind is wanted`() throws {
        let server = try #require(Self.server)
        for (path, shape) in [("video.mjpg", HTTPSource.Shape.stills), ("snapshot.jpg", .stream)] {
            let stop = StopSignal()
            let sink = RecordingSink(until: 1, stop)
            let verdict = Self.verdict(
                Self.source(path, server: server, shape: shape), sink, stop)
            #expect(verdict?.cause == .configuration && verdict?.rung == .path)
        }
    }

    @Test(arguments: ["basic", "digest", "both"])
    func `log-in works, and a wrong password is told from a missing one`(scheme: String) throws {
        let server = try CameraServer(["--auth", scheme, "--password", "p@ss#1:"])
        for path in ["snapshot.jpg", "video.mjpg"] {
            let stop = StopSignal()
            let sink = RecordingSink(until: 3, stop)
            let good = Self.source(path, server: server, user: "admin", password: "p@ss#1:")
            #expect(Self.verdict(good, sink, stop) == nil && sink.frames.count == 3)
            for password in ["", "wrong-secret"] {
                let again = StopSignal()
                let bad = Self.source(
                    path, server: server, user: password.isEmpty ? nil : "admin",
                    password: password)
                let verdict = Self.verdict(bad, RecordingSink(until: 1, again), again)
                #expect(verdict?.cause == .auth && verdict?.rung == .login)
                #expect(verdict?.description.contains("secret") == false)
                #expect(verdict?.words.contains("refuses") == !password.isEmpty)
            }
        }
    }

    @Test func `a sink that is full ends the source with the disk's verdict`() throws {
        let server = try #require(Self.server)
        for path in ["snapshot.jpg", "video.mjpg"] {
            let stop = StopSignal()
            let sink = RecordingSink(until: 10, stop)
            sink.failsAt = 2
            let verdict = Self.verdict(Self.source(path, server: server), sink, stop)
            #expect(verdict?.cause == .disk && sink.frames.count == 2)
        }
    }

    @Test func `a source that is told to stop ends, whatever the camera does`() throws {
        let server = try #require(Self.server)
        for fault in ["hang", "stall", "trickle"] {
            let stop = StopSignal()
            let source = Self.source("snapshot.jpg?fault=\(fault)", server: server)
            let thread = Linux.Thread(name: "stopper") {
                pauseFor(milliseconds: 100)
                stop.raise()
            }
            #expect(Self.verdict(source, RecordingSink(until: 1, stop), stop) == nil)
            thread.join()
        }
    }

    /// The same against another server, where there is one.
    @Test func `the cameras of a farm come through`() throws {
        guard let path = RTSPFarm.path(for: "HTTP cameras of a farm") else { return }
        let farm = try RTSPFarm(path, ["--cams", "1"])
        for path in ["snapshot.jpg", "video.mjpg", "video.mjpg?quirk=dashes"] {
            let stop = StopSignal()
            let sink = RecordingSink(until: 3, stop)
            let target = HTTPTarget(url: "http://127.0.0.1:\(farm.http)/cam0/\(path)")
            let verdict = Self.verdict(HTTPSource(target, clock: SystemClock()), sink, stop)
            #expect(verdict == nil && sink.frames.allSatisfy(Self.isWhole))
        }
    }
}
