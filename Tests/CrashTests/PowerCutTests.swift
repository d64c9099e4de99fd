import Base
import Evidence
import EvidenceFormat
import Store
import Synchronization
import TestSupport
import Testing

/// The power may go at any moment. What was acknowledged is there when it comes back.
///
/// A workload runs once. At every change that it makes to the disk, the disk is copied as a power
/// cut would leave it, in several ways, and a log is opened on each copy and held against the
/// journal.
@Suite struct PowerCutTests {
    @Test func `no power cut takes or changes what was acknowledged`() throws {
        let trial = PowerCutTrial(every: Effort.isQuick ? 29 : 1)
        try inParallel(1) { _ in try trial.run() }
        #expect(trial.journal.failures.isEmpty, "\(Effort.replay)")
        for words in trial.journal.failures.prefix(5) { Issue.record("\(words)") }
        #expect(trial.journal.entries.count > 40)
        print("power cuts: \(trial.calls) changes, \(trial.images) crashes")
    }
}

private final class PowerCutTrial: Sendable {
    let journal = Journal()
    private let step: Int
    private let folder = Scratch()
    private let files: FaultyFileSystem
    private let clock = ManualClock()
    private let imageCount = Atomic<Int>(0)

    init(every step: Int) {
        self.step = step
        files = FaultyFileSystem(root: folder.path)
    }

    var calls: Int { files.callCount }
    var images: Int { imageCount.load(ordering: .relaxed) }

    func run() throws {
        let offset = Int(Effort.seed % UInt64(step))
        files.observe { [self] number in
            if number % step == offset { crash(at: number) }
        }
        defer { files.observe(nil) }
        let workload = Workload(journal, clock: clock)
        try workload.run { try EmbeddedEngine(folder.path, files: files) }
    }

    private func crash(at number: Int) {
        // In this order: what the copies hold may only be newer than the journal.
        let entries = journal.entries
        let seed = Effort.seed &+ UInt64(number) &* 31
        let ways: [FaultyFileSystem.Survivors] = [
            .none, .all, .prefix(seed: seed), .torn(seed: seed), .torn(seed: seed &+ 1),
        ]
        for (i, survivors) in ways.enumerated() {
            let keepsIndex = (number + i) % 3 != 0
            let copy = Scratch()
            if keepsIndex { folder.copyIndex(to: copy) }
            let image = files.image(survivors, root: copy.path)
            attempt("change \(number), \(survivors), index \(keepsIndex ? "kept" : "dropped")") {
                try examine(image, copy, entries, seed: seed)
            }
        }
        attempt("change \(number), killed, started again, power cut") {
            try killThenCut(entries, seed: seed)
        }
    }

    private func attempt(_ what: String, _ body: () throws -> Void) {
        imageCount.add(1, ordering: .relaxed)
        do { try body() } catch { journal.fail("\(what): \(error)") }
    }

    /// A process that is killed leaves bytes and names that no sync covers. The next one must not
    /// build on them as if they were durable.
    private func killThenCut(_ entries: [Journal.Entry], seed: UInt64) throws {
        let killed = Scratch()
        folder.copyIndex(to: killed)
        let left = files.clone(root: killed.path)
        let workload = Workload(Journal(), clock: ManualClock(clock.now))
        let engine = try EmbeddedEngine(killed.path, files: left)
        let log = try workload.open(engine)
        try workload.add(log, 8888)
        for survivors in [FaultyFileSystem.Survivors.none, .torn(seed: seed)] {
            let copy = Scratch()
            killed.copyIndex(to: copy)
            let image = left.image(survivors, root: copy.path)
            try examine(image, copy, entries + workload.journal.entries, seed: seed)
        }
        try log.close()
    }

    private func examine(
        _ image: FaultyFileSystem, _ copy: Scratch, _ entries: [Journal.Entry], seed: UInt64
    ) throws {
        let later = ManualClock(clock.now)
        func open() throws -> (log: EvidenceLog, report: RecoveryReport) {
            let engine = try EmbeddedEngine(copy.path, files: image)
            do {
                return try EvidenceLog.open(
                    engine, identity: TestLog.identity(), clock: later,
                    options: Workload.options(), seen: entries.suffix(1).map(\.receipt.checkpoint))
            } catch {
                try? engine.close()
                throw error
            }
        }
        let (log, _) = try open()
        let examination = try Examination(log, entries)
        try examination.run(newest: 6, seed: seed)
        if seed % 8 == 0 {
            try examination.everyLeafIsWhole()
            try examination.chainsAreWhole()
        } else {
            try examination.everyLeafIsWhole(from: log.size - min(log.size, 12))
        }
        // It goes on, and a second start finds nothing to mend.
        let receipt = try TestLog.add(log, 7777, links: [TestLog.check(1)])
        try log.close()
        let (again, report) = try open()
        try require(report.clean, "the second start was not clean: \(report)")
        try require(again.leaf(at: receipt.index).bytes == receipt.leaf.bytes, "7777 is gone")
        try again.close()
    }
}

extension Scratch {
    /// The index as it is on the disk at this moment. RocksDB may be at work there: a copy during
    /// which a file came or went is made again.
    func copyIndex(to other: Scratch) {
        for _ in 0..<50 {
            let before = files.filter { $0.hasPrefix("index/") }
            for name in before where name != "index/LOCK" { other.write(name, bytes(name)) }
            let manifests = before.filter { $0.contains("MANIFEST") }
            let isSame = manifests.allSatisfy { bytes($0) == other.bytes($0) }
            if isSame && before == files.filter({ $0.hasPrefix("index/") }) { return }
            other.remove("index")
        }
    }
}
