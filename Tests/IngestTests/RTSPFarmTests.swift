import Base
import CameraSupport
import Ingest
import Linux
import TestSupport
import Testing

/// Against another camera server than our own, if there is one: whatever it does, the source gets
/// on with it or ends with a verdict.
@Suite(.serialized) struct RTSPFarmTests {
    static let profiles = [
        "h264:320x240:25:300:gop=5", "h265:320x240:25:300:gop=10",
        "h264:320x240:25:300:gop=10:bf=2", "h264:320x240:25:300:gop=10:slices=3",
    ]
    /// Before there is a stream.
    static let refusals = [
        "401", "403", "404", "454", "461", "500", "503", "hang", "down", "badsdp", "hugehdr",
        "garbageresp",
    ]
    /// After half a second of stream.
    static let fatal = ["stall", "close", "reset", "garbage", "trickle", "badrtp", "nokey", "bye"]
    static let survived = [
        "none", "slow", "redirect", "nosprop", "dup", "nosr", "clockoff", "freeze", "tsjump",
        "burst", "paramchange", "seqjump", "corrupt", "loss", "reorder",
    ]

    private struct Outcome {
        let frames: Int
        let verdict: String?
    }

    private static func run(_ url: String) throws -> Outcome {
        let stop = StopSignal()
        let sink = RecordingSink(until: 60, stop)
        var options = RTSPSource.Options()
        options.connectMilliseconds = 5000
        options.stallMilliseconds = 3000
        options.keyMilliseconds = 3000
        let source = RTSPSource(try CameraURL(url), options: options)
        var verdict: String?
        do throws(SourceFailure) { try source.run(into: sink, until: stop) } catch {
            verdict = "\(error.cause): \(error)"
        }
        return Outcome(frames: sink.frames.count, verdict: verdict)
    }

    @Test(arguments: profiles)
    func `every fault has an end`(_ profile: String) throws {
        guard let path = RTSPFarm.path(for: "faults of a farm") else { return }
        let farm = try RTSPFarm(path, ["--cams", "1", "--profile", profile])
        let url = farm.url(0)
        let kinds = Self.refusals + Self.fatal + Self.survived
        let outcomes = Monitor<[String: Outcome]>([:])
        try inParallel(kinds.count) { i in
            let kind = kinds[i]
            let after = Self.refusals.contains(kind) ? "" : "&after=0.5"
            let query = kind == "none" ? "" : "?fault=\(kind)\(after)"
            let outcome = try Self.run(url + query)
            outcomes.withLock { $0[kind] = outcome }
        }
        let all = outcomes.withLock { $0 }
        for kind in Self.refusals {
            #expect(all[kind]?.frames == 0 && all[kind]?.verdict != nil, "\(kind): \(all)")
        }
        for kind in Self.fatal {
            let outcome = try #require(all[kind])
            #expect(0..<60 ~= outcome.frames, "\(kind): \(outcome)")
        }
        for kind in Self.survived {
            let outcome = try #require(all[kind])
            #expect(outcome.frames == 60 && outcome.verdict == nil, "\(kind): \(outcome)")
        }
    }
}
