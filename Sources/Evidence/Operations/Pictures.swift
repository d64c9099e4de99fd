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
    /// Nil when the engine cannot lend its files; `payload(of:)` then reads them.
    package let slice: FileSlice?
}

extension EvidenceLog {
    /// The place of a record's bytes. The leaf is checked against the tree; the bytes are not read,
    /// so whoever receives them compares their hash.
    package func picture(_ id: RecordID) throws(Failure) -> StoredPicture {
        let entry = try entry(of: id)
        let reader = LeafReader(engine, rows)
        let (leaf, place) = try reader.read(entry.leaf)
        guard place.payloadBytes > 0, let hash = leaf.digest("pay") else {
            throw Self.hasNoBytes(leaf)
        }
        if case .removed(let delete, let at) = try removal(of: id, code: 0, reader) {
            throw Self.isRemoved(id, delete: delete, at: at)
        }
        let locator = Locator(
            Names.segment(place.segment), offset: place.payloadOffset, count: place.payloadBytes)
        return StoredPicture(
            id: id, index: entry.leaf, instant: entry.time, camera: leaf.string("cam"),
            mime: leaf.string("mime") ?? "application/octet-stream", hash: hash,
            byteCount: place.payloadBytes, slice: try engine.slice(locator))
    }

    static func hasNoBytes(_ leaf: Leaf) -> Failure {
        Failure(
            .notFound, "\(leaf.id) is a \(leaf.kind.rawValue) leaf and has no bytes beside it")
    }

    static func isRemoved(_ id: RecordID, delete: UInt64, at: WallTime) -> Failure {
        Failure(
            .notFound, "the bytes of \(id) were lawfully deleted at \(at) (leaf \(delete))")
    }
}
