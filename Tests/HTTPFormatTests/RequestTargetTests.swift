import Base
import HTTPFormat
import TestSupport
import Testing

/// Addresses as clients send them.
@Suite struct RequestTargetTests {
    private func target(_ text: String) -> RequestTarget? { RequestTarget(Array(text.utf8)) }

    @Test func `a path is cut at its slashes before it is decoded`() {
        let found = target("/checks/odoo:6f1c%2Fquality.check%2f17/pictures")
        #expect(found?.segments == ["checks", "odoo:6f1c/quality.check/17", "pictures"])
        #expect(target("/")?.segments == [""])
        #expect(target("//a/")?.segments == ["", "a", ""])
    }

    @Test(arguments: [
        ("%F0%9F%94%A9", "🔩"), ("%C3%BC", "ü"), ("a+b", "a+b"), ("%7C", "|"), ("%25", "%"),
        ("%2e%2E", ".."), ("ü", "ü"),
    ])
    func `escapes are UTF-8, and a plus in a path is a plus`(encoded: String, text: String) {
        #expect(target("/\(encoded)")?.segments == [text])
    }

    @Test(arguments: [
        "", "a", "*", "http://x/", "/%", "/%4", "/%zz", "/%C3", "/%FF", "/a b", "/\u{7F}", "/\n",
        "/?a=%", "/?%zz=1",
    ])
    func `what makes no sense is refused, not guessed`(text: String) {
        #expect(target(text) == nil)
    }

    @Test func `a query's items stay in order, and a plus in them is a space`() {
        let found = target("/find?check=a%2Bb+c&&limit=&x&check=2?")
        #expect(found?.items.map(\.name) == ["check", "limit", "x", "check"])
        #expect(found?.items.map(\.value) == ["a+b c", "", "", "2?"])
        #expect(found?.value("check") == "a+b c")
        #expect(found?.value("none") == nil)
    }

    @Test func `lengths and counts have an end`() {
        let long = String(repeating: "a", count: RequestTarget.bytesMax - 1)
        #expect(target("/" + long) != nil)
        #expect(target("/a" + long) == nil)
        let deep = String(repeating: "/a", count: RequestTarget.segmentsMax)
        #expect(target(deep) != nil)
        #expect(target(deep + "/a") == nil)
        let items = String(repeating: "a=1&", count: RequestTarget.itemsMax)
        #expect(target("/?" + items) != nil)
        #expect(target("/?" + items + "a=1") == nil)
    }

    @Test func `what is encoded is decoded to the same`() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<1000 {
            let text = String(decoding: random.bytes(20), as: UTF8.self)
            let encoded = PercentText.encode(text)
            #expect(encoded.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F })
            #expect(target("/\(encoded)")?.segments == [text])
            #expect(target("/?k=\(encoded)")?.value("k") == text)
        }
    }
}
