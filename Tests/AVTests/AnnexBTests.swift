import AV
import Base
import Testing

@Suite struct AnnexBTests {
    func units(_ bytes: [UInt8]) -> [[UInt8]] {
        AnnexB.units(in: bytes.span).map { Array(bytes[$0]) }
    }

    @Test func `units stand between start codes of three and four bytes`() {
        #expect(units([0, 0, 0, 1, 9, 8, 0, 0, 1, 7, 0, 0, 0, 1, 6]) == [[9, 8], [7], [6]])
        #expect(units([0, 0, 1, 5]) == [[5]])
    }

    @Test func `zeros after a unit are not its own`() {
        #expect(units([0, 0, 1, 5, 0, 0, 0, 0, 1, 6, 0]) == [[5], [6]])
    }

    @Test func `without a start code there is no unit, and an empty unit is none`() {
        #expect(units([]) == [])
        #expect(units([1, 2, 3]) == [])
        #expect(units([7, 7, 0, 0, 1, 5]) == [[5]])
        #expect(units([0, 0, 1]) == [])
        #expect(units([0, 0, 1, 0, 0, 1, 5]) == [[5]])
    }

    @Test func `what is joined comes apart again`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<200 {
            let wanted = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                // No zeros: emulation prevention keeps start codes out of real units.
                (0..<Int.random(in: 1...40, using: &random)).map { _ in
                    UInt8.random(in: 1...255, using: &random)
                }
            }
            #expect(units(AnnexB.joined(wanted)) == wanted)
        }
    }

    @Test func `the first bytes say what a unit is`() {
        func kind(_ bytes: [UInt8], _ codec: Codec) -> NALUnit.Kind {
            NALUnit.kind(bytes.span, codec: codec)
        }
        #expect(kind([0x67, 0], .h264) == .sequenceParameters)
        #expect(kind([0x68, 0], .h264) == .pictureParameters)
        #expect(kind([0x65, 0], .h264) == .slice(random: true))
        #expect(kind([0x41, 0], .h264) == .slice(random: false))
        #expect(kind([0x09, 0], .h264) == .leading)
        #expect(kind([0x0C, 0], .h264) == .other)
        #expect(kind([0x40, 1], .h265) == .videoParameters)
        #expect(kind([0x42, 1], .h265) == .sequenceParameters)
        #expect(kind([0x44, 1], .h265) == .pictureParameters)
        #expect(kind([0x26, 1], .h265) == .slice(random: true))
        #expect(kind([0x02, 1], .h265) == .slice(random: false))
        #expect(kind([0x50, 1], .h265) == .other)
        #expect(kind([0x65], .h264) == .other)
        #expect(kind([], .h264) == .other)
    }

    @Test func `an exact recovery point and I-slices are recognised`() {
        func recovers(_ bytes: [UInt8]) -> Bool { NALUnit.isExactRecoveryPoint(bytes.span) }
        #expect(recovers([0x06, 6, 1, 0x84, 0x80]))
        // Exact only after some frames.
        #expect(!recovers([0x06, 6, 1, 0x44, 0x80]))
        #expect(!recovers([0x06, 5, 1, 0x84, 0x80]))
        #expect(!recovers([]))
        func isIntra(_ bytes: [UInt8]) -> Bool { NALUnit.isIntraSlice(bytes.span) }
        // First macroblock 0, slice type 7 and 5.
        #expect(isIntra([0x41, 0b1000_1000, 0x80]))
        #expect(!isIntra([0x41, 0b1001_1000, 0x80]))
        #expect(!isIntra([0x41]))
        #expect(!isIntra([0x41, 0, 0, 0, 0]))
    }
}
