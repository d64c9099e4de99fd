internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import HTTPD
internal import HTTPFormat
internal import Server

/// Lists of records: the pictures of a check, and whatever has other links.
extension Route {
    static let lists: [Route] = [
        Route("/checks/KEY/pictures", ["checks"], .word("pictures")) { visit, site in
            try visit.allow(PictureList.pageNames)
            return try PictureList.reply(
                visit, site, links: [("check", visit.parameter)], pictures: true)
        },
        Route("/pictures?check=KEY", ["pictures"]) { visit, site in
            try visit.allow(PictureList.names)
            return try PictureList.reply(
                visit, site, links: try PictureList.links(visit), pictures: true)
        },
        Route("/find?KIND=KEY", ["find"]) { visit, site in
            try visit.allow(PictureList.names)
            return try PictureList.reply(
                visit, site, links: try PictureList.links(visit), pictures: false)
        },
    ]
}

enum PictureList {
    static let pageNames = ["camera", "from", "to", "limit", "order", "cursor"]
    private static let kinds = [
        "check", "work-order", "control-point", "work-centre", "product", "lot", "serial",
        "operator",
    ]
    static let linkNames = kinds + ["link"]
    static let names = linkNames + pageNames
    private static let limitDefault: Int64 = 50
    private static let limitMax: Int64 = 200

    /// `link=KIND=KEY` for kinds that somebody made up.
    static func links(_ visit: Visit) throws(Failure) -> [(kind: String, value: String)] {
        var links: [(kind: String, value: String)] = []
        for item in visit.target.items {
            if kinds.contains(item.name) {
                links.append((item.name, item.value))
            } else if item.name == "link" {
                guard let cut = item.value.firstIndex(of: "=") else {
                    throw Failure(
                        .invalid, "a link is written link=KIND=KEY, such as link=mould=M-7")
                }
                links.append(
                    (
                        String(item.value[..<cut]),
                        String(item.value[item.value.index(after: cut)...])
                    ))
            }
        }
        return links
    }

    static func reply(
        _ visit: Visit, _ site: Site, links: [(kind: String, value: String)], pictures: Bool
    ) throws -> HTTPReply {
        var query = Query()
        for (kind, value) in links {
            // Nothing can have a link that is none: a bare number, an empty text.
            _ = try Link(kind: kind, value: value)
            query.links.append(Query.LinkKey(kind: kind, value: value))
        }
        query.camera = visit.target.value("camera")
        query.from = try visit.time("from")
        query.to = try visit.time("to")
        query.cursor = visit.target.value("cursor")
        query.limit = Int(try visit.number("limit", 1...limitMax) ?? limitDefault)
        switch visit.target.value("order") ?? "newest" {
        case "newest": query.newestFirst = true
        case "oldest": query.newestFirst = false
        default: throw Failure(.invalid, "order is newest or oldest")
        }
        let page = try site.desk.hits(query, for: try visit.identified())
        var records: [JSON] = []
        for hit in page.hits {
            let isPicture = hit.leaf.string("mime")?.hasPrefix("image/") == true
            guard isPicture || !pictures else { continue }
            records.append(item(try site.desk.log.record(hit)))
        }
        var fields: [(String, JSON)] = [
            (pictures ? "pictures" : "records", .array(records)),
            ("count", .int(Int64(records.count))),
        ]
        if let cursor = page.cursor {
            fields.append(("next", .string(next(visit, cursor))))
        }
        return Replies.json(.object(JSONObject(fields)))
    }

    /// The same question from where this page ends.
    private static func next(_ visit: Visit, _ cursor: String) -> String {
        let path = visit.target.segments.map(PercentText.encode).joined(separator: "/")
        let items = visit.target.items.filter { $0.name != "cursor" }.map {
            "\(PercentText.encode($0.name))=\(PercentText.encode($0.value))&"
        }
        return "/\(path)?\(items.joined())cursor=\(cursor)"
    }

    /// As everywhere, and where to fetch it.
    private static func item(_ record: Record) -> JSON {
        let json = RecordJSON.make(record)
        if case .removed = record.removal { return json }
        return addressed(json)
    }

    /// A record as documents have it, and where to fetch it.
    static func addressed(_ record: JSON) -> JSON {
        guard let fields = record.object, let path = PictureAddress(fields) else { return record }
        var more: [(String, JSON)] = [
            ("url", .string(path.url)), ("receipt_url", .string(path.receipt)),
        ]
        if fields["mime"]?.string == "image/jpeg" {
            more.append(("thumbnail_url", .string("\(path.url)?size=256")))
        }
        return .object(JSONObject(fields.members.map { ($0.key, $0.value) } + more))
    }
}

/// Where a record's bytes are found for ever: the address has their hash, so they cannot be others.
struct PictureAddress {
    let hash: Digest
    let id: RecordID
    let ending: String

    /// Of a record's document.
    init?(_ record: JSONObject) {
        guard let hash = record["sha256"]?.string.flatMap({ Digest(hex: $0) }),
            let id = record["id"]?.string.flatMap({ RecordID($0) })
        else { return nil }
        self.hash = hash
        self.id = id
        ending = Self.ending(record["mime"]?.string ?? "")
    }

    /// `HASH/ID.ending`; nil for what is none.
    init?(_ parameter: String) {
        // Each part has its length; whatever else has a slash or a dot there is refused with it.
        let text = parameter.utf8Span.span
        guard text.count > Self.endingStart, text[64] == 0x2F, text[101] == 0x2E,
            let hash = Digest(hexDigits: text.extracting(0..<64)),
            let id = RecordID(text: text.extracting(65..<101))
        else { return nil }
        self.hash = hash
        self.id = id
        ending = String(parameter.utf8.dropFirst(Self.endingStart)) ?? ""
    }

    /// Behind 64 digits, a slash, 36 letters and a dot.
    private static let endingStart = 102

    var url: String { "/pictures/\(hash.hex)/\(id).\(ending)" }
    var receipt: String { "/pictures/\(hash.hex)/\(id).\(Self.receiptEnding)" }

    static let receiptEnding = "receipt"

    static func ending(_ mime: String) -> String {
        switch mime {
        case "image/jpeg": "jpg"
        case "image/png": "png"
        case "image/webp": "webp"
        case "video/mp4": "mp4"
        default: "bin"
        }
    }
}
