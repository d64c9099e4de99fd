import Base
import Crypto
import EvidenceFormat
import Foundation
import Testing

@Suite struct LeafTests {
    @Test(arguments: LeafKind.allCases)
    func `a leaf has the bytes of its golden file for ever`(kind: LeafKind) throws {
        let leaf = try Samples.leaf(kind)
        let golden = try Golden.read("leaves/\(kind.rawValue).json", else: leaf.bytes)
        #expect(leaf.bytes == golden)
        let read = try Leaf(parsing: golden)
        #expect(read.kind == kind)
        #expect(read.body.encode() == golden)
        #expect(read.body == leaf.body)
        #expect(read.id == Samples.id(1))
        #expect(read.time == Samples.time)
        #expect(read.hash == SHA256.hash(([0] + golden).span))
    }

    @Test func `no golden file is left without a kind`() throws {
        let names = try FileManager.default.contentsOfDirectory(
            atPath: Golden.folder.appendingPathComponent("leaves").path)
        #expect(Set(names) == Set(LeafKind.allCases.map { "\($0.rawValue).json" }))
    }

    @Test func `a leaf says what its common fields and fields say`() throws {
        let leaf = try Samples.leaf(.snapshot)
        #expect(leaf.site == "Plant 7")
        #expect(leaf.actor == "erp:odoo")
        #expect(leaf.session == "s-17")
        #expect(leaf.string("cam") == "press-3")
        #expect(leaf.int("len") == 301_234)
        #expect(leaf.digest("pay") == Samples.digest(1))
        #expect(leaf.time("t") == Samples.time.adding(seconds: -1))
        #expect(leaf.recordID("shot") == Samples.id(2))
        #expect(leaf.bool("clean") == nil)
        #expect(leaf.links.map(\.link.kind) == ["check", "work-order"])
        #expect(leaf.links[0].place == ChainPlace(ordinal: 2, previous: Samples.digest(9)))
        #expect(leaf.links[0].json == Samples.check)
        #expect(leaf.links[1].place == nil)
    }

    @Test func `the page of leaves is the table that leaves are checked with`() throws {
        let url = Golden.project.appendingPathComponent("docs/leaves.md")
        if Golden.writes { try Data(LeafSchema.markdown().utf8).write(to: url) }
        #expect(try String(contentsOf: url, encoding: .utf8) == LeafSchema.markdown())
    }

    @Test func `ext is reserved and read past`() throws {
        let ext: JSON = .object(JSONObject([("later", .array([.int(1)]))]))
        let leaf = try Leaf(
            kind: .incident, common: Samples.common,
            fields: Samples.fields(.incident) + [("ext", ext)])
        #expect(try Leaf(parsing: leaf.bytes).body["ext"] == ext)
    }

    private func refusal(_ bytes: [UInt8]) -> FailureKind? {
        do throws(Failure) {
            _ = try Leaf(parsing: bytes)
            return nil
        } catch {
            return error.kind
        }
    }

    private func altered(_ old: String, _ new: String) throws -> [UInt8] {
        let text = String(decoding: try Samples.leaf(.clock).bytes, as: UTF8.self)
        try #require(text.contains(old))
        return Array(text.replacingOccurrences(of: old, with: new).utf8)
    }

    @Test func `a leaf of a newer version, kind or hash says so`() throws {
        #expect(refusal(try altered("\"v\":1", "\"v\":2")) == .unsupported)
        #expect(refusal(try altered("\"kind\":\"clock\"", "\"kind\":\"hologram\"")) == .unsupported)
        #expect(refusal(try altered("sha256", "sha3-256")) == .corrupt)
        #expect(refusal(try altered("\"v\":1", "\"v\":0")) == .corrupt)
    }

    @Test func `a leaf with two equal keys is refused`() throws {
        #expect(refusal(try altered("\"v\":1", "\"v\":1,\"v\":1")) == .corrupt)
        #expect(throws: Failure.self) {
            try Leaf(
                kind: .clock, common: Samples.common,
                fields: Samples.fields(.clock) + [("what", .string("leap"))])
        }
        #expect(throws: Failure.self) {
            try Leaf(
                kind: .clock, common: Samples.common,
                fields: Samples.fields(.clock) + [("actor", .string("somebody else"))])
        }
    }

    @Test func `a leaf that is not JSON, not an object or empty is refused`() {
        for text in ["", "{}", "[]", "17", "\"clock\"", "{", "null"] {
            #expect(refusal(Array(text.utf8)) == .corrupt)
        }
    }

    @Test func `a leaf over 4096 bytes is refused before it is hashed`() throws {
        let long = String(repeating: "ä", count: 250)
        let link: JSON = .object(
            JSONObject([("kind", .string("lot")), ("value", .string(long))]))
        let fields = Samples.fields(.link).filter { $0.0 != "links" }
        #expect(throws: Failure.self) {
            try Leaf(
                kind: .link, common: Samples.common,
                fields: fields + [("links", .array(Array(repeating: link, count: 8)))])
        }
        let big = try Samples.leaf(.clock).bytes + [UInt8](repeating: 0x20, count: 5000)
        #expect(refusal(big) == .corrupt)
    }

    @Test func `a damaged leaf never traps and never passes for another`() throws {
        var random = SeededRandom(seed: 3)
        for kind in LeafKind.allCases {
            let bytes = try Samples.leaf(kind).bytes
            for _ in 0..<400 {
                let damaged = bytes.mutated(with: &random)
                guard damaged != bytes, refusal(damaged) == nil else { continue }
                // A changed letter can be another valid leaf, but then with another hash.
                #expect(try Leaf(parsing: damaged).body.encode() == damaged)
                #expect(Merkle.leafHash(damaged.span) != Merkle.leafHash(bytes.span))
            }
        }
    }
}

extension [UInt8] {
    /// One to three small injuries: a byte changed, lost, doubled, put in, or the end cut off.
    func mutated(with random: inout SeededRandom) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let i = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[i] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[i] = UInt8.random(in: 0...255, using: &random)
            case 2: bytes.remove(at: i)
            case 3: bytes.insert(bytes[i], at: i)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &random), at: i)
            default: bytes.removeLast(bytes.count - i)
            }
        }
        return bytes
    }
}
