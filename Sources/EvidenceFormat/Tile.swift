package import Base

/// Where the hashes of a tree are kept: level 0 holds every leaf hash, level L the root of every
/// complete subtree of 256^L leaves, each level one flat row.
package protocol TileReader {
    /// Hashes `from..<from + count` of `level`. At most 256, never across a multiple of 256, and
    /// only such as a tree of the size in question has stored. May return what a broken disk or an
    /// attacker left there: the caller checks.
    func hashes(level: Int, from: UInt64, count: Int) throws(Failure) -> [Digest]
}

package enum Tile {
    /// Levels of the tree in one tile.
    package static let height = 8
    package static let hashCount = 256
}

/// The stored hashes of a tree of one size, each read once and believed only after a check: a full
/// tile against its entry one level up, and so on to the right edge; the right edge against the
/// root. Without this a store could hand out proofs of leaves that never were.
struct CheckedTiles<Reader: TileReader> {
    private struct Key: Hashable {
        let level: Int
        let index: UInt64
    }

    /// Kept at a time: 4 MB. A walk over neighbours needs one of each level.
    private static var tilesMax: Int { 256 }

    let size: UInt64
    private let reader: Reader
    private var tiles: [Key: HashedTile] = [:]

    init(size: UInt64, reader: Reader, root: Digest?) throws(Failure) {
        guard size <= Merkle.sizeMax else {
            throw Failure(.invalid, "a tree of \(size) leaves is larger than any log")
        }
        self.size = size
        self.reader = reader
        guard let root else { return }
        guard try self.root() == root else { throw edgeFailure() }
    }

    /// Level and number of the edge tiles stand in the words: one of them is wrong, and only the
    /// layers below can tell which.
    private func edgeFailure() -> Failure {
        var names: [String] = []
        for level in 0..<8 where stored(level) % UInt64(Tile.hashCount) != 0 {
            names.append("level \(level) tile \(stored(level) / UInt64(Tile.hashCount))")
        }
        return Failure(
            .corrupt,
            "the stored hashes do not lead to the root at size \(size); at fault is one of "
                + "\(names.joined(separator: ", ")); rebuild the levels from the leaves")
    }

    /// How many hashes of `level` are stored.
    private func stored(_ level: Int) -> UInt64 {
        level * Tile.height < UInt64.bitWidth ? size >> UInt64(level * Tile.height) : 0
    }

    private mutating func tile(level: Int, index: UInt64) throws(Failure) -> HashedTile {
        if let tile = tiles[Key(level: level, index: index)] { return tile }
        let start = index * UInt64(Tile.hashCount)
        let count = Int(min(UInt64(Tile.hashCount), stored(level) - start))
        let hashes = try reader.hashes(level: level, from: start, count: count)
        guard hashes.count == count else {
            throw Failure(
                .corrupt,
                "level \(level) tile \(index) has \(hashes.count) hashes instead of \(count); "
                    + "rebuild the levels from the leaves")
        }
        let tile = HashedTile(hashes)
        if count == Tile.hashCount {
            guard try hash(storedAt: level + 1, index) == tile.root(height: Tile.height, at: 0)
            else {
                throw Failure(
                    .corrupt,
                    "level \(level) tile \(index) does not lead to its entry on level "
                        + "\(level + 1); rebuild the levels from the leaves")
            }
        }
        if tiles.count >= Self.tilesMax { tiles.removeAll(keepingCapacity: true) }
        tiles[Key(level: level, index: index)] = tile
        return tile
    }

    private mutating func hash(
        storedAt level: Int, _ position: UInt64
    ) throws(Failure) -> Digest {
        let tile = try tile(level: level, index: position / UInt64(Tile.hashCount))
        return tile.root(height: 0, at: Int(position % UInt64(Tile.hashCount)))
    }

    /// The root of a perfect subtree, from one slice of one tile.
    private mutating func perfect(from: UInt64, height: Int) throws(Failure) -> Digest {
        let level = height / Tile.height
        let first = from >> UInt64(level * Tile.height)
        let offset = Int(first % UInt64(Tile.hashCount))
        let tile = try tile(level: level, index: first / UInt64(Tile.hashCount))
        return tile.root(height: height % Tile.height, at: offset)
    }

    /// From the largest to the smallest; their widths are the one-bits of the size.
    mutating func perfectSubtrees() throws(Failure) -> [Digest] {
        var hashes: [Digest] = []
        var from: UInt64 = 0
        while from < size {
            let height = UInt64.bitWidth - 1 - (size - from).leadingZeroBitCount
            hashes.append(try perfect(from: from, height: height))
            from += 1 << UInt64(height)
        }
        return hashes
    }

    mutating func root() throws(Failure) -> Digest {
        guard size > 0 else { return Merkle.emptyRoot }
        return try hash(of: 0..<size)
    }

    /// The hash of a range that RFC 6962's splitting produces: perfect, or open to the right edge.
    mutating func hash(of range: Range<UInt64>) throws(Failure) -> Digest {
        let width = range.upperBound - range.lowerBound
        if width.nonzeroBitCount == 1 {
            return try perfect(from: range.lowerBound, height: width.trailingZeroBitCount)
        }
        let (left, right) = range.treeHalves
        return Merkle.node(try hash(of: left), try hash(of: right))
    }
}

/// A tile's hashes with the roots of all complete subtrees over them: checking the tile makes them
/// anyway, and every proof through it needs some.
private struct HashedTile {
    private let rows: [[Digest]]

    init(_ hashes: [Digest]) {
        var rows = [hashes]
        var row = hashes
        while row.count > 1 {
            row = (0..<row.count / 2).map { Merkle.node(row[2 * $0], row[2 * $0 + 1]) }
            rows.append(row)
        }
        self.rows = rows
    }

    /// Of the subtree of 2^height hashes that begins with the one at `offset`.
    func root(height: Int, at offset: Int) -> Digest { rows[height][offset >> height] }
}

extension Range<UInt64> {
    /// RFC 6962's split: the left half is the largest power of two below the width.
    var treeHalves: (left: Range, right: Range) {
        let width = upperBound - lowerBound
        let middle = lowerBound + 1 << UInt64(UInt64.bitWidth - 1 - (width - 1).leadingZeroBitCount)
        return (lowerBound..<middle, middle..<upperBound)
    }
}
