internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import WireProtocol

/// What is said of records afterwards, and what proves them.
extension Desk {
    func link(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try linkable(fields, caller)
        let receipt = try log.link(
            id, to: try fields.links(), reason: try fields.reason(),
            by: caller.author)
        return document(try receipt.fact(log))
    }

    func unlink(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try linkable(fields, caller)
        let receipt = try log.unlink(
            id, from: try fields.links(),
            reason: try fields.reason(),
            by: caller.author)
        return document(try receipt.fact(log))
    }

    /// The record that is meant, once the caller may say something of it.
    private func linkable(_ fields: borrowing Fields, _ caller: Caller) throws -> RecordID {
        let id = try fields.requiredID()
        let camera = caller.identity.cameras == nil ? nil : try log.record(id).camera
        try require(.link, camera: camera, of: caller, for: .change, on: id.description)
        return id
    }

    func close(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let check = try fields.required(.check, "the check")
        try require(.close, of: caller, for: .change, on: "check=\(check)")
        guard try !log.chain(of: check).isEmpty else {
            throw WireError(
                .notFound, "nothing is linked to check \(check); is it spelt so?")
        }
        let verdict = fields.text(.state)
        try requireComplete(check, verdict, although: fields.has(.incomplete))
        let receipt = try log.close(
            check: check, verdict: verdict,
            reason: try fields.reason(), by: caller.author)
        return document(try receipt.fact(log))
    }

    func prove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let index: UInt64
        if let id = try fields.recordID() {
            index = try log.index(of: id)
        } else if let given = fields.int(.index), given >= 0 {
            index = UInt64(given)
        } else {
            throw WireError(.invalid, "give a record's id, or the index of a leaf")
        }
        let target = "leaf \(index)"
        try require(.read, of: caller, for: .prove, on: target)
        try note(caller, .prove, target)
        var answer = Answer()
        answer.reply.add(.index, Int64(clamping: index))
        answer.reply.add(.leaf, String(decoding: try log.leaf(at: index).bytes, as: UTF8.self))
        let proof = try log.prove(index).encode()
        answer.reply.add(.note, String(decoding: proof, as: UTF8.self))
        return answer
    }

    /// One hash a line, in hexadecimal, then the checkpoint that they lead to.
    func consistency(_ fields: borrowing Fields) throws -> Answer {
        guard let old = fields.int(.oldSize), old >= 0 else {
            throw WireError(.invalid, "give the size of the older tree")
        }
        let (hashes, checkpoint) = try log.consistency(from: UInt64(old))
        var answer = Answer()
        answer.reply.add(.state, hashes.map { $0.hex + "\n" }.joined())
        answer.reply.add(.note, String(decoding: checkpoint.encode(), as: UTF8.self))
        return answer
    }

    func checkpoint() -> Answer {
        var answer = Answer()
        answer.reply.add(.note, String(decoding: log.checkpoint.encode(), as: UTF8.self))
        return answer
    }
}
