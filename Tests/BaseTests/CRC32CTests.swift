import Base
import CLinux
import TestSupport
import Testing

@Suite struct CRC32CTests {
    /// RFC 3720 B.4, and the check value of the CRC catalogues.
    static let vectors: [([UInt8], UInt32)] = [
        ([], 0),
        (Array("123456789".utf8), 0xE306_9283),
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        (Array(0..<32), 0x46DD_794E),
        (Array((0..<32).reversed()), 0x113F_DB5C),
    ]

    @Test(arguments: vectors)
    func `the published check values come out`(bytes: [UInt8], check: UInt32) {
        #expect(crc(bytes) == check)
    }

    @Test func `bytes in two parts give the same value, whatever the cut`() {
        let bytes = Array("the quick brown fox jumps over the lazy dog".utf8)
        let whole = crc(bytes)
        for cut in 0...bytes.count {
            let head = crc(Array(bytes.prefix(cut)))
            #expect(crc(Array(bytes.dropFirst(cut)), after: head) == whole)
        }
    }

    /// A machine without SSE 4.2 must read what one with it wrote.
    @Test func `the table and the instruction agree on any bytes at any alignment`() {
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(2000) {
            let bytes = random.bytes(Int.random(in: 0...200, using: &random))
            let skip = Int.random(in: 0...min(9, bytes.count), using: &random)
            let table = bytes.withUnsafeBufferPointer { buffer in
                let part = UnsafeBufferPointer(rebasing: buffer.dropFirst(skip))
                return ~proofreel_crc32c_table(~0, part.baseAddress, part.count)
            }
            let value = crc32c(0, bytes.span.extracting(droppingFirst: skip))
            #expect(value == table, "\(Effort.replay)")
        }
    }

    @Test func `a single flipped bit changes the value`() {
        var bytes = Array("frame header".utf8)
        let before = crc(bytes)
        for bit in 0..<(bytes.count * 8) {
            bytes[bit / 8] ^= 1 << (bit % 8)
            #expect(crc(bytes) != before)
            bytes[bit / 8] ^= 1 << (bit % 8)
        }
    }
}

/// `#expect` cannot hold a span, so this takes an array.
private func crc(_ bytes: [UInt8], after head: UInt32 = 0) -> UInt32 { crc32c(head, bytes.span) }
