package import Base

/// A run of leaves that lie side by side, proven together: the roots of the largest subtrees before
/// and after it, from left to right. Where a clip is cut out of a part, this is what proves it.
extension Merkle {
    /// What a verifier needs beside a run that is not empty.
    package static func beside(
        _ run: Range<Int>, of hashes: [Digest]
    ) -> (before: [Digest], after: [Digest]) {
        var sides: (before: [Digest], after: [Digest]) = ([], [])
        func add(_ tree: Range<Int>) {
            if tree.upperBound <= run.lowerBound {
                sides.before.append(root(of: Array(hashes[tree])))
            } else if tree.lowerBound >= run.upperBound {
                sides.after.append(root(of: Array(hashes[tree])))
            } else if tree.count > 1 {
                let middle = tree.lowerBound + Int(leftCount(UInt64(tree.count)))
                add(tree.lowerBound..<middle)
                add(middle..<tree.upperBound)
            }
        }
        add(0..<hashes.count)
        return sides
    }

    /// The root that a run leads to in a tree of `size` leaves, from the leaf `start` on. Nil,
    /// never a trap, when the run does not fit in, or too many or too few hashes are beside it.
    package static func root(
        ofRun run: [Digest], from start: UInt64, size: UInt64, before: [Digest], after: [Digest]
    ) -> Digest? {
        guard !run.isEmpty, size <= sizeMax, start < size, UInt64(run.count) <= size - start
        else { return nil }
        let end = start + UInt64(run.count)
        var (before, after) = (before[...], after[...])
        func hash(_ tree: Range<UInt64>) -> Digest? {
            if tree.upperBound <= start { return before.popFirst() }
            if tree.lowerBound >= end { return after.popFirst() }
            let count = tree.upperBound - tree.lowerBound
            if count == 1 { return run[Int(tree.lowerBound - start)] }
            let middle = tree.lowerBound + leftCount(count)
            guard let left = hash(tree.lowerBound..<middle),
                let right = hash(middle..<tree.upperBound)
            else { return nil }
            return node(left, right)
        }
        let root = hash(0..<size)
        return before.isEmpty && after.isEmpty ? root : nil
    }

    /// RFC 6962: the largest power of two below the count, which is 2 at least.
    private static func leftCount(_ count: UInt64) -> UInt64 {
        1 << UInt64(UInt64.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    }
}
