internal import Base
internal import Crypto
internal import EvidenceFormat
internal import FragmentFormat

/// Step 8: a clip begins with the init segment of its leaf, and those of its fragments that make up
/// a whole part lead to the root that was committed when they were recorded.
extension BundleCheck {
    /// `uuid` and `moof` of a fragment with the most samples.
    private static let headBytesMax: UInt64 = 8 << 10

    private struct Fragment {
        let sequence: UInt32
        let hash: Digest
    }

    func checkClips() {
        for file in clips {
            do throws(Failure) {
                let leaf = try self.leaf(file.leaf)
                let name = BundleNames.payload(file.index, mime: leaf.string("mime") ?? "")
                guard let payload = source.files.position(of: name),
                    leaf.int("len") == Int64(source.files.byteCount(payload))
                else { continue }
                try check(leaf, payload) { words in
                    result.add(step: 8, record: leaf.id, file: name, words)
                }
            } catch {
                result.add(step: 8, file: source.files.name(Int(file.leaf)), error.words)
            }
        }
    }

    private func check(
        _ leaf: Leaf, _ payload: Int, _ report: (String) -> Void
    ) throws(Failure) {
        guard try beginsWithInit(payload, leaf) else {
            return report("does not begin with the init segment of its leaf")
        }
        let ordinals = (leaf.body["parts"]?.array ?? []).compactMap(\.int)
        guard !ordinals.isEmpty, let camera = leaf.string("cam") else { return }
        guard let fragments = try fragments(payload, from: UInt64(leaf.int("init_len") ?? 0))
        else { return report("is not made of whole fragments") }
        for n in ordinals {
            guard let part = parts[camera, n] else {
                report("names part \(n) of \(camera), which is not here")
                continue
            }
            guard let sequences = part.sequences else { continue }
            let first = UInt32(truncatingIfNeeded: sequences.lowerBound)
            let span = sequences.upperBound - sequences.lowerBound
            let mine = fragments.filter { Int64($0.sequence &- first) <= span }
            guard Int64(mine.count) == part.count else { continue }
            if Merkle.root(of: mine.map(\.hash)) != part.root
                || part.initHash != leaf.digest("init")
            {
                report("has other fragments than part \(n) of \(camera) was committed with")
            }
        }
    }

    func beginsWithInit(_ payload: Int, _ leaf: Leaf) throws(Failure) -> Bool {
        guard let count = leaf.int("init_len"), let hash = leaf.digest("init"),
            UInt64(count) <= source.files.byteCount(payload)
        else { return false }
        return try source.open(payload).hash(0..<UInt64(count)) == hash
    }

    /// What each fragment is in the tree of a part; nil when there is something else.
    private func fragments(_ payload: Int, from start: UInt64) throws(Failure) -> [Fragment]? {
        let file = try source.open(payload)
        var found: [Fragment] = []
        var buffer: [UInt8] = []
        var at = start
        while at < file.byteCount {
            let count = min(Self.headBytesMax, file.byteCount - at)
            try file.read(at: at, count: Int(count), into: &buffer)
            guard let (head, length) = FragmentHead.parse(buffer.span),
                file.byteCount - at >= UInt64(length + head.mediaBytes)
            else { return nil }
            let end = at + UInt64(length + head.mediaBytes)
            var entry: [UInt8] = []
            let first = head.samples.map(\.instant).min() ?? .distantPast
            entry.appendBigEndian(first.microseconds)
            entry.appendBigEndian(end - at)
            try file.hash(at..<end).append(to: &entry)
            found.append(
                Fragment(sequence: head.sequence, hash: Merkle.leafHash(entry.span)))
            at = end
        }
        return found
    }
}
