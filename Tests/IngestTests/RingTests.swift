import Base
import Crypto
import FragmentFormat
import Linux
import TestSupport
import Testing

@testable import Ingest

/// A ring in a real file, filled with frames whose bytes say which they are.
final class RingBench {
    let scratch: Scratch
    let clock = ManualClock()
    let bell = Bell()
    var options = RingOptions()
    var ring: CameraRing
    var filler: RingFiller
    let report: CameraReport
    private(set) var sent: [(instant: WallTime, bytes: [UInt8])] = []

    init(codec: Codec = .mjpeg, bytes: UInt64 = 16 << 20) throws {
        scratch = Scratch()
        options.bytes = bytes
        options.fragmentBytes = 1 << 20
        report = CameraReport(clock)
        ring = try Self.open(scratch, options, bell, clock)
        filler = RingFiller(ring, report)
        try filler.begin(Self.format(codec))
    }

    static func format(_ codec: Codec) -> StreamFormat {
        StreamFormat(
            codec: codec, width: 64, height: 48,
            parameterSets: codec == .h264
                ? [[0x67, 0x42, 0, 0x1E, 1], [0x68, 0xCE, 0x38, 0x80]] : [])
    }

    static func open(
        _ scratch: Scratch, _ options: RingOptions, _ bell: Bell, _ clock: ManualClock
    ) throws -> CameraRing {
        let file = try RingFile(
            scratch.path + "/cam.ring", bytes: options.bytes, RealFileSystem())
        return try CameraRing.open(camera: "cam", file, options, bell: bell, clock: clock)
    }

    static func payload(_ number: Int, _ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 7), count: count)
        for i in 0..<8 { bytes[i] = UInt8(truncatingIfNeeded: number >> (8 * i)) }
        return bytes
    }

    /// 25 frames a second; `key` every `gop`.
    func send(_ count: Int, size: Int = 20_000, gop: Int = 1) throws {
        for _ in 0..<count {
            clock.advance(seconds: 0.04)
            let number = sent.count
            let time = FrameTime(
                received: clock.now, monotonic: clock.monotonicNanoseconds,
                media: Int64(number) * 40_000)
            let bytes = Self.payload(number, size)
            try filler.startFrame(time)
            try filler.add(bytes.span)
            try filler.endFrame(key: number % gop == 0)
            sent.append((clock.now, bytes))
        }
    }

    func drain() {
        while ring.writeNext() {}
        ring.syncWritten()
    }

    func reopen() throws {
        ring = try Self.open(scratch, options, bell, clock)
        filler = RingFiller(ring, report)
    }

    /// The number of the frame that the ring gives for an instant.
    func number(at instant: WallTime, prefix: Int = 0) throws -> Int? {
        let frames = try ring.frames(around: instant)
        let nearest = frames.min {
            abs($0.instant.microseconds - instant.microseconds)
                < abs($1.instant.microseconds - instant.microseconds)
        }
        guard let nearest, let loaded = try ring.load(nearest.sequence) else { return nil }
        let bytes = loaded.bytes(of: nearest)
        var number = 0
        for i in 0..<8 { number |= Int(bytes[prefix + i]) << (8 * i) }
        #expect(Array(bytes[prefix...]) == sent[number].bytes)
        #expect(nearest.instant == sent[number].instant)
        return number
    }
}

@Suite struct RingTests {
    @Test func `every instant gives its frame, in memory, waiting and on the disk`() throws {
        let bench = try RingBench()
        try bench.send(90)
        for (i, frame) in bench.sent.enumerated() {
            #expect(try bench.number(at: frame.instant) == i)
        }
        _ = bench.ring.writeNext()
        bench.drain()
        try bench.send(7)
        for (i, frame) in bench.sent.enumerated() {
            #expect(try bench.number(at: frame.instant) == i)
            let later = WallTime(microseconds: frame.instant.microseconds + 15_000)
            #expect(try bench.number(at: later) == i)
        }
    }

    @Test func `H.264 frames are length-prefixed and begin with a key frame`() throws {
        let bench = try RingBench(codec: .h264)
        try bench.send(100, gop: 50)
        bench.drain()
        for (i, frame) in bench.sent.enumerated() {
            #expect(try bench.number(at: frame.instant, prefix: 4) == i)
        }
        let records = bench.ring.records(WallTime.distantPast...WallTime.distantFuture)
        #expect(records.first?.beginsWithKey == true)
        #expect(records.filter(\.beginsWithKey).count == 2)
        // Fragments are bounded in time, so a crash costs no whole group of pictures.
        #expect(records.allSatisfy { $0.frames <= 26 })
    }

    @Test func `key frames that come between the seconds move whole into their fragment`() throws {
        let bench = try RingBench(codec: .h264)
        for _ in 0..<12 {
            try bench.send(10, gop: 17)
            bench.drain()
        }
        for (i, frame) in bench.sent.enumerated() {
            #expect(try bench.number(at: frame.instant, prefix: 4) == i)
        }
        let records = bench.ring.records(WallTime.distantPast...WallTime.distantFuture)
        #expect(records.filter(\.beginsWithKey).count == 7)
    }

    @Test func `the oldest footage goes first, and the rest stays right`() throws {
        let bench = try RingBench(bytes: 8 << 20)
        for _ in 0..<40 {
            try bench.send(20)
            bench.drain()
        }
        let range = try #require(bench.ring.range)
        #expect(range.lowerBound > bench.sent[0].instant)
        #expect(bench.ring.usedBytes <= 8 << 20)
        let held = bench.sent.indices.filter { bench.sent[$0].instant >= range.lowerBound }
        #expect(held.count > 200)
        for i in held { #expect(try bench.number(at: bench.sent[i].instant) == i) }
    }

    @Test func `a restart finds all that was written, also after many rounds`() throws {
        let bench = try RingBench(bytes: 8 << 20)
        for _ in 0..<40 {
            try bench.send(20)
            bench.drain()
        }
        let before = try #require(bench.ring.range)
        let last = bench.ring.records(before).last
        try bench.reopen()
        let after = try #require(bench.ring.range)
        #expect(after.lowerBound <= before.lowerBound)
        #expect(after.upperBound == last?.last)
        for (i, frame) in bench.sent.enumerated()
        where frame.instant >= before.lowerBound && frame.instant <= after.upperBound {
            #expect(try bench.number(at: frame.instant) == i)
        }
        // And it goes on.
        try bench.filler.begin(RingBench.format(.mjpeg))
        try bench.send(60)
        bench.drain()
        #expect(try bench.number(at: bench.sent[bench.sent.count - 30].instant) != nil)
    }

    @Test func `a torn record is dropped, the others stay`() throws {
        let bench = try RingBench()
        try bench.send(130)
        bench.drain()
        let records = bench.ring.records(WallTime.distantPast...WallTime.distantFuture)
        let path = bench.scratch.path + "/cam.ring"
        let file = try RealFileSystem().open(path, .write)
        let length = try file.length()
        // The last page of the newest record never reached the disk.
        try file.write([UInt8](repeating: 0, count: 4096).span, at: length - 8192)
        try bench.reopen()
        let kept = bench.ring.records(WallTime.distantPast...WallTime.distantFuture)
        #expect(kept.map(\.sequence) == records.dropLast().map(\.sequence))
    }

    @Test func `damage on the disk is named, never shown`() throws {
        let bench = try RingBench()
        try bench.send(300)
        bench.drain()
        let file = try RealFileSystem().open(bench.scratch.path + "/cam.ring", .write)
        try file.write([1, 2, 3].span, at: 4096 + 12_288 + 60_000)
        let failure = #expect(throws: Failure.self) {
            _ = try bench.number(at: bench.sent[3].instant)
        }
        #expect(failure?.kind == .corrupt)
    }

    @Test func `a disk that is behind costs frames, not memory`() throws {
        let bench = try RingBench()
        try bench.send(400)
        #expect(bench.report.status.dropped > 0)
        #expect(bench.report.status.lastDrop == "the disk is behind")
        bench.drain()
        let dropped = bench.report.status.dropped
        try bench.send(20)
        #expect(bench.report.status.dropped == dropped)
    }

    @Test func `a frame larger than a fragment is dropped and said`() throws {
        let bench = try RingBench()
        try bench.send(3)
        try bench.send(1, size: 2 << 20)
        try bench.send(3)
        #expect(bench.report.status.dropped == 1)
        #expect(bench.report.status.lastDrop?.contains("larger than") == true)
        #expect(try bench.number(at: bench.sent[5].instant) == 5)
    }

    @Test func `a ring gives space back and goes on`() throws {
        let bench = try RingBench(bytes: 16 << 20)
        for _ in 0..<60 {
            try bench.send(20)
            bench.drain()
        }
        try bench.ring.resize(to: 6 << 20)
        #expect(bench.ring.usedBytes <= 6 << 20)
        for _ in 0..<20 {
            try bench.send(20)
            bench.drain()
        }
        let range = try #require(bench.ring.range)
        for i in bench.sent.indices where bench.sent[i].instant >= range.lowerBound {
            #expect(try bench.number(at: bench.sent[i].instant) == i)
        }
    }
}
