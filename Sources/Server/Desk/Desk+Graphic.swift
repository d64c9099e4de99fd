internal import Access
package import Base
internal import EvidenceFormat
package import Factory
internal import Ingest
package import Recorder
internal import WireProtocol

/// How a camera or a work centre is, as a small picture and as a document.
extension Desk {
    func graphic(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let graphic =
            try fields.text(.camera).map { try self.graphic(ofCamera: $0, for: caller) }
            ?? self.graphic(
                ofCentre: try fields.required(.centre, "a camera, or a work centre"), for: caller)
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

    package func graphic(ofCamera id: String, for caller: Caller) throws -> StatusGraphic {
        try requireSight(of: "camera \(id)", camera: id, caller)
        let camera = try recorder.camera(id)
        return StatusGraphic(camera.config.name, [camera.light(at: now)], now: now)
    }

    package func graphic(ofCentre id: String, for caller: Caller) throws -> StatusGraphic {
        try requireSight(of: "centre \(id)", caller)
        return try graphic(of: floor.factory.book.contents.centre(id))
    }

    /// All cameras that look at it: those of its triggers, and those that say so.
    func graphic(of centre: WorkCentre) throws -> StatusGraphic {
        let parts = try cameras(of: centre).map { id in
            do throws(Failure) {
                return try recorder.camera(id).light(at: now)
            } catch {
                var part = StatusGraphic.Part(id, id, .problem, since: now)
                part.problem = error.words
                return part
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
    /// A camera that is connected and sends nothing for so long has a problem.
    private static let silenceSeconds: Int64 = 10

    package func light(at now: WallTime) -> StatusGraphic.Part {
        let status = report.status
        var silentSince: WallTime?
        let state: StatusGraphic.State
        switch status.state {
        case .off: state = .off
        // One that failed and is tried again has the problem until it is gone.
        case .connecting: state = status.failure == nil ? .connecting : .problem
        case .failed: state = .problem
        case .recording:
            if let last = status.lastFrame, last.adding(seconds: Self.silenceSeconds) < now {
                silentSince = last
            }
            state = silentSince == nil ? .connected : .problem
        }
        // The problem is as old as the last picture, not as the last try to connect.
        let since =
            state == .problem ? silentSince ?? status.gapSince ?? status.since : status.since
        var part = StatusGraphic.Part(config.id, config.name, state, since: since)
        part.lastFrame = status.lastFrame ?? status.gapSince
        if state == .problem {
            part.problem = status.failure?.words ?? "the camera sends nothing"
            part.remedy = status.failure?.remedy
        }
        return part
    }
}
