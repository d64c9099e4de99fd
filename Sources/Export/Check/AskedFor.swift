internal import Base
internal import Evidence
internal import EvidenceFormat

/// What was asked for: `proof/selection.json`.
struct AskedFor: Sendable {
    /// Lists of ids can be long; everything else is short.
    static let bytesMax = 64 << 20

    let json: JSONObject
    let at: WallTime
    let by: String
    let site: String
    let origin: String
    let size: Int64
    let links: [(kind: String, value: String)]
    let camera: String?
    let from: WallTime?
    let to: WallTime?
    let ids: Set<RecordID>?
    let records: Int64
    let streams: Int64
    /// Members that only a later version knows.
    let unknown: [String]

    private static let members: Set<String> = [
        "v", "at", "by", "site", "origin", "size", "links", "camera", "from", "to", "ids",
        "records", "streams",
    ]

    init(parsing bytes: [UInt8]) throws(Failure) {
        func refuse(_ words: String) -> Failure { Failure(.corrupt, words) }
        let json = try JSON(parsing: bytes.span, bytesMax: Self.bytesMax)
        guard let object = json.object else { throw refuse("is no JSON object") }
        if let version = object["v"]?.int, version > 1 {
            throw refuse("has version \(version); use a newer Proofreel to read it")
        }
        unknown = object.members.map(\.key).filter { !Self.members.contains($0) }
        guard object["v"]?.int == 1, let at = object["at"]?.string.flatMap({ WallTime($0) }),
            let by = object["by"]?.string, let site = object["site"]?.string,
            let origin = object["origin"]?.string, let size = object["size"]?.int,
            let records = object["records"]?.int, let streams = object["streams"]?.int
        else { throw refuse("lacks a member, or has one of another type than it should") }
        self.json = object
        self.at = at
        self.by = by
        self.site = site
        self.origin = origin
        self.size = size
        self.records = records
        self.streams = streams
        links = try Self.links(object["links"])
        camera = try Self.text(object["camera"], "camera") { $0 }
        from = try Self.text(object["from"], "from") { WallTime($0) }
        to = try Self.text(object["to"], "to") { WallTime($0) }
        ids = try Self.ids(object["ids"])
        if ids != nil, camera != nil || from != nil || to != nil || !links.isEmpty {
            throw refuse("has both ids and conditions")
        }
    }

    private static func text<Value>(
        _ json: JSON?, _ name: String, _ read: (String) -> Value?
    ) throws(Failure) -> Value? {
        guard let json else { return nil }
        guard let value = json.string.flatMap(read) else {
            throw Failure(.corrupt, "has a member \(name) that makes no sense")
        }
        return value
    }

    private static func links(_ json: JSON?) throws(Failure) -> [(kind: String, value: String)] {
        guard let json else { return [] }
        guard let items = json.array else { throw Failure(.corrupt, "has links that are no list") }
        var links: [(kind: String, value: String)] = []
        for item in items {
            guard let object = item.object, object.members.count == 2,
                let kind = object["kind"]?.string, let value = object["value"]?.string
            else { throw Failure(.corrupt, "has a link that is not a kind and a value") }
            links.append((kind, value))
        }
        return links
    }

    private static func ids(_ json: JSON?) throws(Failure) -> Set<RecordID>? {
        guard let json else { return nil }
        guard let items = json.array else { throw Failure(.corrupt, "has ids that are no list") }
        var ids: Set<RecordID> = []
        for item in items {
            guard let id = item.string.flatMap({ RecordID($0) }), ids.insert(id).inserted else {
                throw Failure(.corrupt, "has an id that is none, or one twice")
            }
        }
        return ids
    }

    /// Links to people are beside the leaves, not in them; nobody without the log can check those.
    var checkedLinks: [(kind: String, value: String)] {
        links.filter { !PrivateSection.kinds.contains($0.kind) }
    }

    /// Whether a record with these links, as they stand, is what was asked for.
    func fits(_ leaf: Leaf, links: [Link]) -> Bool {
        if let ids { return ids.contains(leaf.id) }
        let instant = leaf.time("t") ?? leaf.time
        if let camera, leaf.string("cam").map({ $0.hasSameBytes(as: camera) }) != true {
            return false
        }
        if let from, instant < from { return false }
        if let to, instant >= to { return false }
        return checkedLinks.allSatisfy { asked in
            links.contains { $0.answers(to: asked.kind, asked.value) }
        }
    }

    /// In words, one condition each.
    var words: [String] {
        var words = links.map { "\($0.kind) \($0.value)" }
        if let camera { words.append("camera \(camera)") }
        if let from { words.append("from \(from)") }
        if let to { words.append("before \(to)") }
        if let ids { words.append("\(ids.count) records by their ids") }
        return words
    }
}
