internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import WireProtocol

/// Who looked at what; and the keys that prove all of it.
extension Desk {
    private static let linesMax: Int64 = 10_000

    /// Lines of the trail, oldest first, in pages.
    func audit(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        var query = TrailQuery()
        query.who = fields.text(.name)
        if let text = fields.text(.kind) {
            guard let action = TrailAction(rawValue: text) else {
                throw WireError(
                    .invalid,
                    "the trail has no \(text); there are: "
                        + TrailAction.allCases.map(\.rawValue).joined(separator: ", "))
            }
            query.what = action
        }
        query.from = fields.time(.from)
        query.to = fields.time(.to)
        query.refusedOnly = fields.text(.state) == "refused"
        let limit = fields.int(.limit) ?? 1000
        guard (1...Self.linesMax).contains(limit) else {
            throw WireError(.invalid, "a limit is 1 to \(Self.linesMax)")
        }
        if let text = fields.text(.cursor) {
            guard let position = TrailPosition(text) else {
                throw WireError(.invalid, "\(text) is no cursor of an earlier answer")
            }
            query.after = position
        }
        try require(.trail, of: caller, for: .audit, on: query.who ?? "")
        try note(caller, .audit, query.who ?? "")
        // What was noted a moment ago is asked for, too.
        try trail?.flush()
        return try page(query, Int(limit))
    }

    private func page(_ query: TrailQuery, _ limit: Int) throws -> Answer {
        var answer = Answer()
        var last: TrailPosition?
        var isMore = false
        try query.run(log) { line, position in
            guard answer.items.count < limit else {
                isMore = true
                return false
            }
            answer.add(document: line.json)
            last = position
            return true
        }
        answer.reply.add(.count, Int64(answer.items.count))
        if isMore, let last { answer.reply.add(.cursor, last.description) }
        return answer
    }

    /// What to pin and what signs. Public, as signatures are no use without it.
    func keys() -> Answer {
        let keys = log.keySet.entries.map { entry in
            var fields: [(String, JSON)] = [
                ("key", .string(entry.key.text)), ("from", .int(Int64(entry.from))),
            ]
            if let to = entry.to { fields.append(("to", .int(Int64(to)))) }
            return JSON.object(JSONObject(fields))
        }
        return document(
            .object(
                JSONObject([
                    ("origin", .string(log.origin)), ("log_keys", .array(keys)),
                    ("root_key", .string(log.rootKey.text)),
                ])))
    }
}
