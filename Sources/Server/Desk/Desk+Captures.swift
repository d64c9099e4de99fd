internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Recorder
internal import WireProtocol

/// What is added: frames of cameras, pictures from elsewhere.
extension Desk {
    func snap(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let cameras = fields.texts(.camera)
        guard (1...SnapRequest.camerasMax).contains(cameras.count) else {
            throw WireError(.invalid, "name one to \(SnapRequest.camerasMax) cameras")
        }
        for camera in cameras {
            try require(.trigger, camera: camera, of: caller, for: .change, on: "snap \(camera)")
        }
        var request = SnapRequest(cameras: cameras, by: caller.author)
        request.at = fields.time(.at)
        if let tolerance = fields.int(.toleranceMicroseconds) {
            guard (0...SnapRequest.toleranceMax).contains(tolerance) else {
                throw WireError(.invalid, "a tolerance is between 0 and one hour")
            }
            request.toleranceMicroseconds = tolerance
        }
        let neighbours = fields.int(.neighbours) ?? 0
        guard (0...Int64(SnapRequest.neighboursMax)).contains(neighbours) else {
            throw WireError(.invalid, "ask for at most \(SnapRequest.neighboursMax) neighbours")
        }
        request.neighbours = Int(neighbours)
        request.links = try fields.links()
        request.request = fields.text(.requestID)
        request.trigger = fields.text(.trigger)
        let wantsPicture = fields.text(.form) == "picture"
        if wantsPicture {
            try require(.read, camera: cameras[0], of: caller, for: .read, on: cameras[0])
        }
        if wantsPicture, cameras.count > 1 {
            throw WireError(.invalid, "a picture follows for one camera; GET the others by id")
        }
        return try answer(request, try recorder.snap(request), wantsPicture: wantsPicture)
    }

    func answer(
        _ request: SnapRequest, _ shots: [SnapAnswer], wantsPicture: Bool
    ) throws -> Answer {
        var answer = Answer()
        for shot in shots {
            let record = try log.record(shot.receipt.id)
            var more: [(String, JSON)] = [("repeated", .bool(shot.receipt.repeated))]
            if request.neighbours > 0 {
                let instants = shot.neighbours.map { JSON.string($0.description) }
                more.append(("neighbours", .array(instants)))
            }
            var item = FieldWriter(capacity: 4096)
            item.add(
                .document,
                text(
                    RecordJSON.make(record, receipt: try shot.receipt.json(log), more: more)))
            answer.add(item: item)
        }
        answer.reply.add(.count, Int64(shots.count))
        if wantsPicture, let shot = shots.first {
            answer.reply.add(.size, Int64(shot.picture.count))
            if let hash = shot.receipt.leaf.digest("pay") {
                answer.reply.add(.sha256, hash.bytes)
            }
            answer.reply.add(.mime, shot.receipt.leaf.string("mime") ?? "image/jpeg")
            answer.body = .bytes(shot.picture)
        }
        return answer
    }

    func put(_ fields: borrowing Fields, _ body: [UInt8], _ caller: Caller) throws -> Answer {
        try require(.ingest, of: caller, for: .change, on: "put")
        var capture = Capture()
        capture.mime = fields.text(.mime) ?? "image/jpeg"
        capture.links = try fields.links()
        capture.request = fields.text(.requestID)
        guard !capture.links.isEmpty else {
            throw WireError(.invalid, "say what it belongs to, such as check=…")
        }
        let receipt = try log.addImport(
            name: fields.text(.name) ?? "picture",
            instant: fields.time(.instant) ?? now, capture, payload: body.span,
            by: caller.author)
        return document(
            RecordJSON.make(try log.record(receipt.id), receipt: try receipt.json(log)))
    }
}
