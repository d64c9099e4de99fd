import Base
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// The disk may refuse any call. From then on nothing is acknowledged or signed, everybody is told
/// why, reading goes on; and once the disk is well again, a new start loses nothing.
@Suite struct FaultTests {
    @Test func `after any failed call nothing is acknowledged and nothing lost`() throws {
        try everyCall { .init(number: $0, .broken) }
    }

    @Test func `a disk that is full from any call on stops the log and loses nothing`() throws {
        try everyCall { .init(number: $0, .full, lasting: true) }
    }

    @Test func `a disk that was full for one call stops the log all the same`() throws {
        try everyCall { .init(number: $0, .full) }
    }

    /// Runs the workload once for every call that it makes, until one is beyond its end.
    private func everyCall(_ fault: (Int) -> FaultyFileSystem.Fault) throws {
        let step = Effort.isQuick ? 23 : 1
        var number = Int(Effort.seed % UInt64(step))
        while true {
            let trial = FaultTrial(fault(number), seed: Effort.seed &+ UInt64(number))
            do {
                try inParallel(1) { _ in try trial.run() }
            } catch {
                Issue.record("call \(number): \(error) (\(Effort.replay))")
            }
            guard trial.hasStruck else { break }
            number += step
        }
        #expect(number > 100)
        print("faults: \(number / step) calls failed")
    }
}

private final class FaultTrial: Sendable {
    private let fault: FaultyFileSystem.Fault
    private let seed: UInt64
    private let journal = Journal()
    private let clock = ManualClock()
    private let folder = Scratch()
    private let files: FaultyFileSystem

    init(_ fault: FaultyFileSystem.Fault, seed: UInt64) {
        self.fault = fault
        self.seed = seed
        files = FaultyFileSystem(root: folder.path)
    }

    var hasStruck: Bool { files.hasFaulted }

    private var workload: Workload {
        var workload = Workload(journal, clock: clock)
        workload.pictures = 4
        return workload
    }

    func run() throws {
        files.inject(fault)
        do {
            try firstLife()
        } catch let failure as Failure {
            try require(hasStruck, "it failed without a fault: \(failure)")
            try require(failure.words.count > 20, "\"\(failure.words)\" is no sentence")
        }
        guard hasStruck else { return }
        let cut = Scratch()
        folder.copyIndex(to: cut)
        let image = files.image(.torn(seed: seed), root: cut.path)
        try startAgain(cut, image)
        files.heal()
        try startAgain(folder, files)
        if fault.effect == .full {
            let last = Scratch()
            folder.copyIndex(to: last)
            try startAgain(last, files.image(.torn(seed: seed), root: last.path))
        }
    }

    private func firstLife() throws {
        let engine = try EmbeddedEngine(folder.path, files: files)
        let log: EvidenceLog
        do {
            log = try workload.open(engine)
        } catch {
            try? engine.close()
            throw error
        }
        do {
            try workload.first(log)
        } catch {
            try stopped(log, error)
            do {
                try log.close()
            } catch let second {
                try require(second.words == log.stopped?.words, "close says \(second)")
                throw error
            }
            throw Broken("a log that had stopped closed as if nothing was wrong")
        }
        try log.close()
    }

    /// What holds once a call has failed, whatever comes after, even a disk that works again.
    private func stopped(_ log: EvidenceLog, _ error: any Error) throws {
        guard let stop = log.stopped else { throw Broken("a failure went unheard: \(error)") }
        try require(stop.words.count > 20, "\"\(stop.words)\" is no sentence")
        let before = log.checkpoint
        let entries = journal.entries
        for number in [9000, 9001] {
            do {
                _ = try workload.add(log, number)
            } catch let failure as Failure {
                try require(failure.words == stop.words, "a commit fails with \(failure)")
                continue
            }
            throw Broken("a picture was acknowledged after: \(stop.words)")
        }
        try require(journal.entries.count == entries.count, "acknowledged after the stop")
        do { try log.persist() } catch let failure {
            try require(failure.words == stop.words, "upkeep fails with \(failure)")
        }
        try require(log.checkpoint == before, "a checkpoint was signed after the stop")
        try Examination(log, entries).run()
    }

    private func startAgain(_ folder: Scratch, _ files: FaultyFileSystem) throws {
        let engine = try EmbeddedEngine(folder.path, files: files)
        let log = try workload.open(engine)
        try require(log.stopped == nil, "the new start has stopped")
        let examination = try Examination(log, journal.entries)
        try examination.run()
        try examination.everyLeafIsWhole()
        try examination.chainsAreWhole()
        let receipt = try TestLog.add(log, 9100, links: [TestLog.check(1)])
        try log.close()
        let again = try workload.open(EmbeddedEngine(folder.path, files: files))
        try require(again.leaf(at: receipt.index).bytes == receipt.leaf.bytes, "9100 is gone")
        try again.close()
    }
}
