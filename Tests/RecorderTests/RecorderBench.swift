import Base
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import JPEG
import Linux
import Store
import TestSupport

@testable import Recorder

/// A recorder on a log of its own, with test cameras that say in their pictures which frame it is.
final class RecorderBench {
    let scratch: Scratch
    let clock: any Clock
    private(set) var log: EvidenceLog
    private(set) var recorder: Recorder

    private let change: (inout Recorder.Options) -> Void

    init(
        clock: any Clock = SystemClock(),
        _ change: @escaping (inout Recorder.Options) -> Void = { _ in }
    ) throws {
        self.clock = clock
        scratch = Scratch()
        self.change = change
        (log, recorder) = try Self.open(scratch, clock, change)
    }

    private static func open(
        _ scratch: Scratch, _ clock: any Clock, _ change: (inout Recorder.Options) -> Void
    ) throws -> (EvidenceLog, Recorder) {
        let (log, _) = try TestLog.open(scratch.path, clock: clock)
        var options = Recorder.Options()
        options.freeBytesMin = 1 << 20
        change(&options)
        let recorder = try Recorder(
            dataDirectory: scratch.path, log: log, clock: clock, options: options)
        _ = recorder.start()
        return (log, recorder)
    }

    func close() throws {
        recorder.close()
        try log.close()
    }

    func reopen() throws {
        try close()
        try open()
    }

    /// After `close`.
    func open() throws {
        (log, recorder) = try Self.open(scratch, clock, change)
    }

    func add(_ id: String, _ url: String, ring: UInt64 = 32 << 20) throws {
        var config = try CameraConfig(
            id: id, name: id, url: try CameraURL(url), added: clock.now)
        config.ringBytes = ring
        try recorder.add(config, credentials: nil)
    }

    /// Waits for as many frames of a camera; false when they do not come.
    @discardableResult
    func wait(_ id: String, frames: UInt64, seconds: Int = 60) throws -> Bool {
        let camera = try recorder.camera(id)
        for _ in 0..<(seconds * 50) {
            if camera.report.status.frames >= frames { return true }
            pauseFor(milliseconds: 20)
        }
        return false
    }

    func snap(
        _ cameras: [String], at: WallTime? = nil, request: String? = nil, links: [Link] = [],
        tolerance: Int64 = 1_000_000, neighbours: Int = 1
    ) throws -> [SnapAnswer] {
        var wanted = SnapRequest(cameras: cameras, by: TestLog.author)
        wanted.at = at
        wanted.request = request
        wanted.links = links
        wanted.toleranceMicroseconds = tolerance
        wanted.neighbours = neighbours
        return try recorder.snap(wanted)
    }

    /// The frame that a picture shows, read from the picture itself.
    static func number(_ jpeg: [UInt8]) throws -> Int? {
        let grey = try GreyPicture(jpeg: jpeg.span, scale: .whole)
        let reading = PatternReader.read(
            width: grey.width, height: grey.height, stride: grey.width, grey.pixels.span)
        return reading.map { Int($0.frame) }
    }
}
