import Access
import Base
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

@Suite struct AccessTrailTests {
    private static let anna = Identity(.person, "anna", roles: [.operator])

    private func read(_ target: String, refusal: String? = nil) -> TrailEntry {
        TrailEntry(Self.anna, .read, target, peer: "10.0.0.1", refusal: refusal)
    }

    /// Batches only when asked to flush.
    private func slow(bytesMax: Int = 8 << 20) -> AccessTrail.Options {
        var options = AccessTrail.Options()
        options.batchMilliseconds = 3_600_000
        options.bytesMax = bytesMax
        return options
    }

    private func lines(_ log: EvidenceLog, _ query: TrailQuery = TrailQuery()) throws -> [TrailLine]
    {
        var lines: [TrailLine] = []
        try query.run(log) { line, _ in
            lines.append(line)
            return true
        }
        return lines
    }

    @Test func `what was noted is read back, equal entries on one line`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        let trail = AccessTrail(log, clock: clock, options: slow())
        let start = clock.now
        for _ in 0..<3 { try trail.note(read("record-1")) }
        clock.advance(seconds: 1)
        try trail.note(read("record-1"))
        try trail.note(read("record-2", refusal: "lacks the right \"read\"\n"))
        try trail.flush()
        let found = try lines(log)
        #expect(found.map(\.count) == [4, 1])
        #expect(
            found.map(\.entry) == [
                read("record-1"), read("record-2", refusal: "lacks the right \"read\"\n"),
            ])
        #expect(found[0].from == start && found[0].to == clock.now)
        let leaf = try #require(
            try (0..<log.size).map { try log.leaf(at: $0) }.last { $0.kind == .access })
        #expect(leaf.int("lines") == 2 && leaf.int("count") == 5)
        #expect(leaf.time("from") == start && leaf.time("to") == clock.now)
        try trail.close()
        try log.close()
    }

    @Test func `the trail is found by who, what, time and refusal, over many batches`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        let trail = AccessTrail(log, clock: clock, options: slow())
        let bob = Identity(.token, "erp", roles: [.erp])
        var times: [WallTime] = []
        for i in 0..<120 {
            times.append(clock.now)
            try trail.note(read("r-\(i)"))
            try trail.note(
                TrailEntry(bob, .search, "check=\(i)", peer: "x", refusal: i == 7 ? "no" : nil))
            try trail.flush()
            clock.advance(seconds: 10)
        }
        var query = TrailQuery()
        #expect(try lines(log, query).count == 240)
        query.who = "token:erp"
        #expect(try lines(log, query).count == 120)
        query.refusedOnly = true
        #expect(try lines(log, query).map(\.entry.target) == ["check=7"])
        query = TrailQuery()
        query.what = .read
        query.from = times[50]
        query.to = times[60]
        #expect(try lines(log, query).map(\.entry.target) == (50..<60).map { "r-\($0)" })
        var taken = 0
        try TrailQuery().run(log) { _, _ in
            taken += 1
            return taken < 5
        }
        #expect(taken == 5)
        try trail.close()
        try log.close()
    }

    @Test func `log-ins that are turned away are one line for each source and minute`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        var options = slow()
        options.batchMilliseconds = 1
        let trail = AccessTrail(log, clock: clock, options: options)
        for i in 0..<5000 { try trail.note(turnedAway: "name-\(i)", from: "10.0.0.\(i % 2)") }
        #expect(try lines(log).isEmpty)
        clock.advance(seconds: 61)
        // By itself, though nobody does anything any more.
        while try lines(log).count < 2 { pauseFor(milliseconds: 20) }
        #expect(try lines(log).map(\.count) == [2500, 2500])
        #expect(try Set(lines(log).map(\.entry.peer)) == ["10.0.0.0", "10.0.0.1"])
        #expect(try lines(log).allSatisfy { $0.entry.refusal?.contains("locked out") == true })
        // Many sources share a line in the end; none of them is lost.
        for i in 0..<3000 { try trail.note(turnedAway: "x", from: "2001:db8::\(i)/64") }
        try trail.close()
        let all = try lines(log)
        #expect(all.count == 2 + 1001 && all.reduce(0) { $0 + $1.count } == 8000)
        #expect(all.contains { $0.entry.peer == "elsewhere" && $0.count == 2000 })
        try log.close()
    }

    @Test func `closing writes what is there, and takes no more`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        let trail = AccessTrail(log, clock: clock, options: slow())
        try trail.note(read("last"))
        try trail.close()
        #expect(failure { try trail.note(read("too late")) }?.kind == .stopped)
        try log.close()
        let again = try TestLog.open(folder.path, clock: clock).log
        #expect(try lines(again).map(\.entry.target) == ["last"])
        try again.close()
    }

    @Test func `a batch is written by itself when it is large or old`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        var options = AccessTrail.Options()
        options.batchMilliseconds = 1
        let trail = AccessTrail(log, clock: clock, options: options)
        try trail.note(read("old enough"))
        while try lines(log).isEmpty {}
        try trail.close()
        options = slow()
        options.batchBytes = 1000
        let second = AccessTrail(log, clock: clock, options: options)
        for i in 0..<10 { try second.note(read("large-\(i)")) }
        while try lines(log).count < 2 {}
        try second.close()
        #expect(try lines(log).count == 11)
        try log.close()
    }

    @Test func `reads end before the trail does, when the disk is full`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let files = FaultyFileSystem(root: folder.path)
        let engine = try EmbeddedEngine(folder.path, files: files)
        let log = try EvidenceLog.open(
            engine, identity: TestLog.identity(), clock: clock, options: TestLog.options()
        ).log
        let trail = AccessTrail(log, clock: clock, options: slow())
        try trail.note(read("seen"))
        try trail.flush()
        files.inject(.init(number: 0, .full, lasting: true))
        try trail.note(read("the last one"))
        #expect(failure { try trail.flush() }?.kind == .denied)
        let words = try #require(failure { try trail.note(read("never")) })
        #expect(words.kind == .denied && words.words.contains("cannot be written"))
        #expect(failure { try trail.close() } != nil)
        #expect(try lines(log).map(\.entry.target) == ["seen"])
        #expect(failure { try log.close() } != nil)
    }

    @Test func `what waits for the disk has a limit, and reads are refused beyond it`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        var options = slow(bytesMax: 10_000)
        options.batchBytes = 1 << 20
        let trail = AccessTrail(log, clock: clock, options: options)
        var refused: Failure?
        var count = 0
        while refused == nil, count < 1000 {
            refused = failure { try trail.note(read("record-\(count)")) }
            if refused == nil { count += 1 }
        }
        #expect(refused?.kind == .full && count > 10)
        // What has a line already needs no room.
        try trail.note(read("record-0"))
        try trail.flush()
        try trail.note(read("there is room again"))
        try trail.close()
        #expect(try lines(log).map(\.count).reduce(0, +) == count + 2)
        try log.close()
    }

    @Test func `texts of peers are cut at whole letters`() throws {
        let long = String(repeating: "ö", count: 5000)
        let entry = TrailEntry(who: long, kind: .person, .logIn, long, peer: "x", refusal: long)
        for text in [entry.who, entry.target, entry.refusal ?? ""] {
            #expect(text.utf8.count == 512 && text.allSatisfy { $0 == "ö" })
        }
    }

    @Test func `a question's personal links stay out of the trail`() {
        var query = Query()
        query.links = [.init(kind: "operator", value: "Anna Lee"), .init(kind: "lot", value: "L1")]
        query.camera = "press-3"
        #expect(TrailEntry.target(of: query) == "operator lot=L1 camera=press-3")
    }

    @Test func `threads that note at once lose nothing`() throws {
        let clock = ManualClock()
        let folder = Scratch()
        let log = try TestLog.open(folder.path, clock: clock).log
        var options = AccessTrail.Options()
        options.batchMilliseconds = 1
        options.batchBytes = 5000
        let trail = AccessTrail(log, clock: clock, options: options)
        try inParallel(4) { thread in
            for i in 0..<500 { try trail.note(read("r-\(thread)-\(i % 50)")) }
        }
        try trail.close()
        #expect(try lines(log).map(\.count).reduce(0, +) == 2000)
        try log.close()
    }
}
