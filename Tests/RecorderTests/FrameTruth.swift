import Base
import Evidence
import EvidenceFormat
import FragmentFormat
import Ingest
import TestSupport
import Testing

@testable import Recorder

/// Which frame each instant of a ring belongs to, as told by the camera that sent it, and what
/// follows for pictures that were taken of it.
struct FrameTruth {
    struct Frame {
        /// As the ring has it.
        let instant: WallTime
        /// The number in its picture.
        let number: Int
        /// Its place in the order of showing, without end, and when it was sent (microseconds of
        /// the wall clock), by the camera's own word.
        let place: Int
        let sent: Int64
        /// The connection that it came over.
        let connection: Int
    }

    /// A picture that was asked for, and the number that was read from it.
    struct Answer {
        /// Nil: now.
        let asked: WallTime?
        /// The newest frame of the ring before it was asked.
        let newest: WallTime
        let instant: WallTime
        let number: Int?
    }

    let frames: [Frame]

    /// Pictures of now, of 200 ms and 30 s ago, of both edges of the ring, and of any instant in it.
    static func answers(
        _ bench: RecorderBench, _ id: String, rounds: Int,
        read: ([UInt8]) throws -> Int? = RecorderBench.number
    ) throws -> [Answer] {
        let ring = try bench.recorder.camera(id).ring
        var random = SeededRandom(seed: Effort.seed)
        return try (0..<rounds).map { round in
            let range = try #require(ring.range)
            let now = bench.clock.now
            let span = range.upperBound.microseconds - range.lowerBound.microseconds
            let asked: WallTime? =
                switch round % 6 {
                case 0: nil
                case 1: WallTime(microseconds: now.microseconds - 200_000)
                case 2: now.adding(seconds: -30)
                case 3: range.lowerBound
                case 4: range.upperBound
                default:
                    WallTime(
                        microseconds: range.lowerBound.microseconds
                            + Int64(random.next() % UInt64(span)))
                }
            // Farther than usual, for the gap of a reconnection is in the ring as well.
            let answer = try #require(
                try bench.snap([id], at: asked, tolerance: 20_000_000, neighbours: 0).first)
            return Answer(
                asked: asked, newest: range.upperBound,
                instant: try #require(answer.receipt.leaf.time("t")),
                number: try read(answer.picture))
        }
    }

    func check(_ answers: [Answer], _ name: String) {
        var numbers: [WallTime: Set<Int>] = [:]
        for frame in frames { numbers[frame.instant, default: []].insert(frame.number) }
        for answer in answers {
            let shown = answer.number.map { numbers[answer.instant, default: []].contains($0) }
            #expect(shown == true, "\(name) shows another frame: \(answer); \(Effort.replay)")
            guard let asked = answer.asked else {
                #expect(answer.instant >= answer.newest, "\(name): \(answer)")
                continue
            }
            let distances = frames.map { abs($0.instant.microseconds - asked.microseconds) }
            #expect(
                abs(answer.instant.microseconds - asked.microseconds) == distances.min(),
                "\(name) has a nearer one: \(answer); \(Effort.replay)")
        }
    }

    /// That instants are the camera's own, to within half a frame at the least delay: a steady
    /// error of a whole frame is none of the way.
    func checkInstants(framesPerSecond: Double, _ name: String) {
        func shown(_ frame: Frame) -> Int64 { Int64(Double(frame.place) * 1e6 / framesPerSecond) }
        for connection in Set(frames.map(\.connection)) {
            let own = frames.filter { $0.connection == connection }
            let offset = own.map { $0.sent - shown($0) }.min() ?? 0
            let delays = own.map { $0.instant.microseconds - shown($0) - offset }
            let least = delays.min() ?? .max
            #expect(abs(Double(least)) < 5e5 / framesPerSecond, "\(name): \(least) us")
        }
    }
}

extension RecorderBench {
    /// Ends recording, so that what the ring has is all there is.
    func fragments(of id: String) throws -> [LoadedFragment] {
        var config = try recorder.book.camera(id)
        config.isOn = false
        try recorder.change(config, credentials: nil, by: TestLog.author)
        let ring = try recorder.camera(id).ring
        _ = GapTruthTests.wait {
            ring.stored(after: 0, limit: .max).map(\.last).max() ?? .distantPast
                >= ring.newest?.instant ?? .distantPast
        }
        return try ring.stored(after: 0, limit: .max).compactMap { try ring.load($0.sequence) }
    }
}
