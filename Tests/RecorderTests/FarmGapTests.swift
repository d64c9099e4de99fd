import Base
import CameraSupport
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

/// Gaps over the faults of another camera server than our own. Each of its frames carries the
/// instant at which it was sent, so what is recorded says itself when the gap was.
@Suite(.serialized) struct FarmGapTests {
    struct Fault: Sendable {
        let kind: String
        let cause: GapCause
        /// Connections that are there must be dropped for it to show.
        var kicks = false
        /// What the camera's state names later; nil for the same. A gap names what came first.
        var later: GapCause?
        var argument: String?
        /// Some frames come through all the same, or long after they were sent.
        var leaks = false
    }

    static let faults = [
        Fault(kind: "close", cause: .camera), Fault(kind: "reset", cause: .network),
        Fault(kind: "bye", cause: .camera), Fault(kind: "stall", cause: .camera),
        Fault(kind: "badrtp", cause: .camera),
        Fault(kind: "loss", cause: .camera, argument: "1"),
        Fault(kind: "401", cause: .auth, kicks: true),
        Fault(kind: "403", cause: .auth, kicks: true),
        Fault(kind: "404", cause: .configuration, kicks: true),
        Fault(kind: "454", cause: .camera, kicks: true),
        Fault(kind: "461", cause: .configuration, kicks: true),
        Fault(kind: "500", cause: .camera, kicks: true),
        Fault(kind: "503", cause: .camera, kicks: true),
        Fault(kind: "down", cause: .camera, kicks: true),
        Fault(kind: "hang", cause: .camera, kicks: true, later: .network),
        Fault(kind: "badsdp", cause: .camera, kicks: true),
        Fault(kind: "hugehdr", cause: .camera, kicks: true, later: .network),
        Fault(kind: "garbageresp", cause: .camera, kicks: true, later: .network),
        Fault(kind: "nokey", cause: .camera), Fault(kind: "garbage", cause: .camera, leaks: true),
        Fault(kind: "badlen", cause: .camera),
        Fault(kind: "trickle", cause: .camera, leaks: true),
    ]
    /// What frames survive, as they came.
    static let harmless = [
        "slow", "redirect", "nosprop", "dup", "reorder", "corrupt", "burst", "freeze",
        "paramchange", "tsjump", "seqjump", "nosr", "clockoff",
    ]
    private static let profile = "h264:320x240:25:300:gop=5"
    private static let toleranceMicroseconds: Int64 = 1_000_000

    /// When the frame of an instant was sent, as it says itself.
    private static func sent(_ ring: CameraRing, _ instant: WallTime) throws -> Int64? {
        let frame = try ring.frames(around: instant).first { $0.instant == instant }
        guard let frame, let loaded = try ring.load(frame.sequence) else { return nil }
        return FarmMark(in: loaded.bytes(of: frame))?.sent
    }

    @Test func `every gap says what its frames say`() throws {
        guard let path = RTSPFarm.path(for: "gaps of a farm") else { return }
        let farm = try RTSPFarm(
            path, ["--cams", "\(Self.faults.count)", "--profile", Self.profile])
        let bench = try RecorderBench()
        for (i, fault) in Self.faults.enumerated() {
            try bench.add("cam-\(fault.kind)", farm.url(i), ring: 8 << 20)
        }
        for fault in Self.faults {
            try #require(try bench.wait("cam-\(fault.kind)", frames: 50), "\(fault.kind)")
        }
        var begins: [Int64] = []
        for (i, fault) in Self.faults.enumerated() {
            begins.append(bench.clock.now.microseconds)
            let argument = fault.argument.map { "&arg=\($0)" } ?? ""
            try farm.ask("set?cam=\(i)&fault=\(fault.kind)\(argument)")
            if fault.kicks { try farm.ask("kick?cam=\(i)") }
        }
        for fault in Self.faults {
            let report = try bench.recorder.camera("cam-\(fault.kind)").report
            let seen = GapTruthTests.wait {
                report.status.failure?.cause == fault.later ?? fault.cause
            }
            #expect(seen, "\(fault.kind): \(String(describing: report.status.failure))")
        }
        let end = bench.clock.now.microseconds
        try farm.ask("clear?cam=all")
        for (i, fault) in Self.faults.enumerated() {
            let id = "cam-\(fault.kind)"
            let camera = try bench.recorder.camera(id)
            let goesOn = GapTruthTests.wait { camera.report.status.state == .recording }
            try #require(goesOn, "\(fault.kind) records no more")
            let isOver = try GapTruthTests.wait {
                try GapTruthTests.gaps(bench, id).last?.time("to")?.microseconds ?? 0 >= end
            }
            try #require(isOver, "\(fault.kind) has no gap to its end")
            let gaps = try GapTruthTests.gaps(bench, id)
            #expect(gaps.allSatisfy { $0.string("cause") == fault.cause.rawValue }, "\(fault.kind)")
            #expect(gaps.count == 1 || fault.leaks, "\(fault.kind): \(gaps)")
            let from = try #require(gaps.first?.time("from"))
            let to = try #require(gaps.last?.time("to"))
            let last = try #require(try Self.sent(camera.ring, from), "\(fault.kind)")
            let first = try #require(try Self.sent(camera.ring, to), "\(fault.kind)")
            var errors = [last - begins[i]]
            if !fault.leaks {
                errors += [
                    from.microseconds - last, to.microseconds - first, min(0, first - end),
                ]
            }
            #expect(
                errors.allSatisfy { abs($0) <= Self.toleranceMicroseconds },
                "\(fault.kind): \(errors) us off")
        }
        try bench.close()
    }

    @Test func `faults that frames survive leave no gap`() throws {
        guard let path = RTSPFarm.path(for: "harmless faults of a farm") else { return }
        let farm = try RTSPFarm(
            path,
            [
                "--cams", "\(Self.harmless.count)", "--profile", Self.profile, "--alt-profile",
                "h264:480x270:25:300:gop=5",
            ])
        // From the beginning, so that also connecting goes through what it does.
        for (i, kind) in Self.harmless.enumerated() {
            try farm.ask("set?cam=\(i)&fault=\(kind)")
        }
        let bench = try RecorderBench()
        for (i, kind) in Self.harmless.enumerated() {
            try bench.add("cam-\(kind)", farm.url(i), ring: 8 << 20)
        }
        for kind in Self.harmless {
            let camera = try bench.recorder.camera("cam-\(kind)")
            try #require(try bench.wait("cam-\(kind)", frames: 150), "\(kind)")
            #expect(camera.report.status.state == .recording, "\(kind)")
            let gaps = try GapTruthTests.gaps(bench, "cam-\(kind)")
            #expect(gaps.isEmpty, "\(kind): \(gaps)")
        }
        try bench.close()
    }
}
