package import Base
internal import Crypto
internal import EvidenceFormat
internal import IndexFormat
package import Linux
internal import SegmentFormat
internal import Store

/// A record's bytes as they stand in their segment, for whoever passes them on.
package struct StoredPicture: Sendable {
    package let id: RecordID
    package let index: UInt64
    package let instant: WallTime
    package let camera: String?
    package let mime: String
    package let hash: Digest
    package let byteCount: Int
    /// The bitstream that a picture was rendered from, not a picture that anybody asked for.
    fileprivate let isStream: Bool
    /// Nil when the engine cannot lend its files; `payload(of:)` then reads them.
    package fileprivate(set) var slice: FileSlice?

    fileprivate func with(_ slice: FileSlice?) -> StoredPicture {
        var picture = self
        picture.slice = slice
        return picture
    }
}

extension EvidenceLog {
    /// The place of a record's bytes. The leaf is checked against the tree; the bytes are not read,
    /// so whoever receives them compares their hash.
    package func picture(_ id: RecordID) throws(Failure) -> StoredPicture {
        let entry = try entry(of: id)
        return try picture(at: entry.leaf, instant: entry.time)
    }

    /// Of a record that a query has just found.
    package func picture(_ hit: QueryPage.Hit) throws(Failure) -> StoredPicture {
        try picture(at: hit.index, instant: hit.instant)
    }

    /// The first record of a link, and whether others follow; nil when it has none. What is asked
    /// most, and half the work of a query, whose filters, cursors and whole leaves it needs not.
    package func firstPicture(
        of link: Query.LinkKey, newestFirst: Bool
    ) throws(Failure) -> (picture: StoredPicture, hasMore: Bool)? {
        let postings = try PostingList.link(link.kind, link.value, engine, cache)
            .page(after: nil, newestFirst: newestFirst, limit: 2)
        guard let first = postings.first else { return nil }
        do throws(Failure) {
            let picture = try picture(at: first.leaf, instant: first.time)
            if !picture.isStream { return (picture, postings.count > 1) }
        } catch {
            // A stream whose bytes are gone does not stand before the picture made from it.
        }
        var query = Query()
        query.links = [link]
        query.newestFirst = newestFirst
        query.limit = 1
        let page = try find(query)
        guard let hit = page.hits.first else { return nil }
        return (try picture(hit), page.cursor != nil)
    }

    /// Its bytes are asked for each time: the cache keeps no file open.
    private func picture(at index: UInt64, instant: WallTime) throws(Failure) -> StoredPicture {
        let (picture, locator) = try cache.picture(at: index) { () throws(Failure) in
            try readPicture(index, instant)
        }
        return picture.with(try engine.slice(locator))
    }

    private func readPicture(
        _ index: UInt64, _ instant: WallTime
    ) throws(Failure) -> (StoredPicture, Locator) {
        let reader = self.reader
        let (leaf, place) = try reader.read(index)
        guard place.payloadBytes > 0, let hash = leaf.digest("pay") else {
            throw Self.hasNoBytes(leaf)
        }
        switch try removal(of: leaf.id, code: 0, reader) {
        case .present: break
        case .removed(let delete, let at): throw Self.isRemoved(leaf.id, delete: delete, at: at)
        // A crash may have come between the erasure and its leaf; then these are zeros.
        case .due(let until) where until <= clock.now: _ = try payload(of: leaf.id)
        case .due: break
        }
        let locator = Locator(
            Names.segment(place.segment), offset: place.payloadOffset, count: place.payloadBytes)
        let picture = StoredPicture(
            id: leaf.id, index: index, instant: instant, camera: leaf.string("cam"),
            mime: leaf.string("mime") ?? "application/octet-stream", hash: hash,
            byteCount: place.payloadBytes, isStream: leaf.string("use") == "stream", slice: nil)
        return (picture, locator)
    }

    static func hasNoBytes(_ leaf: Leaf) -> Failure {
        Failure(
            .notFound, "\(leaf.id) is a \(leaf.kind.rawValue) leaf and has no bytes beside it")
    }

    static func isBeingRemoved(_ id: RecordID) -> Failure {
        Failure(
            .notFound,
            "the bytes of \(id) are being deleted, lawfully; proofreel admin retention apply ends"
                + " what a crash has cut off")
    }

    static func isRemoved(_ id: RecordID, delete: UInt64, at: WallTime) -> Failure {
        Failure(
            .notFound, "the bytes of \(id) were lawfully deleted at \(at) (leaf \(delete))")
    }
}
