internal import Base
internal import IndexFormat
internal import Store

/// All postings of one link or one term, in time order, read in pages through the seam.
struct PostingList {
    private enum Source {
        case link(ShortHash)
        case series(ShortHash)
    }

    private let source: Source
    private let engine: any StorageEngine
    private let cache: ReadCache?

    static func link(
        _ kind: String, _ value: String, _ engine: any StorageEngine, _ cache: ReadCache
    ) -> PostingList {
        PostingList(source: .link(ShortHash("link", kind, value)), engine: engine, cache: cache)
    }

    static func series(_ term: Term, _ engine: any StorageEngine) -> PostingList {
        PostingList(source: .series(term.hash), engine: engine, cache: nil)
    }

    /// Up to `limit` postings that follow `position` (exclusive; nil: from the end) in the asked
    /// order.
    func page(
        after position: Posting?, newestFirst: Bool, limit: Int
    ) throws(Failure) -> [Posting] {
        let from = newestFirst ? Posting.first : position?.next ?? .first
        let to = newestFirst ? position ?? .last : .last
        guard from < to else { return [] }
        switch source {
        case .link(let hash):
            func read() throws(Failure) -> [Posting] {
                try entries(
                    Table.linkShard(hash), prefix: hash.bytes, from, to, newestFirst, limit)
            }
            guard position == nil, let cache else { return try read() }
            return try cache.list(hash, newestFirst: newestFirst, limit: limit, else: read)
        case .series(let hash):
            return try series(hash, from, to, newestFirst, limit)
        }
    }

    private func series(
        _ hash: ShortHash, _ from: Posting, _ to: Posting, _ newestFirst: Bool, _ limit: Int
    ) throws(Failure) -> [Posting] {
        var low = hash.bytes
        low.appendBigEndian(from.time.month)
        var high = hash.bytes
        high.appendBigEndian(to.time.month)
        high.append(0)
        var found: [Posting] = []
        let months = try engine.range(
            Table.monthShard(hash), from: low, to: high, descending: newestFirst, limit: 24_000)
        for entry in months {
            let month = entry.key.span.bigEndian(UInt16.self, at: 16)
            let shard = Table.seriesShard(hash, month: month)
            found += try entries(shard, prefix: [], from, to, newestFirst, limit - found.count)
            if found.count >= limit { break }
        }
        return found
    }

    private func entries(
        _ shard: Shard, prefix: [UInt8], _ from: Posting, _ to: Posting, _ newestFirst: Bool,
        _ limit: Int
    ) throws(Failure) -> [Posting] {
        try engine.range(
            shard, from: prefix.adding(from), to: prefix.adding(to), descending: newestFirst,
            limit: limit
        ).map { Posting(decoding: $0.key.span, at: prefix.count) }
    }
}

extension Posting {
    /// The last one stays where it is: a cursor from outside may name it.
    var next: Posting {
        if self == .last { return self }
        return leaf < .max
            ? Posting(time: time, leaf: leaf + 1)
            : Posting(time: WallTime(microseconds: time.microseconds + 1), leaf: 0)
    }

    /// The first one stays where it is.
    var previous: Posting {
        if self == .first { return self }
        return leaf > 0
            ? Posting(time: time, leaf: leaf - 1)
            : Posting(time: WallTime(microseconds: time.microseconds - 1), leaf: .max)
    }
}
