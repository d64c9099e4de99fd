internal import Base
internal import EvidenceFormat
internal import FragmentFormat
internal import Ingest

/// Shows of a clip that all its fragments were committed when they were recorded, also those of a
/// part that the clip begins or ends within. The hashes of the part's other fragments are known
/// while the ring has them, so they go into the clip's leaf: nobody can make them up later.
struct ClipProof {
    private static let partsMax = 64

    /// Of the clip's leaf.
    private(set) var fields: [(String, JSON)] = []

    /// `parts`: those that hold the fragments, in order.
    init(_ parts: [Leaf], holding sequences: ClosedRange<UInt64>, in ring: CameraRing) {
        let parts = parts.prefix(Self.partsMax)
        guard let first = parts.first, let last = parts.last else { return }
        add("parts", parts.compactMap { $0.int("n") }.map { .int($0) })
        let head = Self.fragments(of: first, in: ring)
        guard let skip = Self.place(of: sequences.lowerBound, in: first, head) else { return }
        fields.append(("skip", .int(Int64(skip))))
        let tail = parts.count == 1 ? head : Self.fragments(of: last, in: ring)
        if let head {
            // Of one part alone the clip's end has its hashes below.
            add("before", Merkle.beside(skip..<head.count, of: head.map(\.hash)).before)
        }
        if let tail {
            let end = tail.prefix { $0.sequence <= sequences.upperBound }.count
            add("after", Merkle.beside(0..<end, of: tail.map(\.hash)).after)
        }
    }

    private mutating func add(_ name: String, _ hashes: [Digest]) {
        add(name, hashes.map { .string($0.hex) })
    }

    private mutating func add(_ name: String, _ list: [JSON]) {
        if !list.isEmpty { fields.append((name, .array(list))) }
    }

    private struct Fragment {
        let sequence: UInt64
        let hash: Digest
    }

    /// All of a part; nil when the ring has moved on over some.
    private static func fragments(of part: Leaf, in ring: CameraRing) -> [Fragment]? {
        guard let from = part.int("seq"), let count = part.int("count") else { return nil }
        let found = ring.stored(after: UInt64(from) - 1, limit: Int(count)).map { record in
            let entry = PartChain.entry(record)
            return Fragment(sequence: record.sequence, hash: Merkle.leafHash(entry.span))
        }
        return Merkle.root(of: found.map(\.hash)) == part.digest("root") ? found : nil
    }

    /// How many fragments of its first part stand before the clip.
    private static func place(
        of sequence: UInt64, in part: Leaf, _ fragments: [Fragment]?
    ) -> Int? {
        if let fragments { return fragments.firstIndex { $0.sequence == sequence } }
        guard let from = part.int("seq"), let to = part.int("seq_to"),
            let count = part.int("count"),
            to - from + 1 == count, (from...to).contains(Int64(sequence))
        else { return nil }
        return Int(Int64(sequence) - from)
    }
}
