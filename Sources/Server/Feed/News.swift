internal import Base
internal import Evidence
internal import EvidenceFormat

/// One thing that happened, as watchers are told.
struct News: Sendable {
    enum Topic: String, CaseIterable, Sendable {
        /// A picture or a clip became evidence.
        case evidence
        /// Something was said of records: links, seals, holds.
        case facts
        /// A check was reached, and waits for its pictures.
        case check
        /// A camera had nothing for a while; told when the gap is over.
        case gap
        /// A camera changed its state.
        case camera
    }

    let topic: Topic
    /// Those that it concerns; none where it concerns no camera.
    let cameras: [String]
    let links: [Link]
    let document: JSON

    static func camera(_ id: String, _ state: String, at now: WallTime) -> News {
        News(
            topic: .camera, cameras: [id], links: [],
            document: .object(
                JSONObject([
                    ("topic", .string(Topic.camera.rawValue)), ("camera", .string(id)),
                    ("state", .string(state)), ("instant", .string(now.description)),
                ])))
    }

    private init(topic: Topic, cameras: [String], links: [Link], document: JSON) {
        self.topic = topic
        self.cameras = cameras
        self.links = links
        self.document = document
    }

    /// Nil for leaves that are the log's own business.
    init?(_ log: EvidenceLog, _ index: UInt64) throws(Failure) {
        let leaf = try log.leaf(at: index)
        let topic: Topic
        switch leaf.kind.rawValue {
        case "snapshot", "clip", "import", "derive": topic = .evidence
        case "link", "unlink", "close", "hold", "unhold": topic = .facts
        case "check": topic = .check
        case "gap": topic = .gap
        default: return nil
        }
        var fields: [(String, JSON)] = [
            ("topic", .string(topic.rawValue)), ("kind", .string(leaf.kind.rawValue)),
            ("id", .string(leaf.id.description)), ("index", .int(Int64(index))),
            ("instant", .string((leaf.time("t") ?? leaf.time).description)),
        ]
        for (name, field) in [
            ("camera", "cam"), ("sha256", "pay"), ("mime", "mime"), ("record", "record"),
            ("check", "check"), ("point", "point"), ("centre", "centre"),
            ("product", "product"), ("operation", "operation"), ("from", "from"), ("to", "to"),
            ("cause", "cause"),
        ] {
            if let text = leaf.string(field) { fields.append((name, .string(text))) }
        }
        let links = leaf.links.map(\.link)
        if !links.isEmpty { fields.append(("links", .array(links.map(\.json)))) }
        let cameras =
            (leaf.string("cam").map { [$0] } ?? leaf.body["cams"]?.array?.compactMap(\.string))
            ?? []
        if topic == .check {
            fields.append(("cameras", .array(cameras.map { .string($0) })))
            fields.append(("mandatory", .bool(leaf.bool("mandatory") ?? false)))
            if let check = links.first(where: { $0.kind == Link.checkKind }) {
                fields.append(("check", .string(check.value)))
            }
        }
        self.init(
            topic: topic, cameras: cameras, links: links,
            document: .object(JSONObject(fields)))
    }
}
