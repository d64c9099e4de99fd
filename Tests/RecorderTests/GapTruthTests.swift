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

/// Every gap is a leaf, with its cause and its true beginning and end, to within a second of what
/// happened, and afterwards the camera records again. Nothing here depends on how fast anything is:
/// what is compared are recorded instants.
@Suite(.serialized) struct GapTruthTests {
    struct Fault: Sendable {
        let kind: String
        let argument: String?
        let cause: GapCause

        init(_ kind: String, _ cause: GapCause, argument: String? = nil) {
            (self.kind, self.argument, self.cause) = (kind, argument, cause)
        }
    }

    static let faults = [
        Fault("close", .camera), Fault("reset", .network), Fault("bye", .camera),
        Fault("401", .auth), Fault("403", .auth), Fault("404", .configuration),
        Fault("454", .camera), Fault("461", .configuration), Fault("500", .camera),
        Fault("503", .camera), Fault("down", .camera), Fault("hang", .camera),
        Fault("pause", .camera), Fault("trunc", .camera), Fault("loss", .camera, argument: "1"),
        Fault("nokey", .camera),
    ]
    private static let toleranceMicroseconds: Int64 = 1_000_000
    private static let pattern = "test:h264?size=256x144&fps=25&gop=5"

    static func wait(_ seconds: Int = 90, _ what: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<(seconds * 20) {
            if try what() { return true }
            pauseFor(milliseconds: 50)
        }
        return false
    }

    static func gaps(_ bench: RecorderBench, _ id: String) throws -> [Leaf] {
        try bench.log.leaves(.gap, ofCamera: id, from: .distantPast, limit: 100)
    }

    /// The gap as a whole: a long one may be told in pieces that touch.
    static func check(
        _ gaps: [Leaf], _ cause: GapCause, from: WallTime, to: WallTime, _ name: String
    ) throws {
        #expect(gaps.allSatisfy { $0.string("cause") == cause.rawValue }, "\(name): \(gaps)")
        let begin = try #require(gaps.compactMap { $0.time("from") }.min(), "\(name)")
        let end = try #require(gaps.compactMap { $0.time("to") }.max(), "\(name)")
        let errors = [begin.microseconds - from.microseconds, end.microseconds - to.microseconds]
        #expect(errors.allSatisfy { abs($0) <= toleranceMicroseconds }, "\(name): \(errors) us off")
    }

    @Test func `a fault of the camera or the network`() throws {
        let bench = try RecorderBench()
        let clip = try RTSPClip(
            "test:h264?size=256x144&hurry=1&frames=50&gop=5", in: bench.scratch)
        var servers: [CameraServer] = []
        for fault in Self.faults {
            let server = try CameraServer(["--video", clip.path])
            servers.append(server)
            try bench.add("cam-\(fault.kind)", server.url(), ring: 8 << 20)
        }
        for fault in Self.faults {
            try #require(try bench.wait("cam-\(fault.kind)", frames: 30), "\(fault.kind)")
        }
        for (fault, server) in zip(Self.faults, servers) {
            try server.control(fault: fault.kind, argument: fault.argument)
        }
        // A camera that only falls silent is given ten seconds before it counts as hanging.
        for fault in Self.faults {
            let report = try bench.recorder.camera("cam-\(fault.kind)").report
            let seen = Self.wait { report.status.failure?.cause == fault.cause }
            #expect(seen, "\(fault.kind): \(String(describing: report.status.failure))")
        }
        for server in servers { try server.control(fault: "") }
        for (fault, server) in zip(Self.faults, servers) {
            let id = "cam-\(fault.kind)"
            let ended = try Self.wait {
                try server.control().end != nil && !Self.gaps(bench, id).isEmpty
            }
            try #require(ended, "\(fault.kind) never ended")
            let truth = try server.control()
            let from = WallTime(microseconds: Int64((truth.begin ?? 0) * 1e6))
            let to = WallTime(microseconds: Int64((truth.end ?? 0) * 1e6))
            try Self.check(Self.gaps(bench, id), fault.cause, from: from, to: to, fault.kind)
            let frames = try bench.recorder.camera(id).report.status.frames
            #expect(try bench.wait(id, frames: frames + 10), "\(fault.kind) records no more")
        }
        try bench.close()
    }

    @Test func `a disk that fails, and one that falls behind`() throws {
        let files = GatedFiles()
        let bench = try RecorderBench { $0.ringFiles = files }
        try bench.add("cam", Self.pattern, ring: 8 << 20)
        try #require(try bench.wait("cam", frames: 50))
        let ring = try bench.recorder.camera("cam").ring
        var from = bench.clock.now
        files.set(.failing)
        try #require(Self.wait { ring.broken != nil })
        pauseFor(milliseconds: 2500)
        files.set(.open)
        var to = bench.clock.now
        try #require(Self.wait { ring.broken == nil })
        let frames = try bench.recorder.camera("cam").report.status.frames
        try #require(try bench.wait("cam", frames: frames + 50))
        let disk = try Self.gaps(bench, "cam")
        try Self.check(disk, .disk, from: from, to: to, "disk")

        files.set(.closed)
        let report = try bench.recorder.camera("cam").report
        try #require(Self.wait { report.status.dropped > 0 })
        from = bench.clock.now
        pauseFor(milliseconds: 3000)
        files.set(.open)
        to = bench.clock.now
        try #require(try Self.wait { try Self.gaps(bench, "cam").count > disk.count })
        let overload = Array(try Self.gaps(bench, "cam").dropFirst(disk.count))
        try Self.check(overload, .overload, from: from, to: to, "overload")
        try bench.close()
    }

    @Test func `a server that was not running, and a camera that was switched off`() throws {
        let bench = try RecorderBench()
        try bench.add("cam", Self.pattern, ring: 8 << 20)
        try #require(try bench.wait("cam", frames: 50))
        try bench.close()
        var from = bench.clock.now
        pauseFor(milliseconds: 1500)
        var to = bench.clock.now
        try bench.open()
        try #require(try Self.wait { try !Self.gaps(bench, "cam").isEmpty })
        try Self.check(Self.gaps(bench, "cam"), .restart, from: from, to: to, "restart")

        var config = try bench.recorder.book.camera("cam")
        config.isOn = false
        from = bench.clock.now
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        pauseFor(milliseconds: 1500)
        config.isOn = true
        to = bench.clock.now
        try bench.recorder.change(config, credentials: nil, by: TestLog.author)
        try #require(try Self.wait { try Self.gaps(bench, "cam").count > 1 })
        let gaps = Array(try Self.gaps(bench, "cam").dropFirst())
        try Self.check(gaps, .configuration, from: from, to: to, "configuration")
        try bench.close()
    }
}
