import Base
import Evidence
import EvidenceFormat
import Store
import TestSupport

/// A short life of a log with everything in it that writes: pictures alone and by several threads,
/// links, holds, a closed check, full segments, upkeep, a clean stop and a second start.
struct Workload {
    let journal: Journal
    let clock: ManualClock
    /// Pictures per part; the whole makes about six times as many leaves.
    var pictures = 6

    init(_ journal: Journal, clock: ManualClock = ManualClock()) {
        self.journal = journal
        self.clock = clock
    }

    static func options() -> EvidenceLog.Options {
        var options = TestLog.options()
        options.segmentBytes = 24_000
        options.groupBytes = 64 << 10
        options.persistLeaves = 16
        return options
    }

    func open(_ engine: any StorageEngine) throws -> EvidenceLog {
        try EvidenceLog.open(
            engine, identity: TestLog.identity(), clock: clock, options: Self.options()
        ).log
    }

    /// `engine` opens the same store each time.
    func run(_ engine: () throws -> any StorageEngine) throws {
        try session(engine) { log in try first(log) }
        try session(engine) { log in try second(log) }
    }

    /// After a failure the store is closed as well as it can be, as the daemon does.
    private func session(
        _ engine: () throws -> any StorageEngine, _ body: (EvidenceLog) throws -> Void
    ) throws {
        let engine = try engine()
        do {
            let log = try open(engine)
            try body(log)
            try log.close()
        } catch {
            try? engine.close()
            throw error
        }
    }

    func first(_ log: EvidenceLog) throws {
        for i in 0..<pictures { try add(log, i) }
        try log.careOnce()
        let held = try add(log, 100, personal: true)
        let check = try TestLog.check(900)
        note(
            try log.link(held.id, to: [check], reason: "posted later", by: TestLog.author),
            link: nil)
        note(try log.hold(.record(held.id), reason: "recall 17", by: TestLog.author))
        try burst(log, from: 200)
        // Large enough that another thread prepares its group while it is written.
        try add(log, 250, bytes: 70_000)
        try batch(log, from: 260)
        try log.careOnce()
        note(
            try log.close(
                check: TestLog.check(0).value, verdict: "pass", reason: "done", by: TestLog.author))
        for i in 0..<pictures { try add(log, 300 + i, bytes: 300) }
    }

    func second(_ log: EvidenceLog) throws {
        for i in 0..<pictures { try add(log, 400 + i) }
        try log.persist()
        if let hold = log.holds.first {
            note(try log.unhold(hold.id, reason: "recall is over", by: TestLog.author).receipt)
            note(try log.unhold(hold.id, reason: "agreed", by: TestLog.second).receipt)
        }
        try burst(log, from: 500)
        try log.careOnce()
    }

    /// Several at once, so that groups have several leaves.
    private func burst(_ log: EvidenceLog, from number: Int) throws {
        try inParallel(3) { writer in
            for i in 0..<(pictures / 2) { try add(log, number + writer * 20 + i) }
        }
    }

    /// Several from one caller, who waits once.
    private func batch(_ log: EvidenceLog, from number: Int) throws {
        clock.advance(seconds: 0.01)
        let check = try TestLog.check(5)
        let numbers = number..<(number + pictures)
        let snapshots = numbers.map { number in
            var capture = Capture()
            capture.links = [check]
            capture.request = "b-\(number)"
            return EvidenceLog.Snapshot(
                camera: "cam-1", instant: clock.now, capture,
                payload: TestLog.picture(number, bytes: 3000))
        }
        let receipts = try log.addSnapshots(snapshots, by: TestLog.author)
        for (number, receipt) in zip(numbers, receipts) {
            journal.note(
                receipt, payload: TestLog.picture(number, bytes: 3000), link: check)
        }
    }

    private func note(_ receipt: Receipt, link: Link? = nil) { journal.note(receipt, link: link) }

    @discardableResult
    func add(
        _ log: EvidenceLog, _ number: Int, bytes: Int? = nil, personal: Bool = false
    ) throws -> Receipt {
        clock.advance(seconds: 0.01)
        // Below, at and beyond a page.
        let bytes = bytes ?? [200, 3500, 9000, 1, 5000][number % 5]
        let check = number % 3 == 2 ? nil : try TestLog.check(number % 7 + 1)
        var links = check.map { [$0] } ?? []
        if personal { links.append(try Link(kind: "operator", value: "Ann Example")) }
        if number == 0 { links.append(try TestLog.check(0)) }
        let receipt = try TestLog.add(
            log, number, links: links, bytes: bytes, request: number % 2 == 0 ? "r-\(number)" : nil)
        journal.note(
            receipt, payload: TestLog.picture(number, bytes: bytes),
            link: personal ? links[1] : check)
        return receipt
    }
}
