import Base
import BenchCameras
import BenchHarness
import Evidence
import EvidenceFormat
import Glibc
import Ingest
import JPEG
import Linux
import Recorder

/// Snapshots of a camera whose frames are pictures already: nothing is decoded but for the flags,
/// so what counts beyond the disk is everything that we do. Beside it the least: the same bytes
/// appended to a file and synced.
struct IntraSnaps {
    let folder: WorkFolder
    let arguments: Arguments

    /// One that sends, slowly, for drawing and packing the test picture takes more than a snapshot;
    /// and one with a past of full rate, that was made in a hurry and is switched off.
    private static let live = "press-1"
    private static let past = "press-2"
    private static let picture = "test:mjpeg?size=1920x1080&quality=98"

    init(_ folder: WorkFolder, _ arguments: Arguments) {
        self.folder = folder
        self.arguments = arguments
    }

    func run() throws {
        let path = folder.path + "/intra"
        let bench = try BenchRecorder(path)
        defer { _ = try? removeTree(path) }
        let frames = arguments.quick ? 50 : 150
        let past = "\(Self.picture)&fps=25&hurry=1&frames=\(frames)"
        try bench.add(Self.past, past, ring: 256 << 20)
        try bench.wait(Self.past, frames: UInt64(frames))
        try bench.switchOff(Self.past)
        try bench.add(Self.live, "\(Self.picture)&fps=5", ring: 256 << 20)
        try bench.wait(Self.live, frames: 25)
        let name = try bench.snap(Self.live, at: nil).picture.count / 1024
        var figures = Figures(
            "MJPEG 1080p, \(name) KiB", [.init("p50 ms", unit: "ms"), .init("p99 ms", unit: "ms")])
        let rounds = arguments.quick ? 1 : arguments.rounds
        for _ in 0..<rounds { try round(bench, &figures) }
        try bench.close()
        figures.print(arguments, bench: "snap")
    }

    /// Takes each kind once, and again: the disk and the machine drift.
    private func round(_ bench: BenchRecorder, _ figures: inout Figures) throws {
        var random = SeededRandom(seed: 11)
        let file = folder.path + "/bare"
        let descriptor = open(file, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("\(file) could not be made") }
        defer {
            close(descriptor)
            unlink(file)
        }
        var times = Times()
        for _ in 0..<(arguments.quick ? 5 : 100) {
            try times.measure("live snapshot") { _ = try bench.snap(Self.live, at: nil) }
            let instant = try self.instant(bench, &random)
            try times.measure("past snapshot") { _ = try bench.snap(Self.past, at: instant) }
            if arguments.alone { continue }
            try split(bench, instant, descriptor, &times)
        }
        times.add(to: &figures)
    }

    private func instant(
        _ bench: BenchRecorder, _ random: inout SeededRandom
    ) throws -> WallTime {
        guard let range = try bench.recorder.camera(Self.past).ring.range else {
            throw BenchFailure("the ring is empty")
        }
        let bounds = range.lowerBound.microseconds...range.upperBound.microseconds
        return WallTime(microseconds: Int64.random(in: bounds, using: &random))
    }

    /// The same steps alone: where the time of a past snapshot goes.
    private func split(
        _ bench: BenchRecorder, _ instant: WallTime, _ descriptor: CInt, _ times: inout Times
    ) throws {
        let ring = try bench.recorder.camera(Self.past).ring
        var picture: [UInt8] = []
        try times.measure("- pick and read") {
            picture = try nearest(ring, instant).media
        }
        try times.measure("- small grey picture") {
            _ = try GreyPicture(jpeg: picture.span, scale: .quarter)
        }
        try times.measure("- commit") {
            _ = try bench.log.addSnapshot(
                camera: "bare", instant: instant, Capture(), payload: picture.span,
                by: BenchRecorder.author)
        }
        try times.measure("write and fdatasync") {
            guard write(descriptor, picture, picture.count) == picture.count,
                fdatasync(descriptor) == 0
            else { throw BenchFailure("the bare file could not be written") }
        }
    }
}

/// The stretch of the frame nearest to an instant.
func nearest(_ ring: CameraRing, _ instant: WallTime) throws -> Stretch {
    let frame = try ring.frames(around: instant).min {
        abs($0.instant.microseconds - instant.microseconds)
            < abs($1.instant.microseconds - instant.microseconds)
    }
    guard let frame, let stretch = try ring.stretch(to: frame) else {
        throw BenchFailure("the ring has no frame at \(instant)")
    }
    return stretch
}
