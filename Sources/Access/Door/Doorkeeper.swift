package import Base
package import Linux

/// Slows down whoever guesses: by the name that is guessed at, and by the address that guesses.
/// In memory only: a restart forgets, and lasts longer than what it forgives. Any thread.
///
/// An attempt is `admit`, then exactly one of `succeeded` and `failed`.
package final class Doorkeeper: Sendable {
    /// What one kind of key is granted.
    struct Rule: Sendable {
        /// Failures that cost nothing.
        let freeMax: Int
        let lockSecondsMax: UInt64
        /// Attempts at once while nothing is wrong; one at a time afterwards.
        let openMax: Int
    }

    package static let keysMax = 10_000
    /// A name is locked only briefly, else anybody could keep an admin out for long.
    static let nameRule = Rule(freeMax: 5, lockSecondsMax: 60, openMax: 256)
    /// Many people may share an address.
    static let peerRule = Rule(freeMax: 20, lockSecondsMax: 900, openMax: 4096)
    /// Quiet so long, forgotten.
    static let memorySeconds: UInt64 = 3600

    private struct Entry {
        var failures = 0
        var open = 0
        var lockedUntil: UInt64 = 0
        var lastSeen: UInt64 = 0
    }

    private struct Book {
        var names: [String: Entry] = [:]
        var peers: [String: Entry] = [:]
    }

    private let clock: any Clock
    private let book = Monitor(Book())

    package init(clock: any Clock) { self.clock = clock }

    /// One customer's IPv6 network counts as one address.
    package static func key(of peer: IPAddress) -> String {
        peer.isV4 ? peer.description : peer.bytes.prefix(8).map { $0 }.hex + "/64"
    }

    /// Throws `.denied` while name or address are locked, and says for how long. The same for names
    /// that exist and names that do not.
    package func admit(name: String, peer: String) throws(Failure) {
        let now = clock.monotonicNanoseconds
        try book.withLock { book throws(Failure) in
            try Self.check(book.names[name], Self.nameRule, now, "this name")
            try Self.check(book.peers[peer], Self.peerRule, now, "this address")
            Self.change(&book.names, name, now) { $0.open += 1 }
            Self.change(&book.peers, peer, now) { $0.open += 1 }
        }
    }

    /// Clears the name. The address keeps its failures until they are forgotten: else whoever has
    /// one account could guess at others for ever.
    package func succeeded(name: String, peer: String) {
        let now = clock.monotonicNanoseconds
        book.withLock { book in
            Self.change(&book.names, name, now) { entry in
                entry.open = max(0, entry.open - 1)
                entry.failures = 0
                entry.lockedUntil = 0
            }
            Self.change(&book.peers, peer, now) { $0.open = max(0, $0.open - 1) }
        }
    }

    package func failed(name: String, peer: String) {
        let now = clock.monotonicNanoseconds
        book.withLock { book in
            Self.change(&book.names, name, now) { Self.fail(&$0, Self.nameRule, now) }
            Self.change(&book.peers, peer, now) { Self.fail(&$0, Self.peerRule, now) }
        }
    }

    /// For tests and status.
    package var keyCount: (names: Int, peers: Int) {
        book.withLock { ($0.names.count, $0.peers.count) }
    }

    private static func check(
        _ entry: Entry?, _ rule: Rule, _ now: UInt64, _ what: String
    ) throws(Failure) {
        guard let entry, !isForgotten(entry, now) else { return }
        if entry.lockedUntil > now {
            let seconds = (entry.lockedUntil - now + 999_999_999) / 1_000_000_000
            throw Failure(
                .denied, "too many failed log-ins for \(what); try again in \(seconds) s")
        }
        guard entry.open < (entry.failures < rule.freeMax ? rule.openMax : 1) else {
            throw Failure(.denied, "too many log-ins at once for \(what); try again in 1 s")
        }
    }

    private static func fail(_ entry: inout Entry, _ rule: Rule, _ now: UInt64) {
        entry.open = max(0, entry.open - 1)
        entry.failures += 1
        guard entry.failures >= rule.freeMax else { return }
        // 1, 2, 4 … seconds.
        let doublings = min(20, entry.failures - rule.freeMax)
        let seconds = min(rule.lockSecondsMax, 1 << UInt64(doublings))
        entry.lockedUntil = now + seconds * 1_000_000_000
    }

    private static func isForgotten(_ entry: Entry, _ now: UInt64) -> Bool {
        entry.lastSeen + memorySeconds * 1_000_000_000 < now
    }

    private static func change(
        _ entries: inout [String: Entry], _ key: String, _ now: UInt64,
        _ body: (inout Entry) -> Void
    ) {
        if entries[key] == nil, entries.count >= keysMax { makeRoom(&entries, now) }
        var entry = entries[key] ?? Entry()
        if isForgotten(entry, now) { entry = Entry() }
        entry.lastSeen = now
        body(&entry)
        if entry.failures == 0, entry.open == 0 {
            entries[key] = nil
        } else {
            entries[key] = entry
        }
    }

    /// First what is forgotten anyway, then the least bad tenth: a flood of made-up names must not
    /// wash out the one that is being guessed at.
    private static func makeRoom(_ entries: inout [String: Entry], _ now: UInt64) {
        entries = entries.filter { !isForgotten($0.value, now) }
        guard entries.count >= keysMax else { return }
        let order = entries.sorted {
            ($0.value.failures, $0.value.lastSeen) < ($1.value.failures, $1.value.lastSeen)
        }
        for (key, _) in order.prefix(keysMax / 10) { entries[key] = nil }
    }
}
