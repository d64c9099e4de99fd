internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Factory
internal import Linux
internal import Recorder
internal import WireProtocol

/// Work centres, their triggers, and presses.
extension Desk {
    func performOnCentres(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .centreList: try centreList(caller)
        case .centreShow: try centreShow(fields, caller)
        case .centreAdd: try centrePut(fields, caller, isNew: true)
        case .centreSet: try centrePut(fields, caller, isNew: false)
        case .centreRemove: try centreRemove(fields, caller)
        case .triggerAdd, .triggerMove, .triggerRemove: try triggers(operation, fields, caller)
        case .press: try press(fields, caller)
        case .inputList: try inputList(caller)
        default: preconditionFailure("\(operation) is not about work centres")
        }
    }

    private func centreList(_ caller: Caller) throws -> Answer {
        try requireSight(of: "centres", caller)
        var answer = Answer()
        for centre in try floor.factory.book.contents.centres {
            answer.add(document: centre.json())
        }
        answer.reply.add(.count, Int64(answer.items.count))
        return answer
    }

    private func centreShow(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try centreID(fields)
        try requireSight(of: "centre \(id)", caller)
        return document(try shown(floor.factory.book.contents.centre(id)))
    }

    private func centreID(_ fields: borrowing Fields) throws(WireError) -> String {
        try fields.required(.centre, "the work centre's id")
    }

    private func shown(_ centre: WorkCentre) throws -> JSON {
        let bench = try floor.factory.onBench(centre.id, at: now)
        return centre.json([
            ("bench", .array(bench.map(\.json))),
            ("status", try graphic(of: centre).json),
        ])
    }

    private func configurable(
        centre fields: borrowing Fields, _ caller: Caller
    ) throws -> String {
        let id = try centreID(fields)
        try require(.configure, of: caller, for: .change, on: "centre \(id)")
        return id
    }

    private func centrePut(
        _ fields: borrowing Fields, _ caller: Caller, isNew: Bool
    ) throws -> Answer {
        let id = try configurable(centre: fields, caller)
        let entry = try wishes(fields, "a work centre", WorkCentre.names)
        guard isNew || !entry.isEmpty else {
            throw WireError(.invalid, "say what should change, in a document")
        }
        let centre = try floor.factory.book.change { contents throws(Failure) in
            var centre = isNew ? try WorkCentre(id: id) : try contents.centre(id)
            try centre.change(entry)
            try contents.put(centre, isNew: isNew)
            return centre
        }
        try floor.inputsChanged()
        return document(try shown(centre))
    }

    private func centreRemove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try configurable(centre: fields, caller)
        try floor.factory.book.change { contents throws(Failure) in try contents.removeCentre(id) }
        try floor.inputsChanged()
        return document(.object(JSONObject([("id", .string(id))])))
    }

    private func triggers(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        let id = try configurable(centre: fields, caller)
        let entry = try wishes(fields, "a trigger", Trigger.names)
        let (trigger, position) = (fields.text(.trigger), fields.int(.position))
        let known = Set(try recorder.book.all.map(\.id))
        let centre = try floor.factory.book.change { contents throws(Failure) in
            var centre = try contents.centre(id)
            switch operation {
            case .triggerAdd: try Self.require(centre.addTrigger(entry).cameras, in: known)
            case .triggerMove:
                guard let trigger, let position else {
                    throw Failure(.invalid, "say which trigger goes to which place")
                }
                try centre.moveTrigger(trigger, to: Int(clamping: position))
            default:
                guard let trigger else { throw Failure(.invalid, "say which trigger goes") }
                try centre.removeTrigger(trigger)
            }
            try contents.put(centre, isNew: false)
            return centre
        }
        return document(try shown(centre))
    }

    // MARK: Presses

    private func press(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let id = try centreID(fields)
        // Who may press nothing at all is not told which work centres there are.
        try require(.trigger, of: caller, for: .change, on: "centre \(id)")
        let at = fields.time(.at) ?? now
        guard at <= now.adding(seconds: 1) else {
            throw WireError(.invalid, "\(at) has not come yet; a press is now or was before")
        }
        let request = try fields.text(.requestID) ?? "press:\(floor.factory.newID())"
        guard request.utf8.count <= 128 else {
            throw WireError(.invalid, "a request id has at most 128 bytes")
        }
        var press = Press(id, at: at, request: request, by: caller.author)
        press.key = fields.text(.key)
        press.code = fields.text(.code)
        guard press.key == nil || press.code == nil else {
            throw WireError(.invalid, "a key or a code, not both")
        }
        press.links = try fields.links()
        let taken = try floor.press(press) { trigger in
            for camera in trigger.cameras {
                try require(
                    .trigger, camera: camera, of: caller, for: .change, on: "snap \(camera)")
            }
        }
        var answer =
            try taken.request.map { try self.answer($0, taken.shots, wantsPicture: false) }
            ?? Answer()
        var told: [(String, JSON)] = [
            ("centre", .string(id)), ("at", .string(at.description)),
            ("links", .array(taken.plan.links.map(\.json))),
        ]
        if let trigger = taken.plan.trigger { told.append(("trigger", .string(trigger.id))) }
        if let check = taken.plan.check { told.append(("check", .string(check))) }
        if taken.request == nil { answer.reply.add(.count, 0) }
        answer.reply.add(.document, text(.object(JSONObject(told))))
        return answer
    }

    // MARK: Input devices

    private func inputList(_ caller: Caller) throws -> Answer {
        try require(.configure, of: caller, for: .status, on: "inputs")
        let centres = try floor.factory.book.contents.centres
        var answer = Answer()
        for device in InputDevice.all() {
            var fields: [(String, JSON)] = [
                ("id", .string(device.id)), ("name", .string(device.name)),
                ("node", .string(device.node)),
            ]
            if let centre = centres.first(where: { $0.input == device.id }) {
                fields.append(("centre", .string(centre.id)))
            }
            answer.add(document: .object(JSONObject(fields)))
        }
        answer.reply.add(.count, Int64(answer.items.count))
        return answer
    }
}
