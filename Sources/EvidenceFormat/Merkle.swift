package import Base
internal import Crypto

/// The hashes of RFC 6962 (SHA-256), and the two proofs that follow from them.
package enum Merkle {
    /// Sizes stay within what JSON can write.
    package static let sizeMax = UInt64(JSON.intRange.upperBound)
    /// No proof in a tree of `sizeMax` leaves is longer.
    package static let proofCountMax = 64

    /// SHA-256 of nothing.
    package static let emptyRoot = SHA256.hash([UInt8]().span)

    package static func leafHash(_ leaf: Span<UInt8>) -> Digest {
        let prefix: InlineArray<1, UInt8> = [0]
        var hash = SHA256()
        hash.update(prefix.span)
        hash.update(leaf)
        return hash.finish()
    }

    package static func node(_ left: Digest, _ right: Digest) -> Digest {
        var bytes = InlineArray<65, UInt8>(repeating: 1)
        var span = bytes.mutableSpan
        left.write(to: &span, at: 1)
        right.write(to: &span, at: 33)
        return SHA256.hash(bytes.span)
    }

    /// The root over leaf hashes. For lists that fit in memory; the log itself uses `TreeEdge`.
    package static func root(of hashes: [Digest]) -> Digest {
        var edge = TreeEdge()
        for hash in hashes { edge.append(hash) }
        return edge.root
    }

    /// RFC 9162, 2.1.3.2. False, never a trap, whatever the proof holds.
    package static func verifyInclusion(
        leaf: Digest, index: UInt64, size: UInt64, proof: [Digest], root: Digest
    ) -> Bool {
        guard size <= sizeMax, index < size, proof.count <= proofCountMax else { return false }
        var node = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = self.node(sibling, hash)
                while node & 1 == 0 && node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = self.node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// RFC 9162, 2.1.4.2. From an empty tree there is nothing to prove, so the proof must be empty.
    package static func verifyConsistency(
        from oldSize: UInt64, root oldRoot: Digest, to newSize: UInt64, root newRoot: Digest,
        proof: [Digest]
    ) -> Bool {
        guard newSize <= sizeMax, oldSize <= newSize, proof.count <= proofCountMax else {
            return false
        }
        if newSize == 0 { guard newRoot == emptyRoot else { return false } }
        if oldSize == 0 { return proof.isEmpty && oldRoot == emptyRoot }
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        var node = oldSize - 1
        var last = newSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        var rest = proof[...]
        guard let first = node == 0 ? oldRoot : rest.popFirst() else { return false }
        var old = first
        var new = first
        for sibling in rest {
            guard last > 0 else { return false }
            if node & 1 == 1 || node == last {
                old = self.node(sibling, old)
                new = self.node(sibling, new)
                while node & 1 == 0 && node > 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                new = self.node(new, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
