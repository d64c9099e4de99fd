import Base
import Crypto
import IndexFormat
import TestSupport
import Testing

@Suite struct KeyTests {
    @Test func `a short hash is SHA-256 over each text with its length before it`() {
        let text: [UInt8] =
            [0, 0, 0, 4] + Array("link".utf8) + [0, 0, 0, 3] + Array("lot".utf8)
            + [0, 0, 0, 3] + Array("L-1".utf8)
        let hash = ShortHash("link", "lot", "L-1")
        #expect(hash.bytes == Array(SHA256.hash(text.span).bytes.prefix(16)))
        #expect(hash.bytes.hex == "d646319c93588225818a4fc12785131e")
        #expect(ShortHash(["link", "lot", "L-1"]) == hash)
        #expect(ShortHash(stored: hash.bytes) == hash)
    }

    @Test func `texts that read alike when joined have other hashes`() {
        #expect(ShortHash("ab", "c") != ShortHash("a", "bc"))
        #expect(ShortHash("a") != ShortHash("a", ""))
        #expect(ShortHash("caf\u{E9}") != ShortHash("cafe\u{301}"))
    }

    @Test func `terms have these hashes`() {
        #expect(Term.records.hash == ShortHash("records"))
        #expect(Term.camera("c").hash == ShortHash("camera", "c"))
        #expect(Term.kind("gap").hash == ShortHash("kind", "gap"))
        #expect(Term.kindOfCamera("gap", "c").hash == ShortHash("kind", "gap", "camera", "c"))
    }

    @Test func `a posting has these bytes`() {
        let posting = Posting(time: WallTime(microseconds: 0x0102), leaf: 0x0A0B)
        #expect([].adding(posting) == .vector("80 00 00 00 00 00 01 02  00 00 00 00 00 00 0a 0b"))
        let before = Posting(time: WallTime(microseconds: -1), leaf: 0)
        #expect([].adding(before) == .vector("7f ff ff ff ff ff ff ff  00 00 00 00 00 00 00 00"))
        #expect([UInt8]().adding(UInt64(0x0A0B)) == .vector("00 00 00 00 00 00 0a 0b"))
    }

    @Test func `the order of keys is the order of postings`() {
        var random = SeededRandom(seed: Effort.seed)
        let edges: [Int64] = [.min, -1, 0, 1, .max]
        func any() -> Posting {
            let time =
                Bool.random(using: &random)
                ? edges[Int.random(in: 0..<5, using: &random)]
                : Int64.random(in: .min ... .max, using: &random)
            let leaf = random.next() >> UInt64.random(in: 0...63, using: &random)
            return Posting(time: WallTime(microseconds: time), leaf: leaf)
        }
        for _ in 0..<Effort.rounds(20_000) {
            let (a, b) = (any(), any())
            let (x, y) = ([UInt8]().adding(a), [UInt8]().adding(b))
            #expect((a < b) == x.lexicographicallyPrecedes(y), "\(Effort.replay)")
            #expect((a == b) == (x == y), "\(Effort.replay)")
            #expect(Posting(decoding: ([9] + x).span, at: 1) == a, "\(Effort.replay)")
            #expect(Posting.first <= a && a <= Posting.last, "\(Effort.replay)")
        }
    }

    @Test func `tables keep their numbers`() {
        let numbers = Table.allCases.map { "\($0.rawValue) \($0)" }
        #expect(
            numbers == [
                "1 meta", "2 ids", "3 requests", "4 links", "5 series", "6 months", "7 about",
                "8 chains", "9 chainItems", "10 holds", "11 pending", "12 removed", "13 events",
                "14 policies",
            ])
    }
}
