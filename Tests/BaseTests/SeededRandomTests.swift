import Base
import Testing

@Suite struct SeededRandomTests {
    /// Published outputs of SplitMix64 for seed 1234567.
    @Test func `the generator is SplitMix64`() {
        var random = SeededRandom(seed: 1_234_567)
        #expect(random.next() == 6_457_827_717_110_365_317)
        #expect(random.next() == 3_203_168_211_198_807_973)
        #expect(random.next() == 9_817_491_932_198_370_423)
    }

    @Test(arguments: [0, 1, 7, 8, 9, 64])
    func `bytes come in the number asked for, the same for the same seed`(count: Int) {
        var a = SeededRandom(seed: 1)
        var b = SeededRandom(seed: 1)
        let bytes = a.bytes(count)
        #expect(bytes.count == count)
        #expect(bytes == b.bytes(count))
    }
}
