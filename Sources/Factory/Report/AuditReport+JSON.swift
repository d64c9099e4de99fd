internal import Base
internal import Evidence
package import EvidenceFormat

/// As scripts get it; `docs/cli.md` has the fields.
extension AuditReport {
    package var summary: JSON {
        let links = scope.links.map { link in
            JSON.object(
                JSONObject([("kind", .string(link.kind)), ("value", .string(link.value))]))
        }
        var members: [(String, JSON)] = [
            ("at", .string(at.description)), ("size", .int(Int64(size))), ("links", .array(links)),
            ("whole", .bool(isWhole)), ("expected", .int(Int64(expected))),
            ("complete", .int(Int64(complete))), ("missing", .int(Int64(missing))),
            ("late", .int(Int64(late))), ("late_after_s", .int(scope.lateSeconds)),
            ("unannounced", .int(Int64(unannounced))), ("unlinked", .int(Int64(unlinked.count))),
            ("gaps", .int(Int64(gaps.count))), ("cut", .bool(isCut)),
        ]
        if let from = scope.from { members.append(("from", .string(from.description))) }
        if let to = scope.to { members.append(("to", .string(to.description))) }
        return .object(JSONObject(members))
    }

    /// Checks, then pictures of no check, then gaps; `of` says which.
    package var items: [JSON] { rows.map(\.json) + unlinked.map(\.json) + gaps.map(\.json) }
}

extension AuditReport.Picture {
    fileprivate var members: [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("id", .string(id.description)), ("instant", .string(instant.description)),
        ]
        if let camera { members.append(("camera", .string(camera))) }
        if let lateSeconds { members.append(("late_s", .int(lateSeconds))) }
        return members
    }

    fileprivate var json: JSON { .object(JSONObject(members + [("of", .string("unlinked"))])) }
}

extension AuditReport.Row {
    fileprivate var json: JSON {
        state.json([
            ("of", .string("check")), ("whole", .bool(isComplete)),
            ("late", .array(late.map { .object(JSONObject($0.members)) })),
        ])
    }
}

extension AuditReport.Gap {
    fileprivate var json: JSON {
        var members: [(String, JSON)] = [
            ("of", .string("gap")), ("camera", .string(camera)),
            ("from", .string(from.description)), ("to", .string(to.description)),
            ("cause", .string(cause)),
        ]
        if let detail { members.append(("detail", .string(detail))) }
        return .object(JSONObject(members))
    }
}
