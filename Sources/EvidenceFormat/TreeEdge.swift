package import Base

/// The right edge of a growing tree: one hash per one-bit of its size, enough to append and to tell
/// the root. Owned by whoever appends.
package struct TreeEdge: Sendable {
    package private(set) var size: UInt64
    /// Roots of the perfect subtrees, from the largest (leftmost) to the smallest.
    private var subtrees: [Digest]

    package init() {
        size = 0
        subtrees = []
    }

    /// `completed` gets what is to be stored: level 0 for every leaf, level 1 whenever 256 leaves
    /// are complete, level 2 whenever 65 536 are. Appended to one flat file per level, these are
    /// the tiles of C2SP tlog-tiles.
    package mutating func append(
        _ leafHash: Digest, completed: (_ level: Int, _ hash: Digest) -> Void = { _, _ in }
    ) {
        precondition(size < Merkle.sizeMax)
        completed(0, leafHash)
        var hash = leafHash
        var height = 0
        while size >> UInt64(height) & 1 == 1 {
            hash = Merkle.node(subtrees.removeLast(), hash)
            height += 1
            if height % Tile.height == 0 { completed(height / Tile.height, hash) }
        }
        subtrees.append(hash)
        size += 1
    }

    package var root: Digest {
        guard var root = subtrees.last else { return Merkle.emptyRoot }
        for subtree in subtrees.dropLast().reversed() { root = Merkle.node(subtree, root) }
        return root
    }
}

extension TreeEdge {
    /// Rebuilds the edge from stored hashes. Everything read is part of the root, so comparing
    /// `root` with a signed checkpoint checks it all; `expecting` does that here.
    package init(
        size: UInt64, reader: some TileReader, expecting root: Digest? = nil
    ) throws(Failure) {
        var tiles = try CheckedTiles(size: size, reader: reader, root: root)
        self.size = size
        subtrees = try tiles.perfectSubtrees()
    }
}
