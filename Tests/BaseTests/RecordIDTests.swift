import Base
import TestSupport
import Testing

@Suite struct RecordIDTests {
    /// RFC 9562, appendix A.6.
    static let sample = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func `the example of RFC 9562 is made from its parts`() throws {
        let time = try #require(WallTime("2022-02-22T19:22:22.000000Z"))
        let id = RecordID(at: time, random: (0xCC3, 0x18C4_DC0C_0C07_398F))
        #expect(id.description == Self.sample)
        #expect(RecordID(Self.sample) == id)
        #expect(id.bytes.hex == Self.sample.filter { $0 != "-" })
    }

    @Test func `version and variant stand whatever the random bits are`() {
        for bits in [UInt64.min, .max] {
            let id = RecordID(at: WallTime(microseconds: 1), random: (bits, bits))
            #expect(id.high >> 12 & 0xF == 7)
            #expect(id.low >> 62 == 0b10)
        }
    }

    @Test func `the order of ids is the order of their milliseconds`() {
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(2000) {
            let range = 0...WallTime.distantFuture.microseconds
            let a = WallTime(microseconds: Int64.random(in: range, using: &random))
            let later = a.microseconds + Int64.random(in: 1000...9_000_000, using: &random)
            let first = RecordID(at: a, random: (random.next(), random.next()))
            let second = RecordID(
                at: WallTime(microseconds: later), random: (random.next(), random.next()))
            #expect(first.bytes.lexicographicallyPrecedes(second.bytes), "\(Effort.replay)")
            #expect(first.description < second.description, "\(Effort.replay)")
        }
    }

    @Test func `any id survives its text`() {
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(2000) {
            let id = RecordID(high: random.next(), low: random.next())
            #expect(RecordID(id.description) == id, "\(Effort.replay)")
        }
    }

    @Test(arguments: [
        "", "017f22e279b07cc398c4dc0c0c07398f", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
        "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739-f", "017f22e2 79b0 7cc3 98c4 dc0c0c07398f",
        " 017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "----------------------------é-----",
    ])
    func `every other spelling of an id is refused`(text: String) {
        #expect(RecordID(text) == nil)
    }
}
