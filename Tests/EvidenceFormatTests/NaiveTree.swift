import Base
import EvidenceFormat

/// RFC 6962, section 2.1, written down word for word and slowly: the other opinion.
final class NaiveTree {
    let leaves: [Digest]
    private var known: [Range<Int>: Digest] = [:]

    init(_ leaves: [Digest]) { self.leaves = leaves }

    func root(_ range: Range<Int>) -> Digest {
        if range.isEmpty { return Merkle.emptyRoot }
        if range.count == 1 { return leaves[range.lowerBound] }
        if let digest = known[range] { return digest }
        let k = split(range.count)
        let digest = Merkle.node(
            root(range.lowerBound..<range.lowerBound + k),
            root(range.lowerBound + k..<range.upperBound))
        known[range] = digest
        return digest
    }

    func path(_ m: Int, _ range: Range<Int>) -> [Digest] {
        if range.count == 1 { return [] }
        let k = split(range.count)
        let left = range.lowerBound..<range.lowerBound + k
        let right = range.lowerBound + k..<range.upperBound
        return m < k ? path(m, left) + [root(right)] : path(m - k, right) + [root(left)]
    }

    func consistency(_ m: Int, _ n: Int) -> [Digest] { subproof(m, 0..<n, true) }

    private func subproof(_ m: Int, _ range: Range<Int>, _ complete: Bool) -> [Digest] {
        if m == range.count { return complete ? [] : [root(range)] }
        let k = split(range.count)
        let left = range.lowerBound..<range.lowerBound + k
        let right = range.lowerBound + k..<range.upperBound
        return m <= k
            ? subproof(m, left, complete) + [root(right)]
            : subproof(m - k, right, false) + [root(left)]
    }

    private func split(_ n: Int) -> Int {
        var k = 1
        while k * 2 < n { k *= 2 }
        return k
    }
}

/// Tiles in memory, written by `TreeEdge`; a test may damage them.
struct MemoryTiles: TileReader {
    var levels: [[Digest]] = [[]]
    var edge = TreeEdge()

    init(_ leaves: some Sequence<Digest>) {
        var levels = self.levels
        for leaf in leaves {
            edge.append(leaf) { level, hash in
                if level == levels.count { levels.append([]) }
                levels[level].append(hash)
            }
        }
        self.levels = levels
    }

    func hashes(level: Int, from: UInt64, count: Int) throws(Failure) -> [Digest] {
        precondition((1...256).contains(count) && Int(from) / 256 == (Int(from) + count - 1) / 256)
        guard level < levels.count, Int(from) + count <= levels[level].count else {
            throw Failure(.io, "read past level \(level)")
        }
        return Array(levels[level][Int(from)..<Int(from) + count])
    }
}

func leafHashes(_ count: Int) -> [Digest] {
    (0..<count).map { Merkle.leafHash(Array("leaf \($0)".utf8).span) }
}
