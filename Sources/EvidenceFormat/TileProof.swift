package import Base

/// Proofs made from stored hashes. Given the root, everything that was read is checked before a
/// proof is returned, so a damaged or forged tile is an error and never a proof; without it, the
/// right edge is taken as it stands. Throws `.corrupt` naming level and tile.
package enum TileProof {
    /// RFC 6962's audit path, from the leaf's sibling up.
    package static func inclusion(
        index: UInt64, size: UInt64, reader: some TileReader, expecting root: Digest? = nil
    ) throws(Failure) -> [Digest] {
        var tiles = try CheckedTiles(size: size, reader: reader, root: root)
        return try tiles.inclusion(of: index)
    }

    /// RFC 6962's consistency proof. Empty from size 0 and between equal sizes.
    package static func consistency(
        from oldSize: UInt64, to size: UInt64, reader: some TileReader,
        expecting root: Digest? = nil
    ) throws(Failure) -> [Digest] {
        guard oldSize <= size else {
            throw Failure(.invalid, "a tree of \(size) leaves cannot continue one of \(oldSize)")
        }
        var tiles = try CheckedTiles(size: size, reader: reader, root: root)
        guard oldSize > 0, oldSize < size else { return [] }
        var range = 0..<size
        var proof: [Digest] = []
        while range.upperBound != oldSize {
            let (left, right) = range.treeHalves
            if oldSize <= left.upperBound {
                proof.append(try tiles.hash(of: right))
                range = left
            } else {
                proof.append(try tiles.hash(of: left))
                range = right
            }
        }
        // Where the old tree is a perfect subtree, the verifier knows its root already.
        if range.lowerBound > 0 { proof.append(try tiles.hash(of: range)) }
        return proof.reversed()
    }

    package static func root(
        size: UInt64, reader: some TileReader
    ) throws(Failure) -> Digest {
        var tiles = try CheckedTiles(size: size, reader: reader, root: nil)
        return try tiles.root()
    }
}

/// Many inclusion proofs in one tree: tiles that were read and checked serve the next proof too.
package struct TileProofs<Reader: TileReader> {
    private var tiles: CheckedTiles<Reader>

    package init(size: UInt64, reader: Reader, expecting root: Digest) throws(Failure) {
        tiles = try CheckedTiles(size: size, reader: reader, root: root)
    }

    package mutating func inclusion(of index: UInt64) throws(Failure) -> [Digest] {
        try tiles.inclusion(of: index)
    }
}

extension CheckedTiles {
    fileprivate mutating func inclusion(of index: UInt64) throws(Failure) -> [Digest] {
        guard index < size else {
            throw Failure(.invalid, "there is no leaf \(index) in a tree of \(size)")
        }
        var range = 0..<size
        var proof: [Digest] = []
        while range.count > 1 {
            let (left, right) = range.treeHalves
            if index < left.upperBound {
                proof.append(try hash(of: right))
                range = left
            } else {
                proof.append(try hash(of: left))
                range = right
            }
        }
        // The leaf's own tile is checked too, even where the proof does not need it.
        _ = try hash(of: range)
        return proof.reversed()
    }
}
