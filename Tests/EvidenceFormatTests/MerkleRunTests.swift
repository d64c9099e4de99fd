import Base
import Crypto
import EvidenceFormat
import Testing

@Suite struct MerkleRunTests {
    private static func hashes(_ count: Int) -> [Digest] {
        (0..<count).map { SHA256.hash([UInt8(truncatingIfNeeded: $0)].span) }
    }

    private static func root(
        _ hashes: [Digest], _ run: Range<Int>, _ sides: (before: [Digest], after: [Digest])
    ) -> Digest? {
        Merkle.root(
            ofRun: Array(hashes[run]), from: UInt64(run.lowerBound), size: UInt64(hashes.count),
            before: sides.before, after: sides.after)
    }

    @Test func `every run of every small tree leads to the tree's root`() {
        for count in 1...33 {
            let hashes = Self.hashes(count)
            let root = Merkle.root(of: hashes)
            for low in 0..<count {
                for high in low + 1...count {
                    let sides = Merkle.beside(low..<high, of: hashes)
                    #expect(Self.root(hashes, low..<high, sides) == root)
                    #expect(sides.before.count <= 6 && sides.after.count <= 6)
                    #expect(sides.before.isEmpty == (low == 0))
                    #expect(sides.after.isEmpty == (high == count))
                }
            }
        }
    }

    @Test func `a run of one has the hashes of its inclusion proof`() {
        let hashes = Self.hashes(5)
        let node = Merkle.node
        let sides = Merkle.beside(2..<3, of: hashes)
        #expect(sides.before == [node(hashes[0], hashes[1])])
        #expect(sides.after == [hashes[3], hashes[4]])
    }

    @Test func `nothing but the very run at its very place leads there`() {
        let hashes = Self.hashes(11)
        let root = Merkle.root(of: hashes)
        let run = 3..<9
        let sides = Merkle.beside(run, of: hashes)
        let (before, after) = sides
        for i in run {
            var other = hashes
            other[i] = hashes[0]
            #expect(Self.root(other, run, sides) != root)
        }
        for wrong in [
            (before.reversed(), after), (before.dropLast(), after), (before + after, after),
            (before, after.dropLast()), (before, after + after), (after, before), ([], []),
        ] as [([Digest], [Digest])] {
            #expect(Self.root(hashes, run, (wrong.0, wrong.1)) != root)
        }
        for shifted in [2..<8, 4..<10, 3..<8, 3..<10] {
            #expect(Self.root(hashes, shifted, sides) != root)
        }
    }

    @Test func `what cannot be is nil, whatever the numbers`() {
        let hashes = Self.hashes(3)
        func root(_ run: [Digest], _ start: UInt64, _ size: UInt64) -> Digest? {
            Merkle.root(ofRun: run, from: start, size: size, before: hashes, after: hashes)
        }
        #expect(root([], 0, 3) == nil)
        #expect(root(hashes, 0, 2) == nil)
        #expect(root(hashes, 2, 4) == nil)
        #expect(root(hashes, .max, .max) == nil)
        #expect(root(hashes, 0, .max) == nil)
        #expect(root(hashes, Merkle.sizeMax - 1, Merkle.sizeMax) == nil)
        #expect(root(hashes, 5, Merkle.sizeMax) == nil)
    }
}
