internal import Base
internal import EvidenceFormat
internal import SegmentFormat
internal import Store

/// Reads leaves and payloads by index. Every read is checked: a leaf against its hash in the tree,
/// a payload against the hash in its leaf.
struct LeafReader {
    private let engine: any StorageEngine
    private let rows: TreeRows
    private let cache: ReadCache?

    /// With `cache`, a leaf that was read lately is not read again.
    init(_ engine: any StorageEngine, _ rows: TreeRows, _ cache: ReadCache? = nil) {
        self.engine = engine
        self.rows = rows
        self.cache = cache
    }

    func leaf(at index: UInt64) throws(Failure) -> Leaf { try read(index).leaf }

    func read(_ index: UInt64) throws(Failure) -> (leaf: Leaf, place: Place) {
        guard let cache else { return try readStored(index) }
        return try cache.leaf(at: index) { () throws(Failure) in try readStored(index) }
    }

    private func readStored(_ index: UInt64) throws(Failure) -> (leaf: Leaf, place: Place) {
        let place = try rows.place(of: index)
        let object = Names.segment(place.segment)
        var bytes: [UInt8] = []
        do {
            try engine.read(
                object, at: UInt64(place.offset), count: FrameHeader.byteCount + place.leafBytes,
                into: &bytes)
        } catch {
            throw SegmentScanner.missing(object, error)
        }
        let header: FrameHeader
        do throws(FrameHeader.Refusal) {
            header = try FrameHeader(decoding: bytes.span)
        } catch {
            throw damaged(index, object)
        }
        let leaf = Array(bytes.dropFirst(FrameHeader.byteCount))
        let expected = try rows.hashes(level: 0, from: index, count: 1)
        guard header.index == index, [Merkle.leafHash(leaf.span)] == expected else {
            throw damaged(index, object)
        }
        return (try Leaf(parsing: leaf), place)
    }

    private func damaged(_ index: UInt64, _ object: ObjectName) -> Failure {
        Failure(.corrupt, "leaf \(index) in \(object) is damaged; run proofreel verify")
    }
}
