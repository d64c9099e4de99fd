internal import Access
internal import Base
internal import EvidenceFormat
internal import Factory
internal import Ingest
internal import Recorder
internal import WireProtocol

/// How a camera or a work centre is, as a small picture and as a document.
extension Desk {
    func graphic(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let graphic: StatusGraphic
        if let id = fields.text(.camera) {
            try requireSight(of: "camera \(id)", caller)
            guard caller.sees(id) else {
                throw Failure(.denied, "camera \(id) is not one of yours; ask an admin")
            }
            graphic = try self.graphic(ofCamera: id)
        } else {
            let id = try fields.required(.centre, "a camera, or a work centre")
            try requireSight(of: "centre \(id)", caller)
            graphic = try self.graphic(of: floor.factory.book.contents.centre(id))
        }
        var answer = document(graphic.json)
        switch fields.text(.form) {
        case nil: break
        case "svg":
            let bytes = Array(graphic.svg().utf8)
            answer.reply.add(.mime, "image/svg+xml")
            answer.reply.add(.size, Int64(bytes.count))
            answer.body = .bytes(bytes)
        case let form?:
            throw WireError(.unsupported, "there is no form \(form); ask for svg, or for none")
        }
        return answer
    }

    func graphic(ofCamera id: String) throws -> StatusGraphic {
        let camera = try recorder.camera(id)
        return StatusGraphic(camera.config.name, [camera.part], now: now)
    }

    /// All cameras that look at it: those of its triggers, and those that say so.
    func graphic(of centre: WorkCentre) throws -> StatusGraphic {
        let parts = try cameras(of: centre).map { id in
            do throws(Failure) {
                return try recorder.camera(id).part
            } catch {
                return StatusGraphic.Part(id, .problem, since: now, problem: error.words)
            }
        }
        return StatusGraphic(centre.name, parts, now: now)
    }

    func cameras(of centre: WorkCentre) throws -> [String] {
        var ids: [String] = []
        for trigger in centre.triggers {
            for camera in trigger.cameras where !ids.contains(camera) { ids.append(camera) }
        }
        let names = [centre.id, centre.name].map { PlainText.words(of: $0) }
        for config in try recorder.book.all where !config.isSub && !ids.contains(config.id) {
            guard let text = config.workCentre else { continue }
            if names.contains(PlainText.words(of: text)) { ids.append(config.id) }
        }
        return ids
    }
}

extension Camera {
    fileprivate var part: StatusGraphic.Part {
        let status = report.status
        let state: StatusGraphic.State =
            switch status.state {
            case .recording: .connected
            case .off: .off
            case .connecting: .connecting
            case .failed: .problem
            }
        // The problem is as old as the last picture, not as the last try to connect.
        let since = state == .problem ? status.gapSince ?? status.since : status.since
        return StatusGraphic.Part(
            config.name, state, since: since, problem: status.failure?.words)
    }
}
