import Base
import EvidenceFormat
import Testing

/// The schema is a table, so its refusals are tested from the table: every field of every kind, at
/// every depth, is taken away, doubled in size, given other types, and must be refused by name.
@Suite struct SchemaTests {
    private func words(_ kind: LeafKind, _ fields: [(String, JSON)]) -> String? {
        do throws(Failure) {
            _ = try Leaf(kind: kind, common: Samples.common, fields: fields)
            return nil
        } catch {
            #expect(error.kind == .invalid || error.words.contains("Ed25519"))
            return error.words
        }
    }

    @Test func `every kind has one schema, and no field twice`() {
        #expect(
            LeafSchema.all.map(\.kind.rawValue).sorted()
                == LeafKind.allCases.map(\.rawValue).sorted())
        for schema in LeafSchema.all {
            let names = (LeafSchema.common + schema.fields).map(\.name)
            #expect(Set(names).count == names.count)
            #expect(
                names.allSatisfy { $0.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F } }
            )
        }
    }

    @Test(arguments: LeafKind.allCases)
    func `a missing required field is refused, a missing optional one is not`(kind: LeafKind) {
        let fields = Samples.fields(kind)
        for field in LeafSchema.of(kind).fields {
            let without = fields.filter { $0.0 != field.name }
            if field.required {
                #expect(
                    words(kind, without)?.contains("the field \(field.name) is missing") == true)
            } else if kind != .hold {
                #expect(words(kind, without) == nil, "\(field.name)")
            }
        }
    }

    @Test(arguments: LeafKind.allCases)
    func `an unknown field is refused`(kind: LeafKind) {
        let fields = Samples.fields(kind) + [("colour", .string("red"))]
        #expect(words(kind, fields)?.contains("the field colour is unknown") == true)
    }

    @Test(arguments: LeafKind.allCases)
    func `every field refuses what its type does not hold`(kind: LeafKind) {
        for field in LeafSchema.of(kind).fields {
            let fields = Samples.fields(kind).filter { $0.0 != field.name }
            let sample = Samples.fields(kind).first { $0.0 == field.name }?.1
            for bad in Self.bad(field.type, sample: sample) {
                let words = words(kind, fields + [(field.name, bad)])
                #expect(words?.contains(field.name) == true, "\(field.name) \(bad): \(words ?? "")")
            }
        }
    }

    @Test func `every common field refuses what its type does not hold`() throws {
        let body = try Samples.leaf(.clock).body
        for field in LeafSchema.common {
            let rest = body.members.filter { $0.key != field.name }.map { ($0.key, $0.value) }
            for bad in Self.bad(field.type, sample: body[field.name]) {
                let bytes = JSONObject(rest + [(field.name, bad)]).encode()
                #expect(throws: Failure.self, "\(field.name) took \(bad)") {
                    try Leaf(parsing: bytes)
                }
            }
            guard field.required else { continue }
            #expect(throws: Failure.self) { try Leaf(parsing: JSONObject(rest).encode()) }
        }
    }

    /// Values just outside a type, and of every other type.
    static func bad(_ type: LeafType, sample: JSON?) -> [JSON] {
        let object = JSON.object(JSONObject([("a", .array([]))]))
        let others: [JSON] = [
            .int(-7777), .bool(false), .string("\u{1}"), .array([.int(1)]), object,
        ]
        switch type {
        case .text(let counts):
            let short: [JSON] = counts.lowerBound > 0 ? [.string("")] : []
            return others + short + [
                .string(String(repeating: "x", count: counts.upperBound + 1)), .string("a\nb"),
                .string("a\u{7F}"), .string("\u{0}"),
            ]
        case .words(let max):
            return others + [
                .string(""), .string(String(repeating: "x", count: max + 1)), .string("a\u{1B}[2J"),
                .string("a\rb"),
            ]
        case .id:
            return others + [
                .string(""), .string("019C167F-CC7B-7001-8000-000000000001"),
                .string("019c167fcc7b70018000000000000001"),
            ]
        case .time:
            return others + [
                .string("2026-01-31T23:59:59Z"), .string("2026-01-31T23:59:59.123456+00:00"),
                .string("2026-02-30T00:00:00.000000Z"), .string("2026-01-31 23:59:59.123456Z"),
            ]
        case .digest:
            let hex = Samples.digest(1).hex
            return others + [
                .string(String(hex.dropLast())), .string(hex + "0"), .string(hex.uppercased()),
                .string(Samples.digest(1).bytes.base64),
            ]
        case .int(let range):
            let outside = [range.lowerBound - 1, range.upperBound + 1]
            return others.filter { $0.int.map { !range.contains($0) } ?? true }
                + outside.filter { JSON.intRange.contains($0) }.map { .int($0) } + [.string("1")]
        case .bool: return others.filter { $0.bool == nil } + [.int(1), .string("true")]
        case .yes: return others + [.int(1)]
        case .oneOf(let texts):
            return others + [
                .string(""), .string(texts[0] + " "), .string(texts[0].uppercased() + "-"),
            ]
        case .verifierKey: return others + [.string("name+00000000+AAAA")]
        case .linkKind:
            return others + [.string(""), .string("Check"), .string("a b"), .string("é")]
        case .linkValue:
            return others + [
                .string(""), .string("17"), .string(" 1 7 "), .string("a\nb"),
                .string(String(repeating: "x", count: 513)),
            ]
        case .list(let inner, let counts):
            let item = sample?.array?.first ?? .string("x")
            let long = JSON.array(Array(repeating: item, count: counts.upperBound + 1))
            let short: [JSON] = counts.lowerBound > 0 ? [.array([])] : []
            return others.filter { $0.array == nil } + [long] + short
                + bad(inner, sample: item).map { .array([$0]) }
        case .object(let fields): return others + badObjects(fields.list, sample?.object)
        case .texts(let max):
            let many = JSONObject((0...max).map { ("k\($0)", .string("v")) })
            return others + [
                .object(many), .object(JSONObject([("k", .int(1))])),
                .object(JSONObject([("k", .string(String(repeating: "x", count: 201)))])),
                .object(JSONObject([(String(repeating: "k", count: 33), .string("v"))])),
            ]
        case .anything:
            return others.filter { $0.object == nil }
        }
    }

    private static func badObjects(_ fields: [LeafField], _ sample: JSONObject?) -> [JSON] {
        guard let sample else { return [] }
        var bad: [JSON] = []
        for field in fields {
            let rest = sample.members.filter { $0.key != field.name }.map { ($0.key, $0.value) }
            if field.required { bad.append(.object(JSONObject(rest))) }
            for value in Self.bad(field.type, sample: sample[field.name]) {
                bad.append(.object(JSONObject(rest + [(field.name, value)])))
            }
        }
        let members = sample.members.map { ($0.key, $0.value) }
        return bad + [.object(JSONObject(members + [("zzz", .int(1))]))]
    }
}

/// Rules between fields.
@Suite struct RuleTests {
    private func refused(
        _ kind: LeafKind, without: [String] = [], with: [(String, JSON)] = []
    ) -> String? {
        let names = without + with.map(\.0)
        let fields = Samples.fields(kind).filter { !names.contains($0.0) } + with
        do throws(Failure) {
            _ = try Leaf(kind: kind, common: Samples.common, fields: fields)
            return nil
        } catch {
            return error.words
        }
    }

    private func object(_ members: (String, JSON)...) -> JSON { .object(JSONObject(members)) }

    @Test func `a hold is of a record, a link or a time, of exactly one`() {
        let period = ["cam", "from", "to"]
        #expect(refused(.hold) == nil)
        #expect(refused(.hold, without: ["cam"]) == nil)
        #expect(refused(.hold, without: period, with: [("record", Samples.record(1))]) == nil)
        #expect(refused(.hold, without: period, with: [("link", Samples.order)]) == nil)
        #expect(refused(.hold, without: period) != nil)
        #expect(refused(.hold, without: ["from"]) != nil)
        #expect(refused(.hold, without: ["to"]) != nil)
        #expect(refused(.hold, without: ["from", "to"]) != nil)
        #expect(refused(.hold, with: [("record", Samples.record(1))]) != nil)
        #expect(refused(.hold, with: [("link", Samples.order)]) != nil)
        #expect(
            refused(.hold, without: ["from", "to"], with: [("record", Samples.record(1))]) != nil)
        #expect(
            refused(
                .hold, without: period,
                with: [("record", Samples.record(1)), ("link", Samples.order)]) != nil)
        #expect(refused(.hold, with: [("to", Samples.at(-61))]) != nil)
    }

    private func rule(
        _ match: JSON, days: Int64 = 1, basis: String = "capture", event: String? = nil
    ) -> [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("name", .string("r")), ("match", match), ("days", .int(days)),
            ("basis", .string(basis)),
        ]
        if let event { members.append(("event", .string(event))) }
        return [("rules", .array([.object(JSONObject(members))]))]
    }

    @Test func `a policy rule matches by exactly one thing`() {
        let all = object(("all", .bool(true)))
        #expect(refused(.policy, with: rule(all)) == nil)
        #expect(refused(.policy, with: rule(object(("cam", .string("c"))))) == nil)
        #expect(refused(.policy, with: rule(object(("link", Samples.order)))) == nil)
        #expect(refused(.policy, with: rule(object())) != nil)
        #expect(refused(.policy, with: rule(object(("all", .bool(false))))) != nil)
        #expect(
            refused(.policy, with: rule(object(("all", .bool(true)), ("cam", .string("c"))))) != nil
        )
        #expect(refused(.policy, with: rule(object(("link", Samples.check)))) != nil)
    }

    @Test func `a policy rule names an event if, and only if, it counts from one`() {
        let all = object(("all", .bool(true)))
        #expect(refused(.policy, with: rule(all, basis: "event", event: "end-of-life")) == nil)
        #expect(refused(.policy, with: rule(all, basis: "event")) != nil)
        #expect(refused(.policy, with: rule(all, basis: "capture", event: "end-of-life")) != nil)
        #expect(refused(.policy, with: rule(all, days: 0)) != nil)
        #expect(refused(.policy, with: rule(all, days: 73_001)) != nil)
        #expect(refused(.policy, with: [("rules", .array([]))]) != nil)
    }

    @Test func `a link to a check has its place in the chain, another link has none`() {
        func links(_ members: [(String, JSON)]) -> [(String, JSON)] {
            [("links", .array([.object(JSONObject(members))]))]
        }
        let check: [(String, JSON)] = [("kind", .string("check")), ("value", .string("a/17"))]
        let lot: [(String, JSON)] = [("kind", .string("lot")), ("value", .string("a/17"))]
        let n: [(String, JSON)] = [("n", .int(1))]
        let prev: [(String, JSON)] = [("prev", Samples.hex(1))]
        #expect(refused(.link, with: links(check + n + prev)) == nil)
        #expect(refused(.link, with: links(check)) != nil)
        #expect(refused(.link, with: links(check + n)) != nil)
        #expect(refused(.link, with: links(check + prev)) != nil)
        #expect(refused(.link, with: links(lot)) == nil)
        #expect(refused(.link, with: links(lot + n)) != nil)
        #expect(refused(.link, with: links(lot + n + prev)) != nil)
    }

    @Test func `an early erasure takes two different people`() {
        func actors(_ names: String...) -> (String, JSON) {
            ("actors", .array(names.map { .string($0) }))
        }
        let early: (String, JSON) = ("policy", .int(-1))
        #expect(refused(.delete, with: [early, actors("anna", "bruno")]) == nil)
        #expect(refused(.delete, with: [early, actors("anna")]) != nil)
        #expect(refused(.delete, with: [early, actors("anna", "anna")]) != nil)
        #expect(refused(.delete, with: [("policy", .int(-2))]) != nil)
        #expect(refused(.delete, with: [actors()]) != nil)
        #expect(refused(.successor, with: [actors("anna", "anna")]) != nil)
        #expect(refused(.successor, with: [actors("anna")]) != nil)
        #expect(refused(.successor, with: [("sigs", .array([.string("one")]))]) != nil)
    }

    @Test func `what ends before it starts is refused`() {
        #expect(
            refused(.gap, with: [("to", Samples.at(-11))])?.contains("must not come after") == true)
        #expect(refused(.gap, with: [("to", Samples.at(-10))]) == nil)
        #expect(refused(.part, with: [("to", Samples.at(-11))]) != nil)
        #expect(refused(.scrub, with: [("to", .int(0)), ("from", .int(1))]) != nil)
    }
}

@Suite struct LinkTests {
    @Test func `a link is kept as it was given, in any script`() throws {
        let link = try Link(kind: "lot", value: "批号-0042 №7", refs: ["QC-000001", "Prüfung"])
        #expect(try Link(link.json) == link)
        #expect(try PlacedLink(PlacedLink(link).json).link == link)
        let check = PlacedLink(
            try Link(kind: "check", value: "odoo:6f1c/quality.check/17"),
            at: ChainPlace(ordinal: 3, previous: Samples.digest(1)))
        #expect(try PlacedLink(check.json) == check)
        #expect(link.key == (try Link(kind: "lot", value: "批号-0042 №7").json))
    }

    @Test func `a bare number is refused with the way to write it`() {
        for value in ["17", "0", "00017", " 17 ", "1 2 3"] {
            do throws(Failure) {
                _ = try Link(kind: "check", value: value)
                Issue.record("took \(value)")
            } catch {
                #expect(error.words.contains("odoo:<database>/quality.check/17"))
            }
        }
    }

    @Test func `links are told apart by their bytes`() throws {
        let composed = try Link(kind: "lot", value: "\u{E9}"),
            split = try Link(
                kind: "lot", value: "e\u{301}")
        #expect(composed != split)
    }

    @Test func `too many or too long references are refused`() {
        #expect(
            refusal { () throws(Failure) in
                _ = try Link(kind: "lot", value: "a", refs: ["1", "2", "3", "4", "5"])
            } == .invalid)
        for ref in ["", "a\nb", String(repeating: "x", count: 257)] {
            #expect(
                refusal { () throws(Failure) in
                    _ = try Link(kind: "lot", value: "a", refs: [ref])
                } == .invalid)
        }
    }
}
