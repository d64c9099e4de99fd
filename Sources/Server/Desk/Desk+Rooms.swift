internal import Access
internal import Base
internal import Crypto
internal import EvidenceFormat
package import Factory
internal import Ingest
internal import Recorder
internal import WireProtocol

/// Rooms, and questions after the cameras in them.
extension Desk {
    /// Cameras that one question is answered with.
    private static let askedMax = 16

    func performOnRooms(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .roomList: try roomList(caller)
        case .roomAdd: try roomPut(fields, caller, isNew: true)
        case .roomSet: try roomPut(fields, caller, isNew: false)
        case .roomRemove: try roomRemove(fields, caller)
        case .ask: try ask(fields, caller)
        default: preconditionFailure("\(operation) is not about rooms")
        }
    }

    private func roomList(_ caller: Caller) throws -> Answer {
        try require(.seeCameras, of: caller, for: .status, on: "rooms")
        var answer = Answer()
        for room in try rooms(caller) { answer.add(document: room.json) }
        answer.reply.add(.count, Int64(answer.items.count))
        return answer
    }

    private func roomPut(
        _ fields: borrowing Fields, _ caller: Caller, isNew: Bool
    ) throws -> Answer {
        let name = try fields.required(.room, "the room's name")
        try require(.configure, of: caller, for: .change, on: "room \(name)")
        let entry = try wishes(fields, "a room", Room.names)
        try floor.factory.book.change { contents throws(Failure) in
            var room = isNew ? try Room(name: name) : try contents.room(name)
            try room.change(entry)
            try contents.put(room, isNew: isNew)
        }
        let room = try rooms(caller).first { $0.name == name || $0.others.contains(name) }
        return document(room?.json ?? .object(JSONObject([("name", .string(name))])))
    }

    private func roomRemove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.room, "the room's name")
        try require(.configure, of: caller, for: .change, on: "room \(name)")
        try floor.factory.book.change { contents throws(Failure) in try contents.removeRoom(name) }
        return document(.object(JSONObject([("name", .string(name))])))
    }

    /// Rooms that somebody set up, and those that only cameras speak of. Sub streams are no cameras
    /// of their own here.
    private func rooms(_ caller: Caller) throws -> [Question.Place] {
        let contents = try floor.factory.book.contents
        let cameras = try recorder.book.all.filter { !$0.isSub && caller.sees($0.id) }
        var rooms = contents.rooms.map { room in
            Question.Place(
                room.name, others: room.aliases,
                cameras: cameras.filter { $0.room.map(room.isMeant) ?? false }.map(\.id))
        }
        for camera in cameras {
            guard let name = camera.room, !contents.rooms.contains(where: { $0.isMeant(by: name) }),
                !PlainText.words(of: name).isEmpty
            else { continue }
            let same = cameras.filter {
                $0.room.map { PlainText.words(of: $0) == PlainText.words(of: name) } ?? false
            }
            if same.first?.id == camera.id {
                rooms.append(Question.Place(name, cameras: same.map(\.id)))
            }
        }
        return rooms
    }

    // MARK: Questions

    private func places(_ caller: Caller) throws -> [Question.Place] {
        let cameras = try recorder.book.all.filter { !$0.isSub && caller.sees($0.id) }
        let centres = try floor.factory.book.contents.centres.map { centre in
            Question.Place(
                centre.name, others: [centre.id],
                cameras: try self.cameras(of: centre).filter(caller.sees))
        }
        let own = cameras.map { Question.Place($0.name, others: [$0.id], cameras: [$0.id]) }
        return try rooms(caller) + centres + own
    }

    /// What a sentence asks for, among what the caller may look at; nothing is looked at yet.
    package func meant(by sentence: String, for caller: Caller) throws -> Question.Answer {
        guard sentence.utf8.count <= PlainText.bytesMax else {
            throw WireError(.invalid, "a question has at most \(PlainText.bytesMax) bytes")
        }
        try check(caller, .live, "question") { identity throws(Failure) in
            try identity.requireRead(camera: identity.cameras?.first, namesLink: false)
        }
        return Question(sentence).answer(try places(caller))
    }

    private func ask(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let understood = try meant(
            by: try fields.required(.words, "a sentence"), for: caller)
        var answer = Answer()
        var body: [UInt8] = []
        for id in understood.cameras.prefix(Self.askedMax) {
            try note(caller, .live, "camera \(id)")
            let (item, picture) = try looked(id)
            answer.add(document: item)
            body += picture
        }
        var told: [(String, JSON)] = [
            ("words", .string(understood.words)),
            ("language", .string(understood.language.rawValue)),
            ("rooms", .array(understood.places.map { .string($0) })),
            ("suggestions", .array(understood.suggestions.map { .string($0) })),
        ]
        if understood.cameras.count > Self.askedMax {
            told.append(("more", .int(Int64(understood.cameras.count - Self.askedMax))))
        }
        answer.reply.add(.document, text(.object(JSONObject(told))))
        answer.reply.add(.count, Int64(answer.items.count))
        answer.reply.add(.size, Int64(body.count))
        if !body.isEmpty { answer.body = .bytes(body) }
        return answer
    }

    /// The picture of now with its age, or why there is none.
    private func looked(_ id: String) throws -> (JSON, [UInt8]) {
        let config = try recorder.book.camera(id)
        var fields: [(String, JSON)] = [("camera", .string(id)), ("name", .string(config.name))]
        if let room = config.room { fields.append(("room", .string(room))) }
        do {
            let look = try recorder.look(at: id)
            let age = try (recorder.now.microseconds - look.instant.microseconds) / 1000
            fields += [
                ("instant", .string(look.instant.description)), ("age_ms", .int(max(0, age))),
                ("mime", .string("image/jpeg")), ("bytes", .int(Int64(look.jpeg.count))),
                ("sha256", .string(SHA256.hash(look.jpeg.span).hex)),
            ]
            return (.object(JSONObject(fields)), look.jpeg)
        } catch {
            let told = Self.told(error)
            fields += [("error", .string(told.code.word)), ("words", .string(told.words))]
            if let last = try recorder.camera(id).ring.range?.upperBound {
                fields.append(("last_frame", .string(last.description)))
            }
            return (.object(JSONObject(fields)), [])
        }
    }
}

extension Question.Place {
    var json: JSON {
        .object(
            JSONObject([
                ("name", .string(name)), ("aliases", .array(others.map { .string($0) })),
                ("cameras", .array(cameras.map { .string($0) })),
            ]))
    }
}
