internal import Base
internal import Factory
internal import HTTPD
internal import HTTPFormat
internal import WireProtocol

/// What is set up on the floor: control points, work centres and rooms. Each kind has a list, and
/// the last word of an address says what is done, as on the command line.
extension Route {
    static let floor: [Route] =
        points + centres + rooms + checks + [
            list("/inputs", ["inputs"], .inputList, "inputs"), ask,
        ]

    private static let points: [Route] =
        [
            list(
                "/points", ["points"], .pointList, "points",
                ["camera": .camera, "centre": .centre]),
            object("/points/ID", ["points"], .pointShow, .point),
        ]
        + changes("/points/ID", "points", .point, .pointAdd, .pointSet, .pointRemove)

    private static let centres: [Route] =
        [
            list("/centres", ["centres"], .centreList, "centres"),
            object("/centres/ID", ["centres"], .centreShow, .centre),
            Route("/centres/ID/triggers/add", ["centres"], .word("triggers/add"), .post) {
                visit, site in
                try FloorReply.make(
                    .triggerAdd, try FloorReply.settings(visit, .centre), visit, site)
            },
            Route("/centres/ID/triggers/move", ["centres"], .word("triggers/move"), .post) {
                visit, site in
                let entry = try FloorReply.entry(visit, "a move", ["trigger", "position"])
                var fields = FieldWriter()
                fields.add(.centre, visit.parameter)
                try FloorReply.text("trigger", of: entry, as: .trigger, &fields)
                if let position = try entry.number("position", in: 0...1000) {
                    fields.add(.position, position)
                }
                return try FloorReply.make(.triggerMove, fields, visit, site)
            },
            Route("/centres/ID/triggers/remove", ["centres"], .word("triggers/remove"), .post) {
                visit, site in
                let entry = try FloorReply.entry(visit, "a removal", ["trigger"])
                var fields = FieldWriter()
                fields.add(.centre, visit.parameter)
                try FloorReply.text("trigger", of: entry, as: .trigger, &fields)
                return try FloorReply.make(.triggerRemove, fields, visit, site)
            },
            Route("/centres/ID/press", ["centres"], .word("press"), .post) { visit, site in
                let entry = try FloorReply.entry(
                    visit, "a press", ["key", "code", "links", "at", "request_id"])
                var fields = FieldWriter()
                fields.add(.centre, visit.parameter)
                try FloorReply.text("key", of: entry, as: .key, &fields)
                try FloorReply.text("code", of: entry, as: .code, &fields)
                try FloorReply.texts("links", of: entry, as: .link, &fields)
                try FloorReply.occasion(entry, &fields)
                return try FloorReply.make(.press, fields, visit, site, list: "pictures")
            },
        ]
        + changes("/centres/ID", "centres", .centre, .centreAdd, .centreSet, .centreRemove)

    private static let rooms: [Route] =
        [list("/rooms", ["rooms"], .roomList, "rooms")]
        + changes("/rooms/NAME", "rooms", .room, .roomAdd, .roomSet, .roomRemove)

    // MARK: Shapes

    /// `query`: names in the query, and the fields that they become.
    private static func list(
        _ path: String, _ words: [String], _ operation: Operation, _ name: String,
        _ query: [String: FieldKey] = [:]
    ) -> Route {
        Route(path, words) { visit, site in
            try visit.allow(query.keys.sorted())
            var fields = FieldWriter()
            for (name, key) in query {
                if let value = visit.target.value(name) { fields.add(key, value) }
            }
            return try FloorReply.make(operation, fields, visit, site, list: name)
        }
    }

    private static func object(
        _ path: String, _ words: [String], _ operation: Operation, _ key: FieldKey
    ) -> Route {
        Route(path, words, .segments(1)) { visit, site in
            try visit.allow([])
            var fields = FieldWriter()
            fields.add(key, visit.parameter)
            return try FloorReply.make(operation, fields, visit, site)
        }
    }

    private static func changes(
        _ path: String, _ word: String, _ key: FieldKey, _ add: Operation, _ set: Operation,
        _ remove: Operation
    ) -> [Route] {
        [("add", add), ("set", set), ("remove", remove)].map { name, operation in
            Route("\(path)/\(name)", [word], .word(name), .post) { visit, site in
                if operation == remove { _ = try FloorReply.entry(visit, "a removal", []) }
                return try FloorReply.make(
                    operation, try FloorReply.settings(visit, key), visit, site)
            }
        }
    }
}
