import Base
import IndexFormat
import TestSupport
import Testing

@Suite struct ValueTests {
    private static let digest = Digest(hex: String(repeating: "ab", count: 32)) ?? .zero

    /// Every length but the right one.
    private func refusesOtherLengths<V>(_ bytes: [UInt8], _ decode: ([UInt8]) throws -> V) {
        for length in 0...(bytes.count + 3) where length != bytes.count {
            let other = Array((bytes + [0, 0, 0]).prefix(length))
            #expect(throws: Failure.self) { try decode(other) }
        }
    }

    @Test func `an id's entry has these bytes`() throws {
        let entry = IDEntry(leaf: 0x0102, time: WallTime(microseconds: -2), kind: 5)
        #expect(entry.bytes == .vector("00 00 00 00 00 00 01 02  ff ff ff ff ff ff ff fe  05"))
        #expect(try IDEntry(decoding: entry.bytes) == entry)
        refusesOtherLengths(entry.bytes) { try IDEntry(decoding: $0) }
    }

    @Test func `a chain's head has these bytes`() throws {
        let hash = String(repeating: "ab", count: 32)
        for closed in [false, true] {
            let head = ChainHead(count: 3, previous: Self.digest, closed: closed)
            #expect(head.bytes.hex == "0000000000000003" + hash + (closed ? "01" : "00"))
            #expect(try ChainHead(decoding: head.bytes) == head)
            refusesOtherLengths(head.bytes) { try ChainHead(decoding: $0) }
        }
        #expect(ChainHead.empty.bytes == [UInt8](repeating: 0, count: 41))
    }

    @Test func `a watermark has these bytes`() throws {
        let mark = Watermark(leaf: 0x0102, segment: 3, offset: 0x0405)
        #expect(
            mark.bytes == .vector("00 00 00 00 00 00 01 02  00 00 00 03  00 00 00 00 00 00 04 05"))
        #expect(try Watermark(decoding: mark.bytes) == mark)
        refusesOtherLengths(mark.bytes) { try Watermark(decoding: $0) }
    }

    @Test func `a removal has these bytes`() throws {
        let ordered = Removal(deleteLeaf: 7, deletedLeaf: nil)
        #expect(ordered.bytes == .vector("00 00 00 00 00 00 00 07  ff ff ff ff ff ff ff ff"))
        #expect(try Removal(decoding: ordered.bytes) == ordered)
        let done = Removal(deleteLeaf: 7, deletedLeaf: 8)
        #expect(done.bytes == .vector("00 00 00 00 00 00 00 07  00 00 00 00 00 00 00 08"))
        #expect(try Removal(decoding: done.bytes) == done)
        refusesOtherLengths(done.bytes) { try Removal(decoding: $0) }
    }
}
