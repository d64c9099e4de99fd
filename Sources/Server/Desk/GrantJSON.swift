package import Access
internal import Base
package import EvidenceFormat

/// People, tokens and machines as scripts get them; `docs/cli.md` has the fields. No secret is
/// known here, and nothing of what secrets are checked with.
package enum GrantJSON {
    package static func make(_ person: Person) -> JSON {
        .object(
            JSONObject(
                members(person.grant) + [
                    ("name", .string(person.name)), ("must_change", .bool(person.mustChange)),
                ]))
    }

    package static func make(_ token: Token) -> JSON {
        var members =
            members(token.grant) + [
                ("id", .string(token.id)), ("name", .string(token.name)),
                ("made", .string(token.made.description)),
            ]
        if let used = token.lastUsed { members.append(("last_used", .string(used.description))) }
        if let revoked = token.revoked { members.append(("revoked", .string(revoked.description))) }
        return .object(JSONObject(members))
    }

    package static func make(_ machine: Machine) -> JSON {
        .object(
            JSONObject(
                members(machine.grant) + [
                    ("name", .string(machine.name)), ("key", .string(machine.key.fingerprint)),
                ]))
    }

    private static func members(_ grant: Grant) -> [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("roles", .array(grant.roles.map { .string($0.rawValue) }))
        ]
        if let cameras = grant.cameras {
            members.append(("cameras", .array(cameras.map { .string($0) })))
        }
        if let until = grant.until { members.append(("until", .string(until.description))) }
        return members
    }
}
