internal import Base
internal import Crypto
internal import EvidenceFormat
internal import FragmentFormat

/// Step 8: a clip begins with the init segment of its leaf, and its fragments, with the hashes that
/// its leaf has of others beside them, lead to the roots that were committed with them.
extension BundleCheck {
    /// `uuid` and `moof` of a fragment with the most samples.
    private static let headBytesMax: UInt64 = 8 << 10

    func checkClips() {
        for file in clips {
            do throws(Failure) {
                let leaf = try self.leaf(file.leaf)
                let name = BundleNames.payload(file.index, mime: leaf.string("mime") ?? "")
                guard let payload = source.files.position(of: name),
                    leaf.int("len") == Int64(source.files.byteCount(payload))
                else { continue }
                try check(leaf, payload, name)
            } catch {
                result.add(step: 8, file: source.files.name(Int(file.leaf)), error.words)
            }
        }
    }

    private func check(_ leaf: Leaf, _ payload: Int, _ name: String) throws(Failure) {
        func report(_ words: String) {
            result.add(step: 8, record: leaf.id, file: name, words)
        }
        guard try beginsWithInit(payload, leaf) else {
            return report("does not begin with the init segment of its leaf")
        }
        let ordinals = (leaf.body["parts"]?.array ?? []).compactMap(\.int)
        var loose = "any"
        if !ordinals.isEmpty {
            guard let fragments = try fragments(payload, from: UInt64(leaf.int("init_len") ?? 0))
            else { return report("is not made of whole fragments") }
            let proven = prove(fragments, of: leaf, ordinals, report)
            if let proven { loose = String(fragments.count - proven) } else { return }
        }
        if loose != "0", leaf.string("use") != "stream" {
            result.add(
                .note, step: 8, record: leaf.id, file: name,
                "no part of the camera's proves \(loose) of its fragments")
        }
    }

    /// How many fragments the parts prove; nil when one of them proves something else.
    private func prove(
        _ fragments: [Digest], of leaf: Leaf, _ ordinals: [Int64], _ report: (String) -> Void
    ) -> Int? {
        guard let skip = leaf.int("skip"), let camera = leaf.string("cam") else { return 0 }
        func hashes(_ name: String, if isThere: Bool) -> [Digest] {
            isThere
                ? (leaf.body[name]?.array ?? []).compactMap { $0.string.flatMap(Digest.init(hex:)) }
                : []
        }
        var (done, proven) = (0, 0)
        for (place, n) in ordinals.enumerated() {
            guard let part = parts[camera, n] else {
                report("names part \(n) of \(camera), which is not here")
                return nil
            }
            let start = place == 0 ? skip : 0
            let run = Array(fragments[done...].prefix(Int(max(0, part.count - start))))
            done += run.count
            let before = hashes("before", if: place == 0)
            let after = hashes("after", if: place == ordinals.count - 1)
            let isCut = start + Int64(run.count) < part.count
            // The ring had moved on over the part's other fragments when the clip was made.
            let isUnknown =
                (start > 0 && before.isEmpty) || (isCut && after.isEmpty && done == fragments.count)
            if isUnknown, !run.isEmpty, place == 0 || place == ordinals.count - 1 { continue }
            let root = Merkle.root(
                ofRun: run, from: UInt64(start), size: UInt64(part.count), before: before,
                after: after)
            guard root == part.root, part.initHash == leaf.digest("init") else {
                report("has other fragments than part \(n) of \(camera) was committed with")
                return nil
            }
            proven += run.count
        }
        return proven
    }

    func beginsWithInit(_ payload: Int, _ leaf: Leaf) throws(Failure) -> Bool {
        guard let count = leaf.int("init_len"), let hash = leaf.digest("init"),
            UInt64(count) <= source.files.byteCount(payload)
        else { return false }
        return try source.open(payload).hash(0..<UInt64(count)) == hash
    }

    /// What each fragment is in the tree of a part; nil when there is something else.
    private func fragments(_ payload: Int, from start: UInt64) throws(Failure) -> [Digest]? {
        let file = try source.open(payload)
        var found: [Digest] = []
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
            found.append(Merkle.leafHash(entry.span))
            at = end
        }
        return found
    }
}
