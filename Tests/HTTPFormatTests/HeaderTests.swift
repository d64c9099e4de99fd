import Base
import HTTPFormat
import Testing

/// Log-ins, parts and tags as headers name them.
@Suite struct HeaderTests {
    private func basic(_ text: String) -> Credentials? {
        Credentials("Basic \(Array(text.utf8).base64)")
    }

    @Test func `the user ends at the first colon, and a password may have any letter`() {
        #expect(basic("anna:a:b ü#@/%") == .basic(user: "anna", secret: "a:b ü#@/%"))
        #expect(basic(":") == .basic(user: "", secret: ""))
        #expect(Credentials("bAsIc   YTpi") == .basic(user: "a", secret: "b"))
        #expect(Credentials("Bearer prt_1_x") == .bearer("prt_1_x"))
    }

    @Test(arguments: [
        "", "Basic", "Basic ", "Basic YTpi=", "Basic YQ==", "Basic //8=", "Digest a=b",
        "Bearer a b", "YTpi",
    ])
    func `a log-in that is broken is none`(header: String) {
        #expect(Credentials(header) == nil)
    }

    @Test func `a log-in has a length`() {
        let long = String(repeating: "a", count: Credentials.bytesMax)
        #expect(Credentials("Bearer \(long)") == nil)
    }

    @Test(
        arguments: [
            (nil, ByteRange.whole), ("bytes=0-", .part(0..<10)), ("bytes=2-4", .part(2..<5)),
            ("bytes=9-99", .part(9..<10)), ("bytes=-3", .part(7..<10)),
            ("bytes=-30", .part(0..<10)),
            ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable), ("bytes=5-4", .whole),
            ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=0-1,3-4", .whole),
            ("lines=1-2", .whole),
            ("bytes=1-99999999999999999999999", .part(1..<10)), ("bytes=+1-2", .whole),
            ("bytes=99999999999999999999999-", .unsatisfiable), ("bytes=1-2-3", .whole),
        ] as [(String?, ByteRange)])
    func `a part is what the header says, or the whole`(header: String?, range: ByteRange) {
        #expect(ByteRange(header, count: 10) == range)
    }

    @Test func `a part of nothing is not there`() {
        #expect(ByteRange("bytes=0-", count: 0) == .unsatisfiable)
        #expect(ByteRange("bytes=-1", count: 0) == .unsatisfiable)
    }

    @Test func `a tag matches itself among others, and a star matches all`() {
        #expect(EntityTag.matches("\"a\", W/\"b\" ,\"c\"", "b"))
        #expect(EntityTag.matches(" * ", "b"))
        #expect(!EntityTag.matches("b", "b"))
        #expect(!EntityTag.matches(nil, "b"))
        #expect(!EntityTag.matches("\"bb\"", "b"))
        #expect(EntityTag.allowsPart(nil, "b") && EntityTag.allowsPart("\"b\"", "b"))
        #expect(!EntityTag.allowsPart("W/\"b\"", "b"))
    }
}
