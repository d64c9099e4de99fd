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

/// Somebody sets the server's clock while cameras record. No picture is of another moment than the
/// one that was asked for, and what cannot be known is refused by its kind.
@Suite(.serialized) struct ClockStepTests {
    /// A camera whose pictures say which frame they are, on a clock that the test sets.
    private final class Work {
        let clock = SettableClock()
        let bench: RecorderBench
        let framesPerSecond = 25.0
        /// How far the clock was set since the start, after each step; seconds.
        var shifts: [Double] = [0]
        /// When the camera began, by the clock as it was set at first; from the first picture seen.
        private var offsets: [Double] = []

        init(_ url: String) throws {
            bench = try RecorderBench(clock: clock)
            try bench.add("cam", url)
        }

        func step(_ seconds: Double) {
            clock.step(seconds: seconds)
            shifts.append(shifts[shifts.count - 1] + seconds)
        }

        func wait(frames: UInt64) throws {
            let now = try bench.recorder.camera("cam").report.status.frames
            try #require(try bench.wait("cam", frames: now + frames))
        }

        /// Takes a picture and notes where its number lies on the line of time.
        @discardableResult
        func snap(at: WallTime? = nil, shift: Double? = nil) throws -> (leaf: Leaf, number: Int) {
            let answer = try #require(try bench.snap(["cam"], at: at, neighbours: 2).first)
            let leaf = answer.receipt.leaf
            let number = try #require(try RecorderBench.number(answer.picture))
            let instant = try #require(leaf.time("t"))
            let asked = try #require(leaf.time("asked"))
            #expect(leaf.int("dist_us") == instant.microseconds - asked.microseconds)
            let isOlder = Self.flags(leaf).contains("clock-set")
            let now = shifts[shifts.count - 1]
            let moved = shift ?? now
            #expect(isOlder == (moved != now))
            offsets.append(
                Double(instant.microseconds) - moved * 1e6 - Double(number) * 1e6 / framesPerSecond)
            return (leaf, number)
        }

        static func flags(_ leaf: Leaf) -> [String] {
            leaf.body["flags"]?.array?.compactMap(\.string) ?? []
        }

        func refusal(at: WallTime) -> SnapFailure? {
            do {
                _ = try bench.snap(["cam"], at: at)
                return nil
            } catch { return error as? SnapFailure }
        }

        /// All numbers lie on one line of the time that passed, each within half a frame.
        func checkLine() {
            let middle = offsets.sorted()[offsets.count / 2]
            let wrong = offsets.filter { abs($0 - middle) >= 5e5 / framesPerSecond }
            #expect(wrong.isEmpty, "off by \(wrong.map { Int(($0 - middle) / 1000) }) ms")
        }
    }

    static let urls = [
        "test:mjpeg?size=256x144&fps=25", "test:h264?size=256x144&fps=25&gop=50&bf=2",
    ]

    @Test(arguments: urls) func `set back, each picture is of its moment`(url: String) throws {
        let work = try Work(url)
        try work.wait(frames: 150)
        let start = try #require(try work.bench.recorder.camera("cam").ring.range).lowerBound
        let before = work.clock.now
        work.step(-3)
        let after = work.clock.now
        // At once, when no frame has come since, and then while they come.
        for _ in 0..<10 { try work.snap() }
        try work.wait(frames: 60)
        let now = work.clock.now
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(40) {
            try work.snap(at: WallTime(microseconds: now.microseconds - 200_000))
            // What the clock showed twice is meant as it is set now.
            let span = UInt64(now.microseconds - after.microseconds) - 100_000
            try work.snap(
                at: WallTime(
                    microseconds: after.microseconds + 100_000 + Int64(random.next() % span)))
            // Frames that came late have instants of shortly before the step.
            let old = UInt64(after.microseconds - start.microseconds) - 1_200_000
            try work.snap(
                at: WallTime(
                    microseconds: start.microseconds + 100_000 + Int64(random.next() % old)),
                shift: 0)
        }
        #expect(before > after)
        work.checkLine()
        try work.bench.close()
    }

    @Test(arguments: urls) func `set forward, what was never shown is refused`(url: String) throws {
        let work = try Work(url)
        try work.wait(frames: 60)
        let before = work.clock.now
        work.step(3600)
        let after = work.clock.now
        for _ in 0..<10 { try work.snap() }
        try work.wait(frames: 30)
        let never = try #require(work.refusal(at: before.adding(seconds: 1800)))
        #expect(never.refusal == .clockSet)
        let (from, to) = (try #require(never.from), try #require(never.to))
        #expect(abs(from.microseconds - before.microseconds) < 1_000_000)
        #expect(abs(to.microseconds - after.microseconds) < 1_000_000)
        try work.snap(at: WallTime(microseconds: before.microseconds - 500_000), shift: 0)
        try work.snap(at: WallTime(microseconds: work.clock.now.microseconds - 300_000))
        work.checkLine()
        #expect(work.refusal(at: work.clock.now.adding(seconds: 60))?.refusal == .future)
        try work.bench.close()
    }

    @Test func `back and forth, with a restart and while nothing comes`() throws {
        let work = try Work("test:mjpeg?size=256x144&fps=25")
        try work.wait(frames: 50)
        let first = work.clock.now
        for seconds in [-20.0, 50, -60, 25] {
            work.step(seconds)
            try work.wait(frames: 40)
            for _ in 0..<5 { try work.snap() }
        }
        // Only the clock as it was at first showed this.
        try work.snap(at: WallTime(microseconds: first.microseconds - 300_000), shift: 0)
        work.checkLine()
        let asked = (1...5).map {
            WallTime(microseconds: work.clock.now.microseconds - Int64($0) * 150_000)
        }
        let known = try asked.map { try work.snap(at: $0).number }
        try work.bench.close()
        // While the server was not running.
        work.step(-8)
        try work.bench.open()
        try work.wait(frames: 40)
        let again = try asked.map { try work.snap(at: $0, shift: -5).number }
        #expect(again == known)
        let gaps = try work.bench.log.leaves(.gap, ofCamera: "cam", from: .distantPast, limit: 9)
        #expect(gaps.map { $0.string("cause") } == ["restart"])
        let gap = try #require(gaps.first)
        let (from, to) = (try #require(gap.time("from")), try #require(gap.time("to")))
        #expect(from < to && to.microseconds - from.microseconds < 30_000_000)
        try work.bench.close()
    }

    @Test func `clips and parts have one clock, and a clip over a step is refused`() throws {
        let work = try Work("test:h264?size=256x144&fps=25&gop=50")
        try work.wait(frames: 120)
        let before = work.clock.now
        work.step(3600)
        let after = work.clock.now
        try work.wait(frames: 120)
        let recorder = work.bench.recorder
        func clip(_ from: WallTime, _ to: WallTime) throws -> ClipAnswer {
            try recorder.clip(ClipRequest(camera: "cam", from: from, to: to, by: TestLog.author))
        }
        let over = #expect(throws: SnapFailure.self) {
            _ = try clip(before.adding(seconds: -1), after.adding(seconds: 1))
        }
        #expect(over?.refusal == .clockSet)
        let never = #expect(throws: SnapFailure.self) {
            _ = try clip(before.adding(seconds: 60), before.adding(seconds: 120))
        }
        #expect(never?.refusal == .clockSet)
        let old = try clip(before.adding(seconds: -2), before).receipt.leaf
        // Its first key frame was before the step, and is there by the clock as it is now.
        let new = try clip(after, after.adding(seconds: 1)).receipt.leaf
        for (leaf, moment) in [(old, before), (new, after)] {
            let (from, to) = (try #require(leaf.time("t")), try #require(leaf.time("to")))
            #expect(from <= to && to.microseconds - from.microseconds < 8_000_000)
            #expect(abs(from.microseconds - moment.microseconds) < 8_000_000)
            #expect(leaf.body["parts"]?.array?.isEmpty == false)
        }
        #expect(Work.flags(old) == ["clock-set"])
        #expect(Work.flags(new) == [])
        try work.bench.close()
    }

    @Test func `who looks on live sees each next frame, whatever the clock shows`() throws {
        let work = try Work("test:mjpeg?size=256x144&fps=25")
        try work.wait(frames: 30)
        let hub = LiveHub(work.bench.recorder)
        let seat = try hub.look(at: "cam", .pictures) {}
        var last = -1
        for step in [0.0, -10, 3600, -3600] {
            work.step(step)
            var seen = 0
            while seen < 20 {
                guard let piece = try seat.take()?.piece else {
                    pauseFor(milliseconds: 10)
                    continue
                }
                let number = try #require(try RecorderBench.number(piece.bytes))
                #expect(number > last)
                last = number
                seen += 1
            }
        }
        try work.bench.close()
    }

    @Test func `parts never span a step, and gaps over one are as long as they were`() throws {
        let life = try LongRunTests.Life(pictureBytes: 2000)
        let start = life.clock.now
        for seconds in [0, -10, 3600, -1, -3000] as [Double] {
            life.clock.step(seconds: seconds)
            for _ in 0..<25 {
                try life.second()
                life.ledger.look()
            }
        }
        life.clock.step(seconds: -100)
        try life.fail()
        try life.second()
        life.clock.step(seconds: -7)
        try life.restart()
        try life.second()
        try life.end()
        let gaps = try LongRunTests.leaves(life, .gap)
        #expect(gaps.compactMap { $0.string("cause") } == ["camera", "restart"])
        let lengths = try gaps.map { gap in
            let (from, to) = (try #require(gap.time("from")), try #require(gap.time("to")))
            return to.microseconds - from.microseconds
        }
        #expect(lengths == [4_250_000, 5_250_000])
        #expect(gaps[1].time("to") == life.clock.now.adding(microseconds: -750_000))
        let parts = try LongRunTests.leaves(life, .part)
        var footage: Int64 = 0
        for part in parts {
            let (from, to) = (try #require(part.time("from")), try #require(part.time("to")))
            #expect(from <= to && to.microseconds - from.microseconds <= 10_000_000)
            footage += to.microseconds - from.microseconds
        }
        #expect(parts.first?.time("from") == start.adding(microseconds: 250_000))
        #expect(parts.compactMap { $0.int("n") } == Array(1...Int64(parts.count)))
        for (part, next) in zip(parts, parts.dropFirst()) {
            #expect(next.digest("prev") == part.hash)
        }
        // All of it, but for the quarter of a second between two fragments and what was missing.
        let pictures = Int64(life.pictures)
        #expect(footage == (pictures - Int64(parts.count)) * 250_000)
        life.ledger.end()
        try life.log.close()
    }
}

extension WallTime {
    fileprivate func adding(microseconds: Int64) -> WallTime {
        WallTime(microseconds: self.microseconds + microseconds)
    }
}
