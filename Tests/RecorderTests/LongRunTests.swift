import Base
import Evidence
import EvidenceFormat
import Foundation
import FragmentFormat
import Linux
import TestSupport
import Testing

@testable import Ingest
@testable import Recorder

/// A camera's long life on a clock that the test moves: a small ring that is written round a
/// thousand times, with restarts and faults in between, and everything about it in a real log.
@Suite(.serialized) struct LongRunTests {
    /// One second of a simulated camera is four pictures, which are one fragment.
    static let picturesPerSecond = 4
    static let ringBytes: UInt64 = RingOptions.bytesMin

    final class Life {
        let scratch = Scratch()
        let clock = ManualClock()
        let log: EvidenceLog
        let pictureBytes: Int
        private(set) var ledger: Ledger
        private(set) var camera: Camera
        private var filler: RingFiller
        private(set) var pictures = 0
        private(set) var written: UInt64 = 0
        /// What was done to it, in order.
        private(set) var causes: [GapCause] = []

        init(pictureBytes: Int) throws {
            self.pictureBytes = pictureBytes
            (log, _) = try TestLog.open(scratch.path, clock: clock)
            ledger = Ledger(log, clock)
            (camera, filler) = try Self.open(scratch, clock, nil)
            try start()
        }

        private static func open(
            _ scratch: Scratch, _ clock: ManualClock, _ cause: GapCause?
        ) throws -> (Camera, RingFiller) {
            var options = RingOptions()
            options.bytes = ringBytes
            options.fragmentBytes = 2 << 20
            let file = try RingFile(
                scratch.path + "/cam.ring", bytes: ringBytes, RealFileSystem())
            let ring = try CameraRing.open(
                camera: "cam", file, options, bell: Bell(), clock: clock)
            let report = CameraReport(
                clock, recorded: ring.newest, because: cause.map { ($0, "restarted") })
            let config = try CameraConfig(
                id: "cam", name: "Cam", url: CameraURL("test:mjpeg"), added: clock.now)
            let camera = Camera(config, ring: ring, report: report, clock: clock) {
                () throws(SourceFailure) in
                try SourceMaker.make(config.url, [:], clock: clock)
            }
            return (camera, RingFiller(ring, report))
        }

        private func start() throws {
            try ledger.open(camera)
            try filler.begin(StreamFormat(codec: .mjpeg, width: 64, height: 48))
        }

        static func bytes(_ number: Int, _ count: Int) -> [UInt8] {
            var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count)
            for i in 0..<8 { bytes[i] = UInt8(truncatingIfNeeded: number >> (8 * i)) }
            return bytes
        }

        /// A second goes by.
        func second() throws {
            for _ in 0..<picturesPerSecond {
                clock.advance(seconds: 1 / Double(picturesPerSecond))
                let time = FrameTime(
                    received: clock.now, monotonic: clock.monotonicNanoseconds,
                    media: Int64(clock.monotonicNanoseconds / 1000))
                let picture = Self.bytes(pictures, pictureBytes)
                try filler.startFrame(time)
                try filler.add(picture.span)
                try filler.endFrame(key: true)
                pictures += 1
                written += UInt64(pictureBytes)
            }
            while camera.ring.writeNext() {}
        }

        /// The stream breaks, and comes back.
        func fail() throws {
            filler.end()
            camera.report.failed(
                SourceFailure(.camera, at: .firstFrame, "it hung up", remedy: "wait"))
            clock.advance(seconds: 4)
            causes.append(.camera)
            try filler.begin(StreamFormat(codec: .mjpeg, width: 64, height: 48))
        }

        func end() throws {
            filler.end()
            while camera.ring.writeNext() {}
            camera.ring.syncWritten()
            try ledger.commitNow("cam")
            ledger.close("cam")
        }

        func restart() throws {
            try end()
            clock.advance(seconds: 5)
            causes.append(.restart)
            (camera, filler) = try Self.open(scratch, clock, .restart)
            try start()
        }
    }

    /// Whether the picture that the ring gives for an instant is the one of that instant.
    static func check(_ life: Life, at instant: WallTime) throws {
        let frames = try life.camera.ring.frames(around: instant)
        let nearest = frames.min {
            abs($0.instant.microseconds - instant.microseconds)
                < abs($1.instant.microseconds - instant.microseconds)
        }
        let frame = try #require(nearest)
        let stretch = try #require(try life.camera.ring.stretch(to: frame))
        var number = 0
        for i in 0..<8 { number |= Int(stretch.media[i]) << (8 * i) }
        #expect(stretch.media == Life.bytes(number, life.pictureBytes))
        let isHeld = abs(frame.instant.microseconds - instant.microseconds) <= 250_000
        #expect(isHeld && number < life.pictures && number >= life.pictures - 400)
    }

    static func leaves(_ life: Life, _ kind: LeafKind) throws -> [Leaf] {
        var all: [Leaf] = []
        for index in 0..<life.log.size {
            let leaf = try life.log.leaf(at: index)
            if leaf.kind == kind { all.append(leaf) }
        }
        return all
    }

    @Test func `a ring that goes round a thousand times loses nothing that it does not tell of`()
        throws
    {
        // A day in a deep run, an hour and a bit with larger pictures else.
        let seconds = Effort.isDeep ? 86_400 : 4_100
        let life = try Life(pictureBytes: Effort.isDeep ? 14_000 : 260_000)
        for second in 1...seconds {
            try life.second()
            life.ledger.look()
            if second % (seconds / 10) == 0 { try life.restart() }
            if second % (seconds / 23) == 0 { try life.fail() }
            guard second % 100 == 0 else { continue }
            // All that is held is bounded, however long it has been going on.
            let ring = life.camera.ring
            let pages = Int(Self.ringBytes) / RingRecord.pageBytes
            #expect(ring.usedBytes <= Self.ringBytes)
            #expect(ring.records(.distantPast...(.distantFuture)).count <= pages)
            #expect(ring.state.withLock { $0.made } <= ring.options.pendingMax + 1)
            let range = try #require(ring.range)
            try Self.check(life, at: range.upperBound)
            try Self.check(life, at: range.lowerBound)
        }
        // What came after the last fault ends its gap.
        try life.second()
        try life.end()
        #expect(life.written >= 1000 * Self.ringBytes)
        #expect(life.camera.report.status.dropped == 0)

        let gaps = try Self.leaves(life, .gap)
        #expect(gaps.compactMap { $0.string("cause") } == life.causes.map(\.rawValue))
        let parts = try Self.leaves(life, .part)
        #expect(parts.compactMap { $0.int("n") } == Array(1...Int64(parts.count)))
        for (part, next) in zip(parts, parts.dropFirst()) {
            #expect(next.digest("prev") == part.hash)
            let skipped = (next.int("seq") ?? 0) - (part.int("seq_to") ?? 0) - 1
            // A start leaves out the sequences that a torn end could have had.
            #expect(skipped == 0 || skipped == 4)
            let (end, begin) = (try #require(part.time("to")), try #require(next.time("from")))
            let isTold = gaps.contains { $0.time("from") == end && $0.time("to") == begin }
            #expect(begin.microseconds - end.microseconds == 250_000 || isTold)
            #expect(begin > end)
        }
        life.ledger.end()
        try life.log.close()
    }
}
