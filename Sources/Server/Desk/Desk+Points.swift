internal import Access
internal import Base
internal import EvidenceFormat
internal import Factory
internal import Recorder
internal import WireProtocol

/// Control points: rules that ask for checks.
extension Desk {
    func performOnPoints(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .pointList: return try pointList(fields, caller)
        case .pointShow:
            let id = try fields.required(.point, "the control point's id")
            try requireSight(of: "point \(id)", caller)
            return document(try floor.factory.book.contents.point(id).json)
        case .pointAdd: return try pointPut(fields, caller, isNew: true)
        case .pointSet: return try pointPut(fields, caller, isNew: false)
        case .pointRemove:
            let id = try fields.required(.point, "the control point's id")
            try require(.configure, of: caller, for: .change, on: "point \(id)")
            try floor.factory.book.change { contents throws(Failure) in
                try contents.removePoint(id)
            }
            return document(.object(JSONObject([("id", .string(id))])))
        default: preconditionFailure("\(operation) is not about control points")
        }
    }

    private func pointList(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        try requireSight(of: "points", caller)
        let (camera, centre) = (fields.text(.camera), fields.text(.centre))
        var answer = Answer()
        for point in try floor.factory.book.contents.points {
            if let camera, !point.cameras.contains(camera) { continue }
            if let centre, point.centre != centre { continue }
            guard point.cameras.contains(where: caller.sees) else { continue }
            answer.add(document: point.json)
        }
        answer.reply.add(.count, Int64(answer.items.count))
        return answer
    }

    private func pointPut(
        _ fields: borrowing Fields, _ caller: Caller, isNew: Bool
    ) throws -> Answer {
        let id = try fields.required(.point, "the control point's id")
        try require(.configure, of: caller, for: .change, on: "point \(id)")
        let entry = try wishes(fields, "a control point", ControlPoint.names)
        guard isNew || !entry.isEmpty else {
            throw WireError(.invalid, "say what should change, in a document")
        }
        let known = Set(try recorder.book.all.map(\.id))
        let point = try floor.factory.book.change { contents throws(Failure) in
            var point = isNew ? try ControlPoint(id: id) : try contents.point(id)
            let before = Set(point.cameras)
            try point.change(entry)
            // Those that it had may have gone since; that must not keep its name from changing.
            try Self.require(point.cameras.filter { !before.contains($0) }, in: known)
            try contents.put(point, isNew: isNew)
            return point
        }
        return document(point.json)
    }

    // MARK: What all objects of the floor share

    /// Whoever sees cameras, and the system that plans checks, may see what is set up.
    func requireSight(
        of target: String, camera: String? = nil, _ caller: Caller
    ) throws(Failure) {
        let right: Right = caller.identity.rights.has(.reach) ? .reach : .seeCameras
        try require(right, camera: camera, of: caller, for: .status, on: target)
    }

    func wishes(
        _ fields: borrowing Fields, _ what: String, _ names: [String]
    ) throws -> Entry {
        let text = fields.text(.document) ?? "{}"
        return try Entry(try LooseJSON.parse(Array(text.utf8)), what, names: names)
    }

    static func require(_ cameras: [String], in known: Set<String>) throws(Failure) {
        for camera in cameras where !known.contains(camera) {
            throw Failure(
                .notFound,
                "there is no camera \(camera)"
                    + (known.isEmpty
                        ? "; add one: proofreel camera add ID URL"
                        : "; there are: \(known.sorted().prefix(20).joined(separator: ", "))"))
        }
    }

    /// What `camera show` lists; nil where nobody serves.
    func points(of camera: String) -> [JSON]? {
        knownFloor?.factory.book.contents.points.filter { $0.cameras.contains(camera) }.map(\.json)
    }
}
