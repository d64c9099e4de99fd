package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Store

/// What to find: records that have all of these links, of this camera, in this time. Time means the
/// instant of the picture, not of the leaf.
package struct Query: Hashable, Sendable {
    package static let limitMax = 1000

    package var links: [LinkKey] = []
    package var camera: String?
    package var from: WallTime?
    /// Exclusive.
    package var to: WallTime?
    package var newestFirst = true
    package var limit = 100
    /// Also the streams that pictures were rendered from; they have the links of their pictures.
    package var streams = false
    /// From an earlier page of the same query; stays good while records come in.
    package var cursor: String?

    package init() {}

    /// A link as a question: kind and value, or one of its references.
    package struct LinkKey: Hashable, Sendable {
        package let kind: String
        package let value: String
        package init(kind: String, value: String) {
            self.kind = kind
            self.value = value
        }
    }

    /// Tells a cursor of this query from one of another.
    fileprivate var stamp: [UInt8] {
        let bounds = "\(from?.microseconds ?? .min) \(to?.microseconds ?? .max)"
        var parts = [
            newestFirst ? "newest" : "oldest", bounds, camera.map { "of \($0)" } ?? "of all",
        ]
        for link in links { parts += [link.kind, link.value] }
        return Array(ShortHash(parts).bytes.prefix(8))
    }
}

package struct QueryPage: Sendable {
    package struct Hit: Sendable {
        package let index: UInt64
        package let leaf: Leaf
        package let instant: WallTime
    }
    package let hits: [Hit]
    /// Nil when nothing follows.
    package let cursor: String?
}

extension EvidenceLog {
    package func find(_ query: Query) throws(Failure) -> QueryPage {
        guard (1...Query.limitMax).contains(query.limit) else {
            throw Failure(
                .invalid, "a page has 1 to \(Query.limitMax) records; ask for the next one")
        }
        guard query.links.count <= Link.countMax else {
            throw Failure(.invalid, "a query has at most \(Link.countMax) links; ask for fewer")
        }
        var join = PostingJoin(query, engine, cache)
        var position = try query.start()
        var hits: [QueryPage.Hit] = []
        let reader = self.reader
        while hits.count < query.limit {
            guard let posting = try join.next(after: position), query.includes(posting) else {
                return QueryPage(hits: hits, cursor: nil)
            }
            position = posting
            let leaf = try reader.leaf(at: posting.leaf)
            if !query.streams, leaf.string("use") == "stream" { continue }
            hits.append(QueryPage.Hit(index: posting.leaf, leaf: leaf, instant: posting.time))
        }
        guard let position, let next = try join.next(after: position), query.includes(next) else {
            return QueryPage(hits: hits, cursor: nil)
        }
        return QueryPage(hits: hits, cursor: query.cursor(at: position))
    }
}

extension Query {
    /// The posting after which this page begins; nil for the very start.
    fileprivate func start() throws(Failure) -> Posting? {
        if let cursor {
            guard let bytes = [UInt8](hex: cursor), bytes.count == 24,
                Array(bytes.prefix(8)) == stamp
            else {
                throw Failure(.invalid, "this cursor is not of this query; begin without a cursor")
            }
            return Posting(decoding: bytes.span, at: 8)
        }
        if newestFirst { return to.map { Posting(time: $0, leaf: 0) } }
        return from.map { Posting(time: $0, leaf: 0).previous }
    }

    fileprivate func cursor(at posting: Posting) -> String { stamp.adding(posting).hex }

    fileprivate func includes(_ posting: Posting) -> Bool {
        if let from, posting.time < from { return false }
        if let to, posting.time >= to { return false }
        return true
    }
}

/// Postings that all lists share, by leaping: each list in turn is moved to the candidate of the
/// others, so the cost follows the rarest filter and not the most common one.
private struct PostingJoin {
    private var lists: [Cursor]
    private let newestFirst: Bool

    init(_ query: Query, _ engine: any StorageEngine, _ cache: ReadCache) {
        newestFirst = query.newestFirst
        var lists = query.links.map { PostingList.link($0.kind, $0.value, engine, cache) }
        if let camera = query.camera { lists.append(.series(.camera(camera), engine)) }
        if lists.isEmpty { lists.append(.series(.records, engine)) }
        let page = lists.count == 1 ? query.limit + 1 : Cursor.pageMax
        self.lists = lists.map { Cursor($0, newestFirst: query.newestFirst, page: page) }
    }

    mutating func next(after position: Posting?) throws(Failure) -> Posting? {
        guard var candidate = try lists[0].first(after: position) else { return nil }
        var agreed = 1
        var i = 1 % lists.count
        while agreed < lists.count {
            guard let found = try lists[i].first(atOrBeyond: candidate) else { return nil }
            agreed = found == candidate ? agreed + 1 : 1
            candidate = found
            i = (i + 1) % lists.count
        }
        return candidate
    }

    /// One list with a page of it in memory.
    struct Cursor {
        static let pageMax = 64

        private let list: PostingList
        private let newestFirst: Bool
        private let pageCount: Int
        private var page: ArraySlice<Posting> = []
        private var wasFull = false

        init(_ list: PostingList, newestFirst: Bool, page: Int) {
            self.list = list
            self.newestFirst = newestFirst
            pageCount = page
        }

        private func isBefore(_ a: Posting, _ b: Posting) -> Bool { newestFirst ? a > b : a < b }

        mutating func first(after position: Posting?) throws(Failure) -> Posting? {
            guard let position else { return try fetch(after: nil) }
            return try first(atOrBeyond: newestFirst ? position.previous : position.next)
        }

        mutating func first(atOrBeyond target: Posting) throws(Failure) -> Posting? {
            if !page.isEmpty {
                page = page.drop { isBefore($0, target) }
                if let first = page.first { return first }
                if !wasFull { return nil }
            }
            return try fetch(after: newestFirst ? target.next : target.previous)
        }

        private mutating func fetch(after position: Posting?) throws(Failure) -> Posting? {
            page = try list.page(after: position, newestFirst: newestFirst, limit: pageCount)[...]
            wasFull = page.count == pageCount
            return page.first
        }
    }
}
