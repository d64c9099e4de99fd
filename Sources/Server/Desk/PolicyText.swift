package import Base
package import Evidence
internal import EvidenceFormat

/// A retention policy as people write it: `{"rules":[{"name":…,"match":…,"days":…,"event":…}]}`. A
/// match is `{"all":true}`, `{"cam":ID}` or `{"link":{"kind":…,"value":…}}`; a slip must not become
/// "all".
package enum PolicyText {
    package static func rules(_ text: [UInt8]) throws(Failure) -> [RetentionRule] {
        let json = try LooseJSON.parse(text)
        guard let object = json.object, object.members.map(\.key) == ["rules"],
            let items = object["rules"]?.array, !items.isEmpty
        else {
            throw Failure(.invalid, "it should be {\"rules\": [ … ]} with at least one rule")
        }
        var rules: [RetentionRule] = []
        for item in items { rules.append(try rule(item)) }
        return rules
    }

    private static func rule(_ json: JSON) throws(Failure) -> RetentionRule {
        guard let object = json.object, let name = object["name"]?.string else {
            throw Failure(.invalid, "every rule needs a name")
        }
        let known = ["basis", "days", "event", "match", "name"]
        for member in object.members where !known.contains(member.key) {
            throw Failure(.invalid, "rule \(name): there is no field \"\(member.key)\"")
        }
        guard let days = object["days"]?.int, (1...73_000).contains(days) else {
            throw Failure(.invalid, "rule \(name): days should be 1 to 73000")
        }
        guard let match = object["match"]?.object, match.members.count == 1, isMatch(match) else {
            throw Failure(
                .invalid,
                "rule \(name): match should be {\"all\": true}, {\"cam\": ID} or"
                    + " {\"link\": {\"kind\": KIND, \"value\": VALUE}}")
        }
        guard let rule = RetentionRule(json) else {
            throw Failure(.invalid, "rule \(name) is not complete")
        }
        return rule
    }

    private static func isMatch(_ match: JSONObject) -> Bool {
        if let all = match["all"] { return all.bool == true }
        if let camera = match["cam"] { return camera.string != nil }
        guard let link = match["link"]?.object else { return false }
        return link.members.map(\.key) == ["kind", "value"]
            && link.members.allSatisfy { $0.value.string != nil }
    }
}
