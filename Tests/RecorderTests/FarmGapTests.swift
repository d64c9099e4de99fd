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

/// Gaps over the faults of another camera server than our own: `PROOFREEL_TESTCAMS` is the path of
/// an `rtsp_farm.py`. Each of its frames carries the instant at which it was sent, so what is
/// recorded says itself when the gap was.
@Suite(.serialized) struct FarmGapTests {
    struct Fault: Sendable {
        let kind: String
        let cause: GapCause
        /// Connections that are there must be dropped for it to show.
        var kicks = false
        /// What the camera's state names later; nil for the same. A gap names what came first.
        var later: GapCause?
        var argument: String?
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
    ]
    private static let toleranceMicroseconds: Int64 = 1_000_000

    private final class Farm {
        private let process = Process()
        private(set) var rtsp = 0
        private var control = 0

        init(_ path: String, cameras: Int) throws {
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [
                "python3", path, "--port", "0", "--cams", "\(cameras)", "--profile",
                "h264:320x240:25:300:gop=5", "--max-seconds", "600",
            ]
            let pipe = Pipe()
            process.standardOutput = pipe
            try process.run()
            let line = pipe.fileHandleForReading.availableData
            let ports = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            rtsp = try #require(ports["rtsp"] as? Int)
            control = try #require(ports["control"] as? Int)
        }

        // What Foundation starts may have SIGTERM blocked.
        deinit { kill(process.processIdentifier, SIGKILL) }

        func ask(_ query: String) throws {
            _ = try HTTPAnswer.bytes(of: "http://127.0.0.1:\(control)/\(query)")
        }
    }

    /// When the frame of an instant was sent, as it says itself.
    private static func sent(_ ring: CameraRing, _ instant: WallTime) throws -> Int64? {
        let frame = try ring.frames(around: instant).first { $0.instant == instant }
        guard let frame, let loaded = try ring.load(frame.sequence) else { return nil }
        let text = String(decoding: loaded.bytes(of: frame), as: Unicode.ASCII.self)
        guard let match = text.firstMatch(of: /TCAM cam=\d+ n=\d+ idx=\d+ t=(\d+\.\d+)/) else {
            return nil
        }
        return Double(match.output.1).map { Int64($0 * 1e6) }
    }

    @Test func `every gap says what its frames say`() throws {
        guard let path = ProcessInfo.processInfo.environment["PROOFREEL_TESTCAMS"] else {
            print("SKIPPED: gaps of a farm. Set PROOFREEL_TESTCAMS to the path of rtsp_farm.py.")
            return
        }
        let farm = try Farm(path, cameras: Self.faults.count)
        let bench = try RecorderBench()
        for (i, fault) in Self.faults.enumerated() {
            let url = "rtsp://127.0.0.1:\(farm.rtsp)/cam\(i)"
            try bench.add("cam-\(fault.kind)", url, ring: 8 << 20)
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
            try #require(try GapTruthTests.wait { try !GapTruthTests.gaps(bench, id).isEmpty })
            let gaps = try GapTruthTests.gaps(bench, id)
            #expect(gaps.map { $0.string("cause") } == [fault.cause.rawValue], "\(fault.kind)")
            let gap = try #require(gaps.first)
            let (from, to) = (try #require(gap.time("from")), try #require(gap.time("to")))
            let last = try #require(try Self.sent(camera.ring, from), "\(fault.kind)")
            let first = try #require(try Self.sent(camera.ring, to), "\(fault.kind)")
            let errors = [
                from.microseconds - last, to.microseconds - first, last - begins[i],
                min(0, first - end),
            ]
            #expect(
                errors.allSatisfy { abs($0) <= Self.toleranceMicroseconds },
                "\(fault.kind): \(errors) us off")
        }
        try bench.close()
    }
}
