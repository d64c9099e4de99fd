import Export
import Testing

@Suite struct BundleNamesTests {
    @Test func aLeafsNumberHasTenDigits() {
        #expect(BundleNames.leaf(42, .records) == "proof/records/0000000042.leaf")
        #expect(BundleNames.proof(42, .chain) == "proof/chain/0000000042.tlog-proof")
        #expect(BundleNames.leaf(12_345_678_901, .facts) == "proof/facts/12345678901.leaf")
    }

    @Test func aPayloadLiesByItsType() {
        #expect(BundleNames.payload(7, mime: "image/jpeg") == "data/images/0000000007.jpg")
        #expect(BundleNames.payload(7, mime: "video/mp4") == "data/clips/0000000007.mp4")
        #expect(BundleNames.payload(7, mime: "text/html") == "data/files/0000000007.bin")
    }
}
