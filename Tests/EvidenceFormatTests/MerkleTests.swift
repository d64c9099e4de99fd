import Base
import Crypto
import EvidenceFormat
import Testing

@Suite struct MerkleTests {
    /// The vectors that Certificate Transparency's own implementations are tested with.
    static let leaves = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    static let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test func `roots equal the RFC 6962 vectors`() throws {
        let hashes = try Self.leaves.map { text in
            let leaf = try #require([UInt8](hex: text))
            return Merkle.leafHash(leaf.span)
        }
        for (size, root) in Self.roots.enumerated() {
            #expect(Merkle.root(of: Array(hashes.prefix(size))).hex == root)
        }
    }

    @Test func `node hashes a one, the left and the right`() {
        let left = SHA256.hash([1].span), right = SHA256.hash([2].span)
        #expect(Merkle.node(left, right) == SHA256.hash(([1] + left.bytes + right.bytes).span))
    }

    @Test func `roots and proofs of every size to 300 equal the RFC's recursion`() throws {
        let all = leafHashes(300)
        let naive = NaiveTree(all)
        var random = SeededRandom(seed: 1)
        for size in 0...300 {
            let tiles = MemoryTiles(all.prefix(size))
            let root = naive.root(0..<size)
            #expect(tiles.edge.root == root)
            #expect(try TileProof.root(size: UInt64(size), reader: tiles) == root)
            var edge = try TreeEdge(size: UInt64(size), reader: tiles, expecting: root)
            edge.append(all[0])
            #expect(edge.root == naiveRoot(Array(all.prefix(size)) + [all[0]]))
            guard size > 0 else { continue }
            for index in [0, size - 1, Int.random(in: 0..<size, using: &random)] {
                let path = try TileProof.inclusion(
                    index: UInt64(index), size: UInt64(size), reader: tiles, expecting: root)
                #expect(path == naive.path(index, 0..<size))
                #expect(
                    Merkle.verifyInclusion(
                        leaf: all[index], index: UInt64(index), size: UInt64(size), proof: path,
                        root: root))
            }
            for old in [1, size / 2, size - 1, size, Int.random(in: 1...size, using: &random)] {
                try expectConsistency(naive, tiles, old, size)
            }
        }
    }

    private func naiveRoot(_ leaves: [Digest]) -> Digest {
        NaiveTree(leaves).root(0..<leaves.count)
    }

    private func expectConsistency(
        _ naive: NaiveTree, _ tiles: MemoryTiles, _ old: Int, _ size: Int
    ) throws {
        let root = naive.root(0..<size)
        let proof = try TileProof.consistency(
            from: UInt64(old), to: UInt64(size), reader: tiles, expecting: root)
        #expect(proof == (old == 0 ? [] : naive.consistency(old, size)))
        #expect(
            Merkle.verifyConsistency(
                from: UInt64(old), root: naive.root(0..<old), to: UInt64(size), root: root,
                proof: proof))
    }

    @Test(arguments: [65_535, 65_536, 65_537, 70_000])
    func `three levels of tiles prove as the recursion does`(size: Int) throws {
        let all = leafHashes(size)
        let naive = NaiveTree(all)
        let tiles = MemoryTiles(all)
        let root = naive.root(0..<size)
        #expect(tiles.edge.root == root)
        #expect(tiles.levels.map(\.count) == [size, size >> 8] + (size >> 16 > 0 ? [1] : []))
        for index in [0, 255, 256, 32_768, 65_279, size - 1] {
            let path = try TileProof.inclusion(
                index: UInt64(index), size: UInt64(size), reader: tiles, expecting: root)
            #expect(path == naive.path(index, 0..<size))
            let shorter = try TileProof.inclusion(
                index: UInt64(index), size: UInt64(index + 1), reader: tiles)
            #expect(shorter == naive.path(index, 0..<index + 1))
        }
        for old in [0, 1, 255, 256, 257, 32_768, 40_000, 65_280, size - 1, size] {
            try expectConsistency(naive, tiles, old, size)
        }
    }

    @Test func `a proof with any hash, index, size or root changed is false`() {
        let all = leafHashes(100)
        let naive = NaiveTree(all)
        let root = naive.root(0..<100), path = naive.path(37, 0..<100)
        func holds(
            _ leaf: Digest, _ index: UInt64, _ size: UInt64, _ path: [Digest], _ root: Digest
        ) -> Bool {
            Merkle.verifyInclusion(leaf: leaf, index: index, size: size, proof: path, root: root)
        }
        #expect(holds(all[37], 37, 100, path, root))
        #expect(!holds(all[36], 37, 100, path, root))
        #expect(!holds(all[37], 36, 100, path, root))
        #expect(!holds(all[37], 100, 100, path, root))
        #expect(!holds(all[37], 37, 0, path, root))
        #expect(!holds(all[37], 37, 20, path, root))
        #expect(!holds(all[37], 37, .max, path, root))
        #expect(!holds(all[37], 37, 100, path, all[0]))
        #expect(!holds(all[37], 37, 100, path + [root], root))
        #expect(!holds(all[37], 37, 100, path.dropLast(), root))
        #expect(!holds(all[37], 37, 100, Array(repeating: root, count: 10_000), root))
        for i in path.indices {
            var bad = path
            bad[i] = all[0]
            #expect(!holds(all[37], 37, 100, bad, root))
        }
    }

    @Test func `a consistency proof with anything changed is false`() {
        let all = leafHashes(100)
        let naive = NaiveTree(all)
        let old = naive.root(0..<37), new = naive.root(0..<100), proof = naive.consistency(37, 100)
        func holds(
            _ from: UInt64, _ old: Digest, _ to: UInt64, _ new: Digest, _ proof: [Digest]
        ) -> Bool {
            Merkle.verifyConsistency(from: from, root: old, to: to, root: new, proof: proof)
        }
        #expect(holds(37, old, 100, new, proof))
        #expect(!holds(36, old, 100, new, proof))
        #expect(!holds(37, new, 100, new, proof))
        #expect(!holds(37, old, 100, old, proof))
        #expect(!holds(100, new, 37, old, proof))
        #expect(!holds(37, old, 100, new, []))
        #expect(!holds(37, old, 100, new, proof + [new]))
        #expect(!holds(100, new, 100, new, [new]))
        #expect(holds(0, Merkle.emptyRoot, 100, new, []))
        #expect(!holds(0, Merkle.emptyRoot, 100, new, proof))
        #expect(!holds(0, Merkle.emptyRoot, 0, new, []))
        #expect(!holds(0, old, 100, new, []))
        #expect(!holds(.max, old, .max, new, []))
        for i in proof.indices {
            var bad = proof
            bad[i] = all[0]
            #expect(!holds(37, old, 100, new, bad))
        }
    }

    @Test func `a proof of a leaf that is not there is refused`() {
        let tiles = MemoryTiles(leafHashes(10))
        #expect(throws: Failure.self) {
            try TileProof.inclusion(index: 10, size: 10, reader: tiles)
        }
        #expect(throws: Failure.self) { try TileProof.inclusion(index: 0, size: 0, reader: tiles) }
        #expect(throws: Failure.self) { try TileProof.consistency(from: 11, to: 10, reader: tiles) }
        #expect(throws: Failure.self) { try TileProof.root(size: .max, reader: tiles) }
    }
}

/// T20: a store that hands out forged hashes.
@Suite struct ForgedTileTests {
    static let size = 70_000
    static let honest = MemoryTiles(leafHashes(size))

    private func kind(of body: () throws -> Void) -> (FailureKind, String)? {
        do {
            try body()
            return nil
        } catch let failure as Failure {
            return (failure.kind, failure.words)
        } catch {
            return nil
        }
    }

    @Test(arguments: [true, false])
    func `a forged full inner tile is an error that names it`(knowsRoot: Bool) throws {
        var forged = Self.honest
        // A leaf of tile 3 that the proof of leaf 1000 does not need.
        forged.levels[0][3 * 256 + 7] = .zero
        let failure = try #require(
            kind {
                _ = try TileProof.inclusion(
                    index: 1000, size: UInt64(Self.size), reader: forged,
                    expecting: knowsRoot ? Self.honest.edge.root : nil)
            })
        #expect(failure.0 == .corrupt)
        #expect(failure.1.contains("level 0 tile 3 "))
    }

    @Test func `a forged leaf with its whole tile recomputed is still an error`() throws {
        var forged = Self.honest
        let index = 20_000
        forged.levels[0][index] = .zero
        forged.levels[1][index / 256] = Merkle.root(
            of: Array(forged.levels[0][index / 256 * 256..<index / 256 * 256 + 256]))
        let failure = try #require(
            kind {
                _ = try TileProof.inclusion(
                    index: UInt64(index), size: UInt64(Self.size), reader: forged)
            })
        #expect(failure.0 == .corrupt)
        #expect(failure.1.contains("level 1 tile 0 "))
    }

    @Test(arguments: [(0, 69_999), (1, 272), (2, 0)])
    func `a forged hash of the right edge is an error against the root`(
        level: Int, position: Int
    ) throws {
        var forged = Self.honest
        forged.levels[level][position] = .zero
        let root = Self.honest.edge.root
        for body in [
            {
                _ = try TileProof.inclusion(index: 5, size: 70_000, reader: forged, expecting: root)
            },
            {
                _ = try TileProof.consistency(
                    from: 5, to: 70_000, reader: forged, expecting: root)
            },
            { _ = try TreeEdge(size: 70_000, reader: forged, expecting: root) },
        ] {
            let failure = try #require(kind(of: body))
            #expect(failure.0 == .corrupt)
            #expect(failure.1.contains("level \(level) tile"))
        }
    }

    @Test func `any forged hash that a proof reads is an error`() {
        var random = SeededRandom(seed: 20)
        for _ in 0..<40 {
            let index = Int.random(in: 0..<Self.size, using: &random)
            var forged = Self.honest
            let level = Int.random(in: 0..<3, using: &random)
            let row = forged.levels[level].count
            let tile = min(index >> (8 * level), row - 1) / 256 * 256
            let end = min(tile + 256, row)
            forged.levels[level][Int.random(in: tile..<end, using: &random)] = .zero
            let failure = kind {
                _ = try TileProof.inclusion(
                    index: UInt64(index), size: UInt64(Self.size), reader: forged,
                    expecting: Self.honest.edge.root)
            }
            #expect(failure?.0 == .corrupt)
        }
    }

    @Test func `a store that returns too few hashes is an error`() {
        struct Short: TileReader {
            func hashes(level: Int, from: UInt64, count: Int) throws(Failure) -> [Digest] { [] }
        }
        #expect(throws: Failure.self) { try TileProof.root(size: 5, reader: Short()) }
    }
}
