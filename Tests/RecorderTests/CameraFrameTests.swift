import Base
import CameraSupport
import Evidence
import EvidenceFormat
import FragmentFormat
import Ingest
import TestSupport
import Testing

@testable import Recorder

/// Which frame an answer shows, over the network: the camera says when it sent each frame, the
/// picture says which one it is. Each camera was reconnected, and two have a wrong clock.
@Suite(.serialized) struct CameraFrameTests {
    struct Kind {
        let id: String
        let pattern: String
        let clockSeconds: Int64
    }

    static let kinds = [
        Kind(id: "mjpeg", pattern: "test:mjpeg?size=256x144", clockSeconds: -10),
        Kind(id: "h264", pattern: "test:h264?size=256x144&gop=100&bf=2", clockSeconds: 10),
        Kind(id: "h265", pattern: "test:h265?size=256x144&gop=50", clockSeconds: 0),
    ]
    /// Of a clip, which is played again and again.
    static let clipFrames = 200
    static let rounds = Effort.isDeep ? 334 : Effort.rounds(36)

    /// The ring's frames, each with what the camera says of it. Both are in the order of sending.
    private static func truth(
        _ fragments: [LoadedFragment], _ sent: [CameraServer.SentFrame]
    ) throws -> FrameTruth {
        var streams: [[CameraServer.SentFrame]] = []
        for frame in sent {
            if streams.last?.last?.stream != frame.stream { streams.append([]) }
            streams[streams.count - 1].append(frame)
        }
        var frames: [FrameTruth.Frame] = []
        var (connection, place) = (-1, 0)
        for fragment in fragments {
            if fragment.beginsStream { (connection, place) = (connection + 1, 0) }
            for sample in fragment.head.samples {
                let frame = try #require(
                    streams.indices.contains(connection)
                        && streams[connection].indices.contains(place)
                        ? streams[connection][place] : nil)
                frames.append(
                    FrameTruth.Frame(
                        instant: sample.instant, number: frame.number % clipFrames,
                        place: frame.number, sent: frame.microseconds, connection: connection))
                place += 1
            }
        }
        return FrameTruth(frames: frames)
    }

    @Test func `after a reconnection, and with a camera's clock 10 s wrong`() throws {
        let bench = try RecorderBench()
        var servers: [CameraServer] = []
        for kind in Self.kinds {
            let clip = try RTSPClip(
                "\(kind.pattern)&fps=25&hurry=1&frames=\(Self.clipFrames)", in: bench.scratch,
                as: "\(kind.id).clip")
            let server = try CameraServer(["--video", clip.path, "--clock", "\(kind.clockSeconds)"])
            servers.append(server)
            try bench.add(kind.id, server.url())
        }
        for (kind, server) in zip(Self.kinds, servers) {
            try #require(try bench.wait(kind.id, frames: 300), "\(kind.id)")
            try server.control(fault: "close")
            let report = try bench.recorder.camera(kind.id).report
            try #require(GapTruthTests.wait { report.status.state == .failed }, "\(kind.id)")
            try server.control(fault: "")
        }
        for kind in Self.kinds {
            // 30 s ago must be in the ring, and the second connection well on its way.
            let camera = try bench.recorder.camera(kind.id)
            let isLong = GapTruthTests.wait {
                guard let range = camera.ring.range else { return false }
                return range.lowerBound < bench.clock.now.adding(seconds: -31)
                    && camera.report.status.frames >= 500
            }
            try #require(isLong, "\(kind.id)")
        }
        for (kind, server) in zip(Self.kinds, servers) {
            let answers = try FrameTruth.answers(bench, kind.id, rounds: Self.rounds)
            let leaf = try #require(try bench.snap([kind.id]).first).receipt.leaf
            let offset = try #require(leaf.int("cam_off_us"))
            #expect(abs(offset - kind.clockSeconds * 1_000_000) < 1_000_000, "\(kind.id)")
            let truth = try Self.truth(bench.fragments(of: kind.id), server.sentFrames())
            #expect(Set(truth.frames.map(\.connection)) == [0, 1], "\(kind.id)")
            truth.check(answers, kind.id)
            truth.checkInstants(framesPerSecond: 25, kind.id)
        }
        try bench.close()
    }
}
