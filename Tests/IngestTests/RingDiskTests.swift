import Base
import FragmentFormat
import Linux
import TestSupport
import Testing

@testable import Ingest

/// A real file whose writes and syncs can be made to fail.
final class FailingStorage: RingStorage {
    private let file: RingFile
    let failure = Monitor<Failure?>(nil)

    init(_ file: RingFile) { self.file = file }

    var byteCount: UInt64 { file.byteCount }
    func read(_ range: Range<UInt64>, into buffer: inout [UInt8]) throws(Failure) {
        try file.read(range, into: &buffer)
    }
    func write(_ pages: Span<UInt8>, at offset: UInt64) throws(Failure) {
        if let failure = failure.withLock({ $0 }) { throw failure }
        try file.write(pages, at: offset)
    }
    func sync() throws(Failure) { try file.sync() }
    func resize(to bytes: UInt64) throws(Failure) { try file.resize(to: bytes) }
}

@Suite struct RingDiskTests {
    private struct Filled {
        let scratch = Scratch()
        let clock = ManualClock()
        let storage: FailingStorage
        let ring: CameraRing
        let filler: RingFiller
        let report: CameraReport

        init() throws {
            var options = RingOptions()
            options.bytes = 8 << 20
            options.fragmentBytes = 1 << 20
            let path = scratch.path + "/cam.ring"
            let file = try RingFile(path, bytes: options.bytes, RealFileSystem())
            storage = FailingStorage(file)
            ring = try CameraRing.open(
                camera: "cam", storage, options, bell: Bell(), clock: clock)
            report = CameraReport(clock)
            filler = RingFiller(ring, report)
            try filler.begin(StreamFormat(codec: .mjpeg, width: 64, height: 48))
        }

        func send(_ count: Int) throws {
            let picture = [UInt8](repeating: 7, count: 10_000)
            for _ in 0..<count {
                clock.advance(seconds: 0.04)
                let time = FrameTime(
                    received: clock.now, monotonic: clock.monotonicNanoseconds,
                    media: Int64(clock.monotonicNanoseconds / 1000))
                try filler.startFrame(time)
                try filler.add(picture.span)
                try filler.endFrame(key: true)
            }
            while ring.writeNext() {}
        }
    }

    @Test func `what the disk does not take is a stretch with its cause, told once`() throws {
        let filled = try Filled()
        try filled.send(60)
        let good = try #require(filled.ring.records(.distantPast...(.distantFuture)).last)
        filled.storage.failure.withLock {
            $0 = Failure(.dataLoss, "the disk reported an error (EIO); check the disk")
        }
        for _ in 0..<4 { try filled.send(25) }
        #expect(filled.ring.broken?.kind == .dataLoss)
        let lost = filled.ring.takeLost()
        #expect(lost.count == 1)
        #expect(lost.first?.cause == .disk)
        #expect(try #require(lost.first).from > good.last)
        #expect(filled.ring.takeLost().isEmpty)
        // The newest frames are in memory all the same, and the older ones on the disk.
        let frames = try filled.ring.frames(around: filled.clock.now)
        #expect(frames.last?.instant == filled.clock.now)
        #expect(try filled.ring.load(good.sequence) != nil)
        // The disk is well again: so is the ring.
        filled.storage.failure.withLock { $0 = nil }
        try filled.send(60)
        #expect(filled.ring.broken == nil)
        #expect(filled.ring.takeLost().isEmpty)
        #expect(filled.report.status.dropped == 0)
    }

    @Test func `holes are told with the first cause, and end with the next frame`() throws {
        let filled = try Filled()
        try filled.send(10)
        let last = filled.clock.now
        filled.report.interrupt(.network, "the connection broke")
        filled.report.interrupt(.camera, "nothing answers")
        filled.clock.advance(seconds: 7)
        try filled.send(1)
        let hole = try #require(filled.report.takeHoles().first)
        #expect(hole.from == last)
        #expect(hole.to == filled.clock.now)
        #expect(hole.cause == .network)
        // A long silence is a hole although nobody broke anything.
        filled.clock.advance(seconds: 5)
        try filled.send(1)
        let silence = try #require(filled.report.takeHoles().first)
        #expect(silence.cause == .camera)
        try filled.send(50)
        #expect(filled.report.takeHoles().isEmpty)
    }
}
