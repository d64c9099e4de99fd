package import Base
internal import EvidenceFormat

/// All that people decided about the floor: a value, so that a change is whole or none.
package struct FactoryContents: Hashable, Sendable {
    package var points: [ControlPoint] = []
    package var centres: [WorkCentre] = []
    package var rooms: [Room] = []

    package init() {}

    package func point(_ id: String) throws(Failure) -> ControlPoint {
        if let found = points.first(where: { $0.id == id }) { return found }
        throw Self.missing(
            "control point", id, known: points.map(\.id),
            add: "proofreel point add ID --camera CAMERA")
    }

    package func centre(_ id: String) throws(Failure) -> WorkCentre {
        if let found = centres.first(where: { $0.id == id }) { return found }
        throw Self.missing(
            "work centre", id, known: centres.map(\.id), add: "proofreel centre add ID")
    }

    package func room(_ name: String) throws(Failure) -> Room {
        if let found = rooms.first(where: { $0.isMeant(by: name) }) { return found }
        throw Self.missing(
            "room", name, known: rooms.map(\.name), add: "proofreel room add NAME")
    }

    private static let toldMax = 20

    private static func missing(
        _ what: String, _ id: String, known: [String], add: String
    ) -> Failure {
        let told = known.prefix(toldMax).joined(separator: ", ")
        return Failure(
            .notFound,
            "there is no \(what) \(id)"
                + (known.isEmpty ? "; add one: \(add)" : "; there are: \(told)")
                + (known.count > toldMax ? " and others" : ""))
    }

    // MARK: Changes

    /// Puts one in, in the place of the one with the same id.
    package mutating func put(_ point: ControlPoint, isNew: Bool) throws(Failure) {
        if let centre = point.centre { _ = try self.centre(centre) }
        guard let i = points.firstIndex(where: { $0.id == point.id }) else {
            guard points.count < ControlPoint.countMax else { throw Self.full("control points") }
            return points.append(point)
        }
        guard !isNew else { throw Self.taken("control point", point.id, "proofreel point set") }
        points[i] = point
    }

    package mutating func put(_ centre: WorkCentre, isNew: Bool) throws(Failure) {
        if let input = centre.input,
            let other = centres.first(where: { $0.id != centre.id && $0.input == input })
        {
            throw Failure(
                .refused,
                "the input device \(input) is at \(other.id) already; take it from there first:"
                    + " proofreel centre set \(other.id) --no-input")
        }
        guard let i = centres.firstIndex(where: { $0.id == centre.id }) else {
            guard centres.count < WorkCentre.countMax else { throw Self.full("work centres") }
            return centres.append(centre)
        }
        guard !isNew else { throw Self.taken("work centre", centre.id, "proofreel centre set") }
        centres[i] = centre
    }

    package mutating func put(_ room: Room, isNew: Bool) throws(Failure) {
        // One name that means two rooms would answer for the wrong one.
        for other in rooms where !other.name.hasSameBytes(as: room.name) {
            for name in [room.name] + room.aliases where other.isMeant(by: name) {
                throw Failure(.alreadyExists, "\(name) is the room \(other.name) already")
            }
        }
        guard let i = rooms.firstIndex(where: { $0.name.hasSameBytes(as: room.name) }) else {
            guard rooms.count < Room.countMax else { throw Self.full("rooms") }
            return rooms.append(room)
        }
        guard !isNew else { throw Self.taken("room", room.name, "proofreel room set") }
        rooms[i] = room
    }

    package mutating func removePoint(_ id: String) throws(Failure) {
        _ = try point(id)
        points.removeAll { $0.id == id }
    }

    package mutating func removeCentre(_ id: String) throws(Failure) {
        _ = try centre(id)
        let bound = points.filter { $0.centre == id }.map(\.id)
        guard bound.isEmpty else {
            throw Failure(
                .refused,
                "the control points \(bound.prefix(Self.toldMax).joined(separator: ", ")) are at"
                    + " \(id); move or remove them first")
        }
        centres.removeAll { $0.id == id }
    }

    package mutating func removeRoom(_ name: String) throws(Failure) {
        let room = try room(name)
        rooms.removeAll { $0 == room }
    }

    private static func taken(_ what: String, _ id: String, _ command: String) -> Failure {
        Failure(
            .alreadyExists,
            "there is a \(what) \(id) already; change it with \(command) \(id), or choose another"
                + " id")
    }

    private static func full(_ what: String) -> Failure {
        Failure(.refused, "there are as many \(what) as fit; remove some")
    }
}

extension FactoryContents {
    var json: JSON {
        .object(
            JSONObject([
                ("v", .int(1)), ("points", .array(points.map(\.json))),
                ("centres", .array(centres.map(\.stored))), ("rooms", .array(rooms.map(\.json))),
            ]))
    }

    init(_ json: JSON) throws(Failure) {
        guard json.object?["v"]?.int == 1 else {
            throw Failure(.unsupported, "it was written by a newer version; update proofreel")
        }
        let entry = try Entry(json, "the list", names: ["v", "points", "centres", "rooms"])
        for item in try entry.items("centres", countMax: WorkCentre.countMax) {
            try put(try WorkCentre(item), isNew: true)
        }
        for item in try entry.items("points", countMax: ControlPoint.countMax) {
            try put(try ControlPoint(item), isNew: true)
        }
        for item in try entry.items("rooms", countMax: Room.countMax) {
            try put(try Room(item), isNew: true)
        }
    }
}
