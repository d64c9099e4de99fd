import Base
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// Files lost, cut, swapped and edited while the server was down. It may refuse to open, with words,
/// or open and refuse what is damaged; it never answers wrongly, never makes the damage worse, and
/// goes on as if nothing had been once the files are put back.
@Suite struct DamageTests {
    /// A log of several segments, closed cleanly or killed with some leaves beyond its last recorded
    /// checkpoint.
    private struct Sample {
        let folder: Scratch
        let entries: [Journal.Entry]
        let clock: ManualClock
        var segments: [String] { folder.files.filter { $0.hasPrefix("objects/segments/") } }
        /// Which of them are damaged in turn; a quick run takes the last two, where recovery looks.
        var chosen: [String] { Effort.isQuick ? segments.suffix(2) : segments }

        init(isClosed: Bool) throws {
            let journal = Journal()
            clock = ManualClock()
            var workload = Workload(journal, clock: clock)
            workload.pictures = 14
            let live = Scratch()
            let log = try workload.open(EmbeddedEngine(live.path))
            try workload.first(log)
            if isClosed { try log.close() }
            folder = live.snapshot()
            entries = journal.entries
            if !isClosed { try log.close() }
        }

        func open(_ folder: Scratch) throws -> EvidenceLog {
            let engine = try EmbeddedEngine(folder.path)
            do {
                return try EvidenceLog.open(
                    engine, identity: TestLog.identity(), clock: clock,
                    options: Workload.options(), seen: entries.suffix(1).map(\.receipt.checkpoint)
                ).log
            } catch {
                try? engine.close()
                throw error
            }
        }
    }

    /// Damages a copy, opens it, puts the files back, and opens it again.
    private func damage(
        _ sample: Sample, _ names: [String], _ what: String, _ body: (Scratch) -> Void
    ) throws {
        let copy = sample.folder.snapshot()
        body(copy)
        do {
            let log = try sample.open(copy)
            var lost = 0
            for entry in sample.entries {
                do throws(Failure) {
                    let leaf = try log.leaf(at: entry.receipt.index)
                    try log.payloadIfAny(entry)
                    let isRight = leaf.bytes == entry.receipt.leaf.bytes
                    #expect(isRight, "\(what): a wrong answer")
                } catch {
                    lost += 1
                    #expect(error.words.count > 20)
                }
            }
            #expect(lost > 0, "\(what) went unnoticed")
            try log.close()
        } catch let failure as Failure {
            #expect(failure.words.count > 40, "\(what): \(failure)")
        }
        for name in names { copy.write(name, sample.folder.bytes(name)) }
        do {
            let log: EvidenceLog
            do {
                log = try sample.open(copy)
            } catch let failure as Failure where failure.words.contains("rebuild-index") {
                // It followed whole frames of a stranger before it was told of the right history.
                copy.remove("index")
                log = try sample.open(copy)
            }
            try Examination(log, sample.entries).run()
            try log.close()
        } catch {
            Issue.record("\(what), then put back: \(error)")
        }
    }

    @Test(arguments: [true, false])
    func `a missing segment is noticed and may be put back`(isClosed: Bool) throws {
        let sample = try Sample(isClosed: isClosed)
        #expect(sample.segments.count > 4)
        for name in sample.chosen {
            try damage(sample, [name], "\(name) deleted") { $0.remove(name) }
        }
    }

    @Test(arguments: [true, false])
    func `a segment cut short is noticed and may be put back`(isClosed: Bool) throws {
        let sample = try Sample(isClosed: isClosed)
        var random = SeededRandom(seed: Effort.seed)
        for name in sample.chosen {
            let bytes = sample.folder.bytes(name)
            // Reserved zeros at the end of the newest segment are nobody's bytes.
            let used = bytes.lastIndex { $0 != 0 } ?? 0
            for length in [0, 5, 128, Int.random(in: 129..<used, using: &random)] {
                try damage(sample, [name], "\(name) cut to \(length)") {
                    $0.write(name, Array(bytes.prefix(length)))
                }
            }
        }
    }

    @Test(arguments: [true, false])
    func `two swapped segments are noticed and may be put back`(isClosed: Bool) throws {
        let sample = try Sample(isClosed: isClosed)
        for (a, b) in zip(sample.chosen, sample.chosen.dropFirst()) {
            try damage(sample, [a, b], "\(a) and \(b) swapped") { copy in
                let bytes = copy.bytes(a)
                copy.write(a, copy.bytes(b))
                copy.write(b, bytes)
            }
        }
    }

    @Test(arguments: [true, false])
    func `a segment of another log is noticed and never removed`(isClosed: Bool) throws {
        let sample = try Sample(isClosed: isClosed)
        let other = try Sample(isClosed: true)
        for name in sample.chosen {
            let bytes = other.folder.bytes(name)
            try damage(sample, [name], "\(name) of another log") { $0.write(name, bytes) }
        }
    }

    @Test func `a lost index is made again from the log alone`() throws {
        let sample = try Sample(isClosed: true)
        sample.folder.remove("index")
        let log = try sample.open(sample.folder)
        let examination = try Examination(log, sample.entries)
        try examination.run()
        try examination.everyLeafIsWhole()
        try log.close()
    }

    @Test func `changed tree hashes never make a wrong proof`() throws {
        let sample = try Sample(isClosed: true)
        let name = "objects/log/level-0/000000"
        let bytes = sample.folder.bytes(name)
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(40) {
            let copy = sample.folder.snapshot()
            var changed = bytes
            changed[Int.random(in: 0..<bytes.count, using: &random)] ^= 1
            copy.write(name, changed)
            do {
                let log = try sample.open(copy)
                Issue.record("changed hashes went unnoticed (\(Effort.replay))")
                try log.close()
            } catch let failure as Failure {
                #expect(failure.words.contains("rebuild-index"), "\(failure)")
            }
            copy.write(name, bytes)
            try sample.open(copy).close()
        }
    }

    @Test func `a clock before the newest record is refused until it is set`() throws {
        let sample = try Sample(isClosed: true)
        sample.clock.step(seconds: -400)
        do {
            _ = try sample.open(sample.folder)
            Issue.record("a clock that is 400 s behind was taken")
        } catch let failure as Failure {
            #expect(failure.kind == .refused)
            #expect(failure.words.contains("clock"), "\(failure)")
        }
        sample.clock.step(seconds: 200)
        try sample.open(sample.folder).close()
    }

    @Test func `an older copy is refused when somebody has seen a larger log`() throws {
        let journal = Journal()
        let clock = ManualClock()
        let workload = Workload(journal, clock: clock)
        let folder = Scratch()
        let log = try workload.open(EmbeddedEngine(folder.path))
        try workload.add(log, 1)
        let older = folder.snapshot()
        let newest = try workload.add(log, 2).checkpoint
        try log.close()
        let engine = try EmbeddedEngine(older.path)
        do {
            _ = try EvidenceLog.open(
                engine, identity: TestLog.identity(), clock: clock, options: Workload.options(),
                seen: [newest])
            Issue.record("a rolled back log was opened")
        } catch let failure as Failure {
            #expect(failure.kind == .dataLoss)
            #expect(failure.words.contains("older copy"), "\(failure)")
        }
        try engine.close()
    }

    @Test func `a rewritten history is refused when somebody has seen the other one`() throws {
        let clock = ManualClock()
        let folders = [Scratch(), Scratch()]
        var seen: [SignedNote] = []
        for folder in folders {
            let workload = Workload(Journal(), clock: clock)
            let log = try workload.open(EmbeddedEngine(folder.path))
            seen.append(try workload.add(log, 1).checkpoint)
            try workload.add(log, 2)
            try log.close()
        }
        let engine = try EmbeddedEngine(folders[0].path)
        do {
            _ = try EvidenceLog.open(
                engine, identity: TestLog.identity(), clock: clock, options: Workload.options(),
                seen: [seen[1]])
            Issue.record("a checkpoint of another history was taken")
        } catch let failure as Failure {
            #expect(failure.kind == .corrupt)
            #expect(failure.words.contains("history"), "\(failure)")
        }
        try engine.close()
    }
}

extension EvidenceLog {
    fileprivate func payloadIfAny(_ entry: Journal.Entry) throws(Failure) {
        if entry.payload != nil { _ = try payload(of: entry.receipt.id) }
    }
}
