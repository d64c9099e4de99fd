import Base
import BenchAllocations
import BenchHarness
import FragmentFormat
import Glibc
import Ingest
import Linux

/// A JPEG's way from the receiver's buffer into the open fragment, in pieces as libcurl hands them
/// over, against a bare memcpy of as many bytes; and what it allocates.
struct FillPath {
    let arguments: Arguments

    private static let frameBytes = 200 * 1024
    private static let pieceBytes = 16 * 1024
    /// A fragment of pictures ends with the one that makes it a mebibyte.
    private static let framesPerFragment = 6

    init(_ arguments: Arguments) { self.arguments = arguments }

    func run() throws {
        var figures = Figures(
            "200 KiB JPEG into a ring",
            [
                .init("GB/s", unit: "GB/s", digits: 1, compared: true),
                .init("allocations a frame", unit: "1", digits: 2),
                .init("allocations a fragment", unit: "1", digits: 0),
            ])
        let rounds = arguments.quick ? 1 : arguments.rounds
        let fragments = arguments.quick ? 40 : 160
        var random = SeededRandom(seed: 7)
        let picture = random.bytes(Self.frameBytes)
        for _ in 0..<rounds {
            figures.add("ours", try ours(picture, fragments))
            if !arguments.alone {
                figures.add("memcpy", [bare(picture, fragments), .nan, .nan])
            }
        }
        figures.print(arguments, bench: "ingest")
    }

    private func ours(_ picture: [UInt8], _ fragments: Int) throws -> [Double] {
        let clock = SystemClock()
        let disk = RingDisk(clock)
        defer { disk.close() }
        var options = RingOptions()
        options.bytes = 256 << 20
        let ring = try CameraRing.open(
            camera: "bench", Nowhere(), options, bell: disk.bell, clock: clock)
        disk.add(ring)
        defer { disk.remove(ring) }
        let report = CameraReport(clock)
        let filler = RingFiller(ring, report)
        try filler.begin(StreamFormat(codec: .mjpeg, width: 1920, height: 1080))
        var (inside, between, time) = (UInt64(0), UInt64(0), UInt64(0))
        let wall = clock.now
        // The first fragments touch fresh memory and are not counted.
        let warm = 8
        for fragment in 0..<(warm + fragments) {
            for position in 0..<Self.framesPerFragment {
                let media = Int64(fragment * Self.framesPerFragment + position) * 40_000
                let instant = FrameTime(
                    received: WallTime(microseconds: wall.microseconds + media),
                    monotonic: UInt64(media) * 1000 + 1_000_000_000, media: media)
                let (start, before) = (Meter.nanoseconds, allocations_of_this_thread())
                try fill(filler, instant, picture)
                let made = allocations_of_this_thread() - before
                guard fragment >= warm else { continue }
                time += Meter.nanoseconds - start
                // The first frame of a fragment closes the one before.
                if position == 0 { between += made } else { inside += made }
            }
            try waitForDisk(ring, fragment)
        }
        filler.end()
        guard report.status.dropped == 0 else { throw BenchFailure("the ring refused frames") }
        let frames = fragments * Self.framesPerFragment
        return [
            Double(frames * picture.count) / Double(time),
            Double(inside) / Double(frames - fragments), Double(between) / Double(fragments),
        ]
    }

    private func fill(
        _ filler: RingFiller, _ time: FrameTime, _ picture: [UInt8]
    ) throws(Failure) {
        try filler.startFrame(time)
        var at = 0
        while at < picture.count {
            let end = min(at + Self.pieceBytes, picture.count)
            try filler.add(picture.span.extracting(at..<end))
            at = end
        }
        try filler.endFrame(key: true)
    }

    /// Off the clock, so that no frame is refused because hashing is slower than copying.
    private func waitForDisk(_ ring: CameraRing, _ closed: Int) throws {
        for _ in 0..<5000 {
            if ring.stored(after: UInt64(max(0, closed - 1)), limit: 8).last?.sequence ?? 0
                >= UInt64(closed)
            {
                return
            }
            pause(milliseconds: 1)
        }
        throw BenchFailure("fragment \(closed) never reached the disk")
    }

    private func bare(_ picture: [UInt8], _ fragments: Int) -> Double {
        let size = Self.framesPerFragment * picture.count
        let buffers = (0..<3).map { _ in
            UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
        }
        defer { for buffer in buffers { buffer.deallocate() } }
        var time: UInt64 = 0
        for fragment in -3..<fragments {
            let buffer = buffers[(fragment + 3) % 3]
            let start = Meter.nanoseconds
            for position in 0..<Self.framesPerFragment {
                var at = 0
                while at < picture.count {
                    let end = min(at + Self.pieceBytes, picture.count)
                    picture.withUnsafeBytes {
                        buffer.advanced(by: position * picture.count + at)
                            .copyMemory(from: $0.baseAddress! + at, byteCount: end - at)
                    }
                    at = end
                }
            }
            if fragment >= 0 { time += Meter.nanoseconds - start }
        }
        return Double(fragments * size) / Double(time)
    }
}

/// A disk that takes everything and keeps nothing.
private final class Nowhere: RingStorage {
    let byteCount: UInt64 = 256 << 20
    func read(_ range: Range<UInt64>, into buffer: inout [UInt8]) throws(Failure) { buffer = [] }
    func write(_ pages: Span<UInt8>, at offset: UInt64) throws(Failure) {}
    func sync() throws(Failure) {}
    func resize(to bytes: UInt64) throws(Failure) {}
}
