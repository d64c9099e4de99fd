internal import Base
internal import EvidenceFormat
internal import Factory
internal import HTTPD
internal import Server
internal import WireProtocol

/// Operations of the protocol as JSON: what address, query and body say become their fields, so
/// rights, refusals and the trail are the protocol's own.
enum FloorReply {
    /// Bytes of a key, and of a link with its kind.
    private static let keyBytesMax = 1024
    private static let listMax = 64

    /// The reply's document; with `list`, also the items under this name.
    static func make(
        _ operation: Operation, _ fields: FieldWriter, _ visit: Visit, _ site: Site,
        list name: String? = nil
    ) throws -> HTTPReply {
        let told = try site.desk.told(operation, fields, for: try visit.identified())
        var members = told.document?.object?.members.map { ($0.key, $0.value) } ?? []
        if let name {
            members.append((name, .array(told.items.map(PictureList.addressed))))
            members.append(("count", .int(Int64(told.items.count))))
        }
        return Replies.json(.object(JSONObject(members)))
    }

    /// The body as an object with these names and no others; without a body none is there.
    static func entry(_ visit: Visit, _ what: String, _ names: [String]) throws -> Entry {
        try visit.allow([])
        return try Entry(
            visit.body.isEmpty ? .object(JSONObject([])) : LooseJSON.parse(visit.body), what,
            names: names)
    }

    /// Settings, as the protocol takes them.
    static func settings(_ visit: Visit, _ key: FieldKey) throws -> FieldWriter {
        try visit.allow([])
        var fields = FieldWriter()
        fields.add(key, visit.parameter)
        // As it would be written by us, so that whatever is wrong is told in words about JSON.
        if !visit.body.isEmpty { fields.add(.document, try LooseJSON.parse(visit.body).encode()) }
        return fields
    }

    static func text(
        _ name: String, of entry: Entry, as key: FieldKey, _ fields: inout FieldWriter
    ) throws {
        if let text = try entry.text(name, max: keyBytesMax) { fields.add(key, text) }
    }

    static func texts(
        _ name: String, of entry: Entry, as key: FieldKey, _ fields: inout FieldWriter
    ) throws {
        for text in try entry.texts(name, countMax: listMax, max: keyBytesMax) ?? [] {
            fields.add(key, text)
        }
    }

    /// What everything has that happens at an instant and may be repeated.
    static func occasion(_ entry: Entry, _ fields: inout FieldWriter) throws {
        if let at = try entry.text("at") { fields.add(.at, try Visit.time(at, "at").microseconds) }
        try text("request_id", of: entry, as: .requestID, &fields)
    }
}
