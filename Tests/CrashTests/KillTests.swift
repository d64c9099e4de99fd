import Base
import Evidence
import EvidenceFormat
import Linux
import Store
import TestSupport
import Testing

/// A real process on a real disk, killed again and again while sixteen threads write. What it had
/// told anybody is there when the directory is opened again.
@Suite struct KillTests {
    @Test func `a killed server has lost nothing that it acknowledged`() throws {
        let trial = KillTrial(rounds: Effort.rounds(200))
        do {
            try inParallel(1) { _ in try trial.run() }
        } catch {
            Issue.record("\(error) (\(Effort.replay))")
        }
        print(trial.summary)
    }
}

private final class KillTrial: Sendable {
    private struct State {
        var records: [KillRecord] = []
        var size: UInt64 = 0
        var starts = 0
        var checks = 0
    }
    private let rounds: Int
    private let folder = Scratch()
    private let state = Monitor(State())

    init(rounds: Int) { self.rounds = rounds }

    var summary: String {
        state.withLock {
            "kills: \(rounds) rounds, \($0.starts) while writing, \($0.checks) openings,"
                + " \($0.records.count) acknowledged, \($0.size) leaves"
        }
    }

    func run() throws {
        var random = SeededRandom(seed: Effort.seed)
        var fresh: [KillRecord] = []
        for round in 0..<rounds {
            let child = try Child("CrashWriter", ["write", folder.path, "\(round)"])
            // Some while it opens and recovers, most while it writes.
            if round % 5 != 0 { _ = child.waits(for: "open") }
            pauseFor(milliseconds: Int.random(in: 0...120, using: &random))
            let wasAlive = child.kill()
            let lines = child.output.split(separator: "\n")
            if let failure = lines.first(where: { $0.hasPrefix("failed") }) {
                throw Broken("round \(round): \(failure)")
            }
            guard wasAlive else {
                throw Broken("round \(round): the server ended by itself: \(child.finish())")
            }
            fresh += lines.compactMap { KillRecord($0) }
            if lines.contains(where: { $0.hasPrefix("open") }) {
                state.withLock { $0.starts += 1 }
            }
            // Now and then it is killed twice, so that it recovers from its own crash.
            if round % 4 == 3 && round != rounds - 1 { continue }
            try check(fresh, &random)
            fresh = []
        }
        try finalCheck()
    }

    private func open() throws -> EvidenceLog {
        try EvidenceLog.open(
            EmbeddedEngine(folder.path), identity: TestLog.identity(), clock: SystemClock(),
            options: KillRound.options
        ).log
    }

    private func check(_ fresh: [KillRecord], _ random: inout SeededRandom) throws {
        let log = try open()
        let (older, size) = state.withLock { ($0.records, $0.size) }
        try require(log.size >= size, "the log shrank from \(size) to \(log.size)")
        var chosen = fresh
        if !older.isEmpty {
            for _ in 0..<40 { chosen.append(older.randomElement(using: &random)!) }
        }
        for record in chosen { try examine(record, log, proves: true) }
        try examineRoots(chosen, log)
        try examineQueries(chosen, log)
        state.withLock { state in
            state.records += fresh
            state.size = log.size
            state.checks += 1
        }
        try log.close()
    }

    private func finalCheck() throws {
        let log = try open()
        let records = state.withLock { $0.records }
        for record in records { try examine(record, log, proves: record.index % 8 == 0) }
        try examineRoots(records, log)
        try examineQueries(records, log)
        try require(Set(records.map(\.id)).count == records.count, "an id was given out twice")
        try require(
            Set(records.map(\.index)).count == records.count, "an index was given out twice")
        try Examination(log, []).everyLeafIsWhole()
        try log.close()
    }

    private func examine(_ record: KillRecord, _ log: EvidenceLog, proves: Bool) throws {
        try require(record.size <= log.size, "\(record.line): the log has \(log.size)")
        let leaf = try log.leaf(at: record.index)
        try require(leaf.id == record.id, "leaf \(record.index) is \(leaf.id), not \(record.id)")
        try require(leaf.digest("pay") == record.payload, "leaf \(record.index) has another hash")
        _ = try log.payload(of: record.id)
        if proves {
            let head = try log.prove(record.index).verify(
                leaf: leaf.hash, origin: TestLog.origin,
                keys: [TestLog.logSigner().verifierKey])
            try require(head.size >= record.size, "a smaller tree was signed")
        }
    }

    private func examineRoots(_ records: [KillRecord], _ log: EvidenceLog) throws {
        var known: [UInt64: Digest] = [:]
        for record in records {
            if let root = known[record.size] {
                try require(root == record.root, "two roots were signed for \(record.size)")
                continue
            }
            known[record.size] = record.root
            try require(
                log.root(at: record.size) == record.root,
                "the checkpoint of size \(record.size) is not part of the log")
        }
    }

    private func examineQueries(_ records: [KillRecord], _ log: EvidenceLog) throws {
        for (check, members) in Dictionary(grouping: records, by: \.check) {
            var query = Query()
            query.links = [.init(kind: "check", value: try TestLog.check(check).value)]
            query.limit = Query.limitMax
            let found = Set(try log.find(query).hits.map(\.index))
            for record in members where !found.contains(record.index) {
                throw Broken("picture \(record.index) is not found by check \(check)")
            }
        }
    }
}
