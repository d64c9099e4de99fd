import Base
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// The whole log on an engine as it is over a network: any write may go without an answer, and the
/// machines at the other end may lose power. Nothing acknowledged is lost, nothing is stored twice.
@Suite struct DoubtTests {
    private func run(_ cluster: SimulatedCluster, _ journal: Journal) throws {
        let workload = Workload(journal)
        try workload.run { SimulatedEngine(cluster) }
    }

    /// After a crash of everything, the answers come again.
    private func examine(
        _ cluster: SimulatedCluster, _ entries: [Journal.Entry], seed: UInt64
    ) throws {
        cluster.set(.none)
        cluster.powerCut(seed: seed)
        let clock = ManualClock()
        clock.advance(seconds: 3600)
        let workload = Workload(Journal(), clock: clock)
        let log = try workload.open(SimulatedEngine(cluster))
        let examination = try Examination(log, entries)
        try examination.run()
        try examination.everyLeafIsWhole()
        try examination.chainsAreWhole()
        let indices = entries.map(\.receipt.index)
        try require(Set(indices).count == indices.count, "two leaves were given one index")
        try log.close()
    }

    @Test(arguments: [true, false])
    func `every write of a log may need a second and a third try`(happened: Bool) throws {
        let cluster = SimulatedCluster()
        let journal = Journal()
        cluster.set(.every(repeats: 3, happened: happened))
        try inParallel(1) { _ in
            try run(cluster, journal)
            let pictures = journal.entries.filter { $0.payload != nil }.count
            try examine(cluster, journal.entries, seed: Effort.seed)
            let clock = ManualClock()
            clock.advance(seconds: 7200)
            let log = try Workload(Journal(), clock: clock).open(SimulatedEngine(cluster))
            let stored = try (0..<log.size).filter { try log.leaf(at: $0).kind == .snapshot }
            #expect(stored.count == pictures)
            try log.close()
        }
    }

    @Test func `answers that fail to come at random are nothing to a log`() throws {
        for round in 0..<UInt64(Effort.rounds(40)) {
            let cluster = SimulatedCluster()
            let journal = Journal()
            let seed = Effort.seed &+ round
            cluster.set(.some(seed: seed))
            do {
                try inParallel(1) { _ in
                    // Five tries in a row may fail by chance; then the log has stopped.
                    do { try run(cluster, journal) } catch let failure as Failure {
                        try require(failure.kind == .unknownOutcome, "\(failure)")
                    }
                    try examine(cluster, journal.entries, seed: seed)
                }
            } catch {
                Issue.record("round \(round): \(error) (\(Effort.replay))")
            }
        }
    }

    @Test func `a log stops when the machines stay silent from any write on`() throws {
        let counting = SimulatedCluster()
        try inParallel(1) { _ in try run(counting, Journal()) }
        let step = Effort.isQuick ? 31 : 1
        for number in stride(from: 0, to: counting.writeCount, by: step) {
            let cluster = SimulatedCluster()
            let journal = Journal()
            let seed = Effort.seed &+ UInt64(number)
            cluster.set(.silent(from: number, seed: seed))
            do {
                try inParallel(1) { _ in
                    do { try run(cluster, journal) } catch let failure as Failure {
                        try require(failure.kind == .unknownOutcome, "\(failure)")
                    }
                    try examine(cluster, journal.entries, seed: seed)
                }
            } catch {
                Issue.record("write \(number): \(error) (\(Effort.replay))")
            }
        }
        print("silence: \(counting.writeCount) writes, each the last answered one")
    }

    @Test func `a writer that was taken over stops, and the new one has everything`() throws {
        let cluster = SimulatedCluster()
        let journal = Journal()
        try inParallel(1) { _ in
            let workload = Workload(journal)
            let old = try workload.open(SimulatedEngine(cluster))
            for i in 0..<5 { try workload.add(old, i) }
            let new = try workload.open(SimulatedEngine(cluster))
            do {
                try workload.add(old, 5)
                throw Broken("two writers at once")
            } catch let failure as Failure {
                try require(failure.kind == .fenced, "\(failure)")
            }
            for i in 6..<10 { try workload.add(new, i) }
            try Examination(new, journal.entries).run()
            try new.close()
        }
    }
}
