internal import Base
internal import EvidenceFormat

/// The parts that clips here name: what was committed of a camera's footage when it was recorded.
struct PartTable {
    struct Part {
        let root: Digest
        let initHash: Digest
        let count: Int64
        let hash: Digest
    }

    private struct Key: Hashable {
        let camera: [UInt8]
        let ordinal: Int64
    }

    private var parts: [Key: Part] = [:]

    mutating func add(_ leaf: Leaf, _ report: (String) -> Void) {
        guard let camera = leaf.string("cam"), let n = leaf.int("n"),
            let root = leaf.digest("root"), let initHash = leaf.digest("init"),
            let count = leaf.int("count"), let previous = leaf.digest("prev")
        else { return }
        if let before = self[camera, n - 1], before.hash != previous {
            report("is not tied to the part before it")
        }
        parts[Key(camera: Array(camera.utf8), ordinal: n)] = Part(
            root: root, initHash: initHash, count: count, hash: leaf.hash)
    }

    subscript(camera: String, ordinal: Int64) -> Part? {
        parts[Key(camera: Array(camera.utf8), ordinal: ordinal)]
    }
}
