import Base
import Crypto
import Evidence
import EvidenceFormat
import Linux
import TestSupport

/// What the clients of a log remember: every leaf that was acknowledged, with its checkpoint. The
/// log must keep to it through every crash. Any thread.
final class Journal: Sendable {
    struct Entry: Sendable {
        let receipt: Receipt
        let payload: Digest?
        /// A link by which a query must find it.
        let link: Link?
    }

    private struct State {
        var entries: [Entry] = []
        var failures: [String] = []
    }
    private let state = Monitor(State())

    func note(_ receipt: Receipt, payload: [UInt8]? = nil, link: Link? = nil) {
        let entry = Entry(
            receipt: receipt, payload: payload.map { SHA256.hash($0.span) }, link: link)
        state.withLock { $0.entries.append(entry) }
    }

    var entries: [Entry] { state.withLock { $0.entries } }

    /// Threads of their own cannot report to the test; it asks at its end.
    func fail(_ words: String) { state.withLock { $0.failures.append(words) } }
    var failures: [String] { state.withLock { $0.failures } }
}

/// What was acknowledged and is not there any more, or not as it was.
struct Broken: Error, CustomStringConvertible {
    let description: String
    init(_ words: String) { description = words }
}

func require(_ holds: Bool, _ words: @autoclosure () -> String) throws {
    if !holds { throw Broken(words()) }
}

/// Holds an open log against a journal.
struct Examination {
    let log: EvidenceLog
    let entries: [Journal.Entry]
    private let keys: [VerifierKey]
    private let identity: LogIdentity

    init(_ log: EvidenceLog, _ entries: [Journal.Entry]) throws {
        self.log = log
        self.entries = entries
        keys = [try TestLog.logSigner().verifierKey]
        identity = try TestLog.identity()
    }

    /// Everything that was acknowledged, or the newest `newest` and as many random others.
    func run(newest: Int? = nil, seed: UInt64 = 0) throws {
        var chosen = entries
        if let newest, entries.count > 2 * newest {
            var random = SeededRandom(seed: seed)
            let older = entries.dropLast(newest)
            chosen = Array(entries.suffix(newest))
            for _ in 0..<newest { chosen.append(older.randomElement(using: &random)!) }
        }
        for entry in entries where entry.receipt.index >= log.size || entry.receipt.size > log.size
        {
            throw Broken("leaf \(entry.receipt.index) was acknowledged, the log has \(log.size)")
        }
        for entry in chosen { try examine(entry) }
    }

    private func examine(_ entry: Journal.Entry) throws {
        let receipt = entry.receipt
        let leaf = try log.leaf(at: receipt.index)
        try require(leaf.bytes == receipt.leaf.bytes, "leaf \(receipt.index) has other bytes")
        let head = try log.prove(receipt.index).verify(
            leaf: leaf.hash, origin: TestLog.origin, keys: keys)
        try require(head.size == log.size, "the proof is not for the newest tree")
        let given = try identity.keySet.open(receipt.checkpoint)
        try require(
            log.root(at: given.size) == given.root,
            "the checkpoint of size \(given.size) is not part of the log")
        if let payload = entry.payload {
            let stored = try log.payload(of: receipt.id)
            try require(
                SHA256.hash(stored.span) == payload, "picture \(receipt.id) has other bytes")
        }
        if let link = entry.link {
            var query = Query()
            query.links = [.init(kind: link.kind, value: link.value)]
            query.limit = Query.limitMax
            let found = try log.find(query).hits
            try require(
                found.contains { $0.index == receipt.index },
                "picture \(receipt.id) is not found by \(link.value)")
        }
    }

    /// Whoever was not told yet: every leaf is whole, its payload too, its index entry right, and
    /// no id or request stands there twice.
    func everyLeafIsWhole(from first: UInt64 = 0) throws {
        var ids: Set<RecordID> = []
        var requests: Set<String> = []
        for index in first..<log.size {
            let leaf = try log.leaf(at: index)
            try require(ids.insert(leaf.id).inserted, "id \(leaf.id) stands there twice")
            if let request = leaf.string("req") {
                try require(requests.insert(request).inserted, "request \(request) is there twice")
            }
            try require(log.index(of: leaf.id) == index, "the index is wrong about leaf \(index)")
            if leaf.digest("pay") != nil { _ = try log.payload(of: leaf.id) }
        }
    }

    /// The chain of every check is whole: ordinals without a gap, each naming the one before.
    func chainsAreWhole() throws {
        let checks = Set(entries.compactMap { $0.link }.filter { $0.kind == "check" }.map(\.value))
        for check in checks.sorted() {
            var previous = Digest.zero
            for (i, leaf) in try log.chain(of: check).enumerated() where leaf.kind != .close {
                let place = leaf.links.first { $0.link.value == check }?.place
                try require(
                    place?.ordinal == Int64(i + 1) && place?.previous == previous,
                    "the chain of \(check) breaks at \(i + 1)")
                previous = leaf.hash
            }
        }
    }
}
