package import Base
package import Evidence
package import EvidenceFormat

/// A picture that was asked for by a press, and all that it will be linked to: decided once, so
/// that doing it again is doing the same.
package struct PendingShot: Hashable, Sendable {
    package let request: String
    package let cameras: [String]
    package let at: WallTime
    package let links: [Link]
    /// As it stands with the picture: `press-3/t1 key:F9`.
    package let trigger: String
    package let author: Author

    package init(
        request: String, cameras: [String], at: WallTime, links: [Link], trigger: String,
        author: Author
    ) {
        self.request = request
        self.cameras = cameras
        self.at = at
        self.links = links
        self.trigger = trigger
        self.author = author
    }
}

extension PendingShot {
    private static let names = [
        "actor", "at", "cameras", "links", "request", "sess", "trigger", "v",
    ]

    var json: JSON {
        .object(
            JSONObject([
                ("v", .int(1)), ("request", .string(request)), ("at", .string(at.description)),
                ("cameras", .array(cameras.map { .string($0) })), ("trigger", .string(trigger)),
                ("links", .array(links.map(\.json))), ("actor", .string(author.actor)),
                ("sess", .string(author.session)),
            ]))
    }

    init(_ json: JSON) throws(Failure) {
        let entry = try Entry(json, "a press", names: Self.names)
        guard try entry.number("v", in: 1...1) == 1, let at = WallTime(try entry.required("at"))
        else { throw Failure(.corrupt, "a press has no version or no instant") }
        request = try entry.text("request", max: 256) ?? ""
        cameras = try entry.texts("cameras", countMax: Trigger.camerasMax) ?? []
        try Limits.check(cameras: cameras, of: "a press")
        self.at = at
        trigger = try entry.text("trigger") ?? ""
        author = Author(
            actor: try entry.text("actor", max: 256) ?? "server",
            session: try entry.text("sess") ?? "")
        links = try entry.items("links", countMax: Link.countMax).map { item throws(Failure) in
            try Link(item)
        }
    }
}
