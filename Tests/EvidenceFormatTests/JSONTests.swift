import Base
import EvidenceFormat
import Testing

@Suite struct JSONTests {
    private func parse(_ text: String) -> JSON? { parse(Array(text.utf8)) }

    private func parse(_ bytes: [UInt8]) -> JSON? {
        do throws(Failure) {
            return try JSON(parsing: bytes.span)
        } catch {
            #expect(error.kind == .invalid)
            return nil
        }
    }

    @Test(arguments: [
        "0", "-1", "9007199254740991", "-9007199254740991", "true", "false", "\"\"", "[]", "{}",
        "[1,[2,[3]]]", "{\"a\":1,\"b\":[true,false],\"c\":{\"d\":\"e\"}}",
        "\"\\b\\t\\n\\f\\r\\\"\\\\\\u0000\\u001f\\u000b\"", "\"/\u{7F}é漢🔧\u{2028}\u{FEFF}\"",
        "{\"A\":1,\"B\":2,\"_\":3,\"a\":4}", "[[[[[[[[]]]]]]]]",
    ])
    func `canonical text is read and written back`(text: String) throws {
        let value = try #require(parse(text))
        #expect(value.encode() == Array(text.utf8))
    }

    @Test(arguments: [
        "", " 1", "1 ", "01", "-0", "-", "+1", "1.0", "1e3", "1E3", ".5", "0x1", "9007199254740992",
        "-9007199254740992", "99999999999999999999999999", "null", "NaN", "True", "tru", "truex",
        "'a'", "\"", "\"a", "\"\\\"", "\"\\/\"", "\"\\a\"", "\"\\u0041\"", "\"\\u000A\"",
        "\"\\u000a\"", "\"\\u001F\"", "\"\\u00\"", "\"\\ud83d\\udd27\"", "\"\n\"", "\"\t\"",
        "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 ,2]", "[1, 2]", "[1]2", "[1][2]",
        "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{\"a\" :1}", "{\"a\": 1}",
        "{a:1}", "{1:1}", "{\"\":1}", "{\"é\":1}", "{\"a b\":1}", "{\"\\u0061\":1}",
        "{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":3}", "[[[[[[[[[]]]]]]]]]",
        "{\"a\":1,\"B\":2}", "\u{FEFF}1", "1\n", "/**/1",
    ])
    func `any other text is refused`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xC3], [0x80], [0xF0, 0x9F, 0x94],
        ] as [[UInt8]])
    func `bad UTF-8 is refused`(bytes: [UInt8]) {
        #expect(parse([0x22] + bytes + [0x22]) == nil)
    }

    @Test func `depth, size and keys have limits`() {
        let open = String(repeating: "[", count: 100_000)
        #expect(parse(open) == nil)
        #expect(parse("\"" + String(repeating: "a", count: 4094) + "\"") != nil)
        #expect(parse("\"" + String(repeating: "a", count: 4095) + "\"") == nil)
        let key = String(repeating: "k", count: 64)
        #expect(parse("{\"\(key)\":1}") != nil)
        #expect(parse("{\"\(key)k\":1}") == nil)
    }

    @Test func `texts that look alike are two values`() {
        #expect(JSON.string("\u{E9}") != JSON.string("e\u{301}"))
        #expect(JSON.string("\u{E9}").hashValue == JSON.string("\u{E9}").hashValue)
        #expect(JSON.int(1) != JSON.bool(true))
    }

    @Test func `members are sorted and found by key`() {
        let object = JSONObject([("b", .int(2)), ("a", .int(1)), ("B", .int(3))])
        #expect(object.members.map(\.key) == ["B", "a", "b"])
        #expect(object["b"]?.int == 2)
        #expect(object["c"] == nil)
        #expect(object.encode() == Array("{\"B\":3,\"a\":1,\"b\":2}".utf8))
        #expect(JSON.object(object).depth == 1)
        #expect(!JSONObject.isKey("") && !JSONObject.isKey("é") && !JSONObject.isKey("a\"b"))
    }

    @Test func `random values survive, and damaged ones never trap or gain a second spelling`() {
        var random = SeededRandom(seed: 2)
        for _ in 0..<400 {
            let value = Self.value(&random, depth: 0)
            let bytes = value.encode()
            guard bytes.count <= 4096 else { continue }
            #expect(parse(bytes) == value)
            for _ in 0..<20 {
                let damaged = bytes.mutated(with: &random)
                if let read = parse(damaged) { #expect(read.encode() == damaged) }
            }
        }
    }

    private static func value(_ random: inout SeededRandom, depth: Int) -> JSON {
        switch Int.random(in: 0..<(depth < 6 ? 5 : 3), using: &random) {
        case 0: return .string(text(&random))
        case 1: return .int(Int64.random(in: JSON.intRange, using: &random))
        case 2: return .bool(Bool.random(using: &random))
        case 3:
            return .array(
                (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                    value(&random, depth: depth + 1)
                })
        default:
            return .object(
                JSONObject(
                    (0..<Int.random(in: 0..<4, using: &random)).map {
                        ("k\($0)", value(&random, depth: depth + 1))
                    }))
        }
    }

    private static func text(_ random: inout SeededRandom) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            let wide = Bool.random(using: &random)
            let value = UInt32.random(in: 0..<(wide ? 0x11_0000 : 0x80), using: &random)
            if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
        }
        return text
    }
}
