internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Recorder
internal import WireProtocol

extension Desk {
    /// Footage of a ring becomes evidence; with `form=clip` its bytes come along.
    func clip(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let camera = try fields.required(.camera, "the camera's id")
        try require(.trigger, camera: camera, of: caller, for: .change, on: "clip \(camera)")
        guard let from = fields.time(.from) else {
            throw WireError(.invalid, "give the instant from which footage is wanted")
        }
        let wantsBytes = fields.text(.form) == "clip"
        if wantsBytes { try require(.read, camera: camera, of: caller, for: .read, on: camera) }
        var request = ClipRequest(
            camera: camera, from: from, to: fields.time(.to) ?? now, by: caller.author)
        request.links = try fields.links()
        request.request = fields.text(.requestID)
        let receipt = try recorder.clip(request).receipt
        let record = try log.record(receipt.id)
        var answer = document(
            RecordJSON.make(
                record, receipt: try receipt.json(log),
                more: [("repeated", .bool(receipt.repeated))]))
        guard wantsBytes else { return answer }
        try note(caller, .read, receipt.id.description)
        try attach(try log.picture(receipt.id), to: &answer)
        return answer
    }

    /// A payload as the body, sent from where it is stored if it can be.
    private func attach(_ stored: StoredPicture, to answer: inout Answer) throws {
        answer.reply.add(.size, Int64(stored.byteCount))
        answer.reply.add(.sha256, stored.hash.bytes)
        answer.reply.add(.mime, stored.mime)
        if let slice = stored.slice {
            answer.body = .slice(slice)
        } else {
            answer.body = .bytes(try log.payload(of: stored.id))
        }
    }
}
