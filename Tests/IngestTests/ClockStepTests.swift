import Base
import FragmentFormat
import Linux
import TestSupport
import Testing

@testable import Ingest

/// Somebody sets the clock while a ring records. What a ring then gives for an instant is a frame
/// of just that instant, or nothing and a reason.
@Suite struct ClockStepTests {
    /// A ring on a clock whose history is known: what it showed, from when to when.
    private final class History {
        let bench: RingBench
        /// The last one goes on.
        var shown: [(from: WallTime, to: WallTime)] = []
        var from: WallTime
        /// How far instants near a step are nobody's: as long as no frame came there.
        var blur: Int64 = 50_000
        /// Of each frame that was sent: the monotonic clock.
        var sent: [UInt64] = []

        init(_ codec: Codec = .mjpeg) throws {
            bench = try RingBench(codec: codec)
            from = bench.clock.now
        }

        var now: WallTime { bench.clock.now }

        func send(_ count: Int, gop: Int = 1) throws {
            for _ in 0..<count {
                try bench.send(1, size: 3000, gop: gop)
                sent.append(bench.clock.monotonicNanoseconds)
                while bench.ring.writeNext() {}
            }
            bench.drain()
        }

        func step(_ seconds: Double) {
            shown.append((from, now))
            bench.clock.step(seconds: seconds)
            from = now
        }

        /// Nothing comes for a while.
        func wait(_ seconds: Double) {
            bench.clock.advance(seconds: seconds)
            blur = max(blur, Int64(seconds * 1e6) + 50_000)
        }

        func restart() throws {
            bench.filler.end()
            bench.drain()
            try bench.reopen()
            try bench.filler.begin(RingBench.format(.mjpeg))
        }

        /// What the clock should say to an instant; nil too near to where it was set.
        func word(_ instant: WallTime) -> String? {
            let all = shown + [(from, now)]
            let isNear = shown.indices.contains { i in
                [shown[i].to, all[i + 1].from].contains {
                    abs($0.microseconds - instant.microseconds) <= blur
                }
            }
            if isNear || abs(all[0].from.microseconds - instant.microseconds) <= blur { return nil }
            // A little ahead still means what comes next.
            if instant >= from, instant <= now.adding(seconds: 1) { return "now" }
            let older = shown.filter { $0.from <= instant && instant <= $0.to }
            if older.isEmpty, instant > now { return nil }
            if older.count > 1 { return "again" }
            return older.count == 1 ? "before" : "none"
        }

        static func name(_ word: ClockWord) -> String {
            switch word {
            case .asSetNow: "now"
            case .asSetBefore: "before"
            case .shownAgain: "again"
            case .neverShown, .expired: "none"
            }
        }

        /// Asks the ring for an instant and holds its answer against what happened.
        func check(_ instant: WallTime, _ comment: Comment) throws {
            let look = try bench.ring.look(at: instant)
            guard let word = word(instant) else { return }
            #expect(Self.name(look.word) == word, comment)
            guard word == "now" || word == "before" else {
                let count = look.frames.count
                #expect(count == 0, comment)
                return
            }
            let number = try #require(try bench.number(at: instant), comment)
            // Of all frames of that pass it is the nearest.
            let all = shown + [(from, now)]
            let pass =
                word == "now"
                ? all[all.count - 1]
                : all.first { pass in
                    pass.from <= instant && instant <= pass.to
                }
            let bounds = try #require(pass)
            let own = bench.sent.indices.filter { i in
                bench.sent[i].instant >= bounds.from && bench.sent[i].instant <= bounds.to
                    && passOf(i) == all.firstIndex { $0 == bounds }
            }
            let best = own.map { abs(bench.sent[$0].instant.microseconds - instant.microseconds) }
            let distance = abs(bench.sent[number].instant.microseconds - instant.microseconds)
            #expect(distance == best.min(), comment)
            guard case .asSetBefore(let moved?) = look.word else { return }
            let passed = Int64(bench.clock.monotonicNanoseconds - sent[number]) / 1000
            let instantNow = bench.sent[number].instant.microseconds + moved
            #expect(now.microseconds - instantNow == passed, comment)
        }

        /// Which pass a frame was sent in: how often the clock had been set before.
        var steps: [Int] = []
        func passOf(_ number: Int) -> Int { steps.firstIndex { number < $0 } ?? steps.count }
    }

    private func run(_ history: History, _ seconds: Double, _ gop: Int = 1) throws {
        history.steps.append(history.sent.count)
        history.step(seconds)
    }

    private func checkAll(_ history: History, _ comment: Comment = "") throws {
        let all = history.shown + [(history.from, history.now)]
        let low = all.map(\.from).min() ?? history.from
        let high = all.map(\.to).max() ?? history.now
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<60 {
            // Half of them where something was shown, because most may be far from all of it.
            let around = all[Int(random.next() % UInt64(all.count))]
            let (from, to) = random.next() % 2 == 0 ? around : (low, high)
            let span = UInt64(max(1, to.microseconds - from.microseconds))
            let instant = WallTime(microseconds: from.microseconds + Int64(random.next() % span))
            try history.check(instant, comment)
        }
    }

    @Test(arguments: [-10, 3600, -0.5, 0.25] as [Double])
    func `set once, in either direction`(seconds: Double) throws {
        let history = try History()
        try history.send(400)
        try run(history, seconds)
        try history.send(90)
        try checkAll(history)
        let newest = try #require(history.bench.ring.range).upperBound
        #expect(newest == history.now)
        // And before the disk has it all, and after a restart.
        try history.restart()
        try checkAll(history)
        try history.send(30)
        try checkAll(history)
    }

    @Test func `set again and again, while frames come and while none do, with restarts`() throws {
        var random = SeededRandom(seed: Effort.seed)
        for round in 0..<Effort.rounds(40) {
            let history = try History()
            try history.send(60)
            for _ in 0..<8 {
                switch random.next() % 4 {
                case 0: try history.restart()
                case 1: history.wait(Double(random.next() % 4))
                default: break
                }
                let seconds = Double(Int64(random.next() % 41) - 20) + 0.5
                try run(history, seconds)
                if random.next() % 3 == 0 { history.wait(Double(random.next() % 3)) }
                if random.next() % 3 == 0 { try history.restart() }
                try history.send(Int(random.next() % 80) + 1)
                try checkAll(history, "round \(round), \(Effort.replay)")
            }
        }
    }

    @Test func `what is asked between the step and the next frame is never an old frame`() throws {
        let history = try History()
        try history.send(400)
        try run(history, -10)
        let look = try history.bench.ring.look(at: history.now)
        let count = look.frames.count
        #expect(count == 0)
        #expect(look.word == .asSetNow)
        #expect(look.isFresh)
        #expect(!history.bench.ring.waitForFrame(at: history.now, milliseconds: 1))
        try history.send(1)
        #expect(try history.bench.ring.look(at: history.now).isFresh == false)
        #expect(try history.bench.number(at: history.now) == 400)
    }

    @Test func `in the middle of a group of pictures all of it is there, by one clock`() throws {
        let history = try History(.h264)
        try history.send(130, gop: 100)
        try run(history, -10)
        try history.send(20, gop: 100)
        let ring = history.bench.ring
        let frame = try #require(try ring.frames(around: history.now).last)
        let wanted = try ring.stretch(to: frame)
        let stretch = try #require(wanted)
        #expect(stretch.samples.count == 50)
        let instants = stretch.samples.map(\.instant)
        #expect(instants == instants.sorted())
        for (a, b) in zip(instants, instants.dropFirst()) {
            #expect(b.microseconds - a.microseconds == 40_000)
        }
        #expect(instants.last == history.now)
    }

    @Test func `the last fragment after a step is there after the end and a restart`() throws {
        for seconds in [-10.0, 3600] {
            let history = try History()
            try history.send(30)
            try run(history, seconds)
            try history.send(3)
            let newest = history.now
            try history.restart()
            let ring = history.bench.ring
            #expect(ring.range?.upperBound == newest)
            #expect(try history.bench.number(at: newest) == 32)
            #expect(
                ring.records(.distantPast...(.distantFuture)).reduce(0) { $0 + $1.frames } == 33)
        }
    }

    @Test func `a gap over a step is as long as it was, by the clock as it is then`() throws {
        for seconds in [-10.0, 3600] {
            let history = try History()
            try history.send(30)
            history.bench.report.interrupt(.network, "the connection broke")
            history.bench.clock.advance(seconds: 3)
            #expect(history.bench.report.status.lastFrame == history.now.adding(seconds: -3))
            try run(history, seconds)
            #expect(history.bench.report.status.lastFrame == history.now.adding(seconds: -3))
            history.bench.clock.advance(seconds: 4)
            try history.send(1)
            let holes = history.bench.report.takeHoles()
            #expect(holes.count == 1)
            let hole = try #require(holes.first)
            #expect(hole.to == history.now)
            #expect(hole.to.microseconds - hole.from.microseconds == 7_040_000)
            // A step alone is no gap.
            try run(history, -seconds)
            try history.send(30)
            #expect(history.bench.report.takeHoles().isEmpty)
        }
    }

    @Test func `over a start of the machine only what goes back is known to be set`() throws {
        let history = try History()
        try history.send(100)
        let first = history.bench.sent[10].instant
        history.bench.clock.advance(seconds: 60)
        history.bench.clock.reboot()
        try history.restart()
        try history.send(50)
        #expect(history.bench.ring.state.withLock { $0.index.passes.count } == 1)
        #expect(try history.bench.number(at: first) == 10)
        #expect(try history.bench.number(at: history.now) == 149)
        // The battery of its clock is empty.
        history.bench.clock.step(seconds: -1000)
        history.bench.clock.reboot()
        try history.restart()
        try history.send(50)
        #expect(history.bench.ring.state.withLock { $0.index.passes.count } == 2)
        #expect(try history.bench.number(at: history.now) == 199)
        #expect(try history.bench.number(at: first) == 10)
        #expect(try history.bench.ring.look(at: first).word == .asSetBefore(moved: nil))
        let between = history.now.adding(seconds: 2)
        #expect(try history.bench.ring.look(at: between).frames.last?.instant == history.now)
    }

    @Test func `footage ages by the time that passes, however the clock is set`() throws {
        let history = try History()
        try history.send(100)
        try run(history, 3600)
        try history.send(100)
        let ring = history.bench.ring
        func frames() -> UInt32 {
            ring.records(.distantPast...(.distantFuture)).reduce(0) { $0 + $1.frames }
        }
        history.bench.filler.end()
        history.bench.drain()
        ring.expire(before: history.now.adding(seconds: -30))
        #expect(frames() == 200)
        try run(history, -7200)
        ring.expire(before: history.now.adding(seconds: -5))
        #expect(frames() < 200)
        history.bench.clock.advance(seconds: 6)
        ring.expire(before: history.now.adding(seconds: -5))
        #expect(frames() == 0)
    }

    @Test func `footage that the disk lost is told for each setting of the clock alone`() throws {
        let bench = try RingBench()
        let path = bench.scratch.path + "/broken.ring"
        let storage = FailingStorage(try RingFile(path, bytes: 8 << 20, RealFileSystem()))
        let ring = try CameraRing.open(
            camera: "cam", storage, bench.options, bell: Bell(), clock: bench.clock)
        bench.ring = ring
        bench.filler = RingFiller(ring, bench.report)
        try bench.filler.begin(RingBench.format(.mjpeg))
        storage.failure.withLock { $0 = Failure(.dataLoss, "the disk is broken") }
        try bench.send(60)
        bench.clock.step(seconds: -10)
        try bench.send(60)
        bench.filler.end()
        bench.drain()
        let lost = ring.takeLost()
        #expect(lost.count == 2)
        for hole in lost {
            let length = hole.to.microseconds - hole.from.microseconds
            #expect(length == 59 * 40_000)
        }
    }

    @Test func `a ring of the first version is read, and goes on`() throws {
        let history = try History()
        try history.send(60)
        history.bench.filler.end()
        history.bench.drain()
        let path = history.bench.scratch.path + "/cam.ring"
        let files = RealFileSystem()
        let (reader, writer) = (try files.open(path, .read), try files.open(path, .write))
        var bytes: [UInt8] = []
        var offset: UInt64 = 4096
        for record in history.bench.ring.records(.distantPast...(.distantFuture)) {
            try reader.read(at: offset, count: Int(record.fragmentOffset), into: &bytes)
            var old = Array(bytes[..<144])
            old[6] = UInt8(ascii: "1")
            old.appendLittleEndian(crc32c(0, old.span))
            old += bytes[RingRecord.byteCount..<(RingRecord.byteCount + Int(record.initLength))]
            old += [UInt8](repeating: 0, count: 16)
            try writer.write(old.span, at: offset)
            offset += UInt64(record.pages) * 4096
        }
        try history.bench.reopen()
        try history.bench.filler.begin(RingBench.format(.mjpeg))
        for (number, frame) in history.bench.sent.enumerated() {
            #expect(try history.bench.number(at: frame.instant) == number)
        }
        try history.send(60)
        for (number, frame) in history.bench.sent.enumerated() {
            #expect(try history.bench.number(at: frame.instant) == number)
        }
        #expect(history.bench.ring.state.withLock { $0.index.passes.count } == 1)
    }
}
