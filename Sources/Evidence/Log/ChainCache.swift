internal import Base
internal import IndexFormat

/// Heads of the checks' chains that are in use, ahead of the index. Guarded by the log's monitor.
///
/// A head read from the index outside the lock may be stale. Heads therefore stay here until the
/// index has had them for `keepGroups` groups; a read that took longer than that is repeated.
struct ChainCache {
    static let keepGroups: UInt64 = 64
    private static let countMax = 20_000

    private struct Entry {
        var head: ChainHead
        var group: UInt64
    }
    private var entries: [ExactText: Entry] = [:]

    subscript(check: ExactText) -> ChainHead? { entries[check]?.head }

    mutating func load(_ check: ExactText, _ head: ChainHead, group: UInt64) {
        if entries[check] == nil { entries[check] = Entry(head: head, group: group) }
    }

    mutating func extend(_ check: ExactText, to head: ChainHead, group: UInt64) {
        entries[check] = Entry(head: head, group: group)
    }

    mutating func evict(finished: UInt64) {
        guard entries.count > Self.countMax else { return }
        entries = entries.filter { $0.value.group + Self.keepGroups > finished }
    }
}

/// Request ids that are being answered or were a moment ago. Guarded by the log's monitor.
struct RequestCache {
    struct Entry {
        let fingerprint: RequestFingerprint
        let ticket: Ticket
    }
    private var entries: [ExactText: Entry] = [:]
    private var order: [(group: UInt64, request: String)] = []

    subscript(request: String) -> Entry? { entries[ExactText(request)] }

    mutating func insert(_ request: String, _ entry: Entry, group: UInt64) {
        entries[ExactText(request)] = entry
        order.append((group, request))
    }

    mutating func evict(finished: UInt64) {
        let old = order.prefix { $0.group + ChainCache.keepGroups < finished }
        guard old.count > 256 || old.count == order.count else { return }
        for (_, request) in old { entries[ExactText(request)] = nil }
        order.removeFirst(old.count)
    }
}
