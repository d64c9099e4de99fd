internal import Access
internal import Anchors
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import WireProtocol

/// Who outside vouches for this log, and what follows from that for its leaves.
extension Desk {
    func performOnAnchors(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .anchorList: try anchorList(caller)
        case .anchorAdd: try anchorAdd(fields, caller)
        case .anchorRemove: try anchorRemove(fields, caller)
        case .anchorNow: try anchorNow(fields, caller)
        case .bracket: try bracket(fields, caller)
        default: preconditionFailure("\(operation) is not about anchors")
        }
    }

    private func anchorList(_ caller: Caller) throws -> Answer {
        try require(.status, of: caller, for: .status, on: "anchors")
        var answer = Answer()
        let reports = try anchorer.reports()
        for report in reports { answer.add(document: report.json) }
        answer.reply.add(.count, Int64(reports.count))
        return answer
    }

    private func anchorAdd(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "a name for the anchor")
        try require(.configure, of: caller, for: .change, on: "anchor \(name)")
        let wishes = try fields.text(.document).map {
            try JSON(parsing: Array($0.utf8).span, bytesMax: 1 << 20).object
        }
        let way: AnchorSource.Way
        switch fields.text(.kind) {
        case "tsa":
            guard let pem = wishes??["ca"]?.string else {
                throw WireError(.invalid, "a time-stamping authority needs its certificates: ca")
            }
            way = try .stamp(pem: Array(pem.utf8), policy: wishes??["policy"]?.string)
        case "witness":
            guard let key = wishes??["vkey"]?.string else {
                throw WireError(.invalid, "a witness needs its key: vkey")
            }
            way = .witness(try CosignerKey(key))
        default: throw WireError(.invalid, "an anchor is of the kind tsa or witness")
        }
        try anchorer.add(
            AnchorSource(
                name: name, url: try fields.required(.url, "the address to ask"), way: way,
                interval: wishes??["interval_s"]?.int, added: now))
        return try report(name)
    }

    private func report(_ name: String) throws -> Answer {
        guard let report = try anchorer.reports().first(where: { $0.source.name == name }) else {
            throw WireError(.notFound, "the anchor \(name) was removed by somebody else")
        }
        return document(report.json)
    }

    private func anchorRemove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the anchor's name")
        try require(.configure, of: caller, for: .change, on: "anchor \(name)")
        try anchorer.remove(name, by: caller.author)
        return document(.object(JSONObject([("name", .string(name))])))
    }

    private func anchorNow(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the anchor's name")
        try require(.close, of: caller, for: .change, on: "anchor \(name)")
        let carried = try fields.text(.note).map { text throws(Failure) in
            try SignedNote(parsing: Array(text.utf8))
        }
        _ = try anchorer.confirmNow(name, carried: carried)
        return try report(name)
    }

    private func bracket(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let index: UInt64
        if let id = try fields.recordID() {
            index = try log.index(of: id)
        } else if let given = fields.int(.index), given >= 0 {
            index = UInt64(given)
        } else {
            throw WireError(.invalid, "give a record's id, or the index of a leaf")
        }
        try require(.read, of: caller, for: .prove, on: "leaf \(index)")
        try note(caller, .prove, "leaf \(index)")
        let found = try anchorer.archive.bracket(
            of: index, upTo: log.size, AnchorTrust(anchorer.book.all))
        return document(found.json(index: index, claimed: try log.leaf(at: index).time))
    }
}

extension Bracket {
    func json(index: UInt64, claimed: WallTime) -> JSON {
        var fields: [(String, JSON)] = [
            ("index", .int(Int64(index))), ("anchored", .bool(notAfter != nil)),
            ("recorded", .string(claimed.description)),
        ]
        if contradicts(claimed) { fields.append(("contradicted", .bool(true))) }
        if let notBefore { fields.append(("not_before", notBefore.json)) }
        if let notAfter { fields.append(("not_after", notAfter.json)) }
        if isImpossible { fields.append(("impossible", .bool(true))) }
        return .object(JSONObject(fields))
    }
}

extension Bracket.End {
    fileprivate var json: JSON {
        .object(
            JSONObject([
                ("time", .string(time.description)), ("type", .string(type.rawValue)),
                ("source", .string(source)), ("size", .int(Int64(size))),
                ("leaf", .int(Int64(leaf))),
            ]))
    }
}
