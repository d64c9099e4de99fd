internal import Access
internal import Base
internal import Evidence
internal import Recorder
internal import EvidenceFormat
internal import Linux
internal import WireProtocol

/// What is there: one picture's bytes, many records' facts.
extension Desk {
    func get(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let form = fields.text(.form) ?? "whole"
        guard ["whole", Self.thumbnailForm].contains(form) else {
            throw WireError(
                .unsupported, "there is no form \(form); ask for the whole or a thumbnail")
        }
        var others = false
        let picture: StoredPicture
        if let given = try fields.recordID() {
            picture = try log.picture(given)
        } else {
            guard let first = try firstPicture(fields) else {
                throw WireError(
                    .notFound, "no record has these links; FIND shows what is there")
            }
            (picture, others) = first
        }
        try read(picture.id, camera: picture.camera, byLink: !fields.has(.id), caller)
        var answer = Answer()
        answer.reply.add(.id, picture.id.description)
        answer.reply.add(.instant, picture.instant.microseconds)
        if let camera = picture.camera { answer.reply.add(.camera, camera) }
        if others { answer.reply.add(.more) }
        if fields.has(.describe) {
            answer.reply.add(.document, text(RecordJSON.make(try log.record(picture.id))))
        }
        if form == Self.thumbnailForm {
            try addThumbnail(of: picture, fields, to: &answer)
        } else {
            try addBytes(of: picture, fields, to: &answer)
        }
        return answer
    }

    private func firstPicture(
        _ fields: borrowing Fields
    ) throws -> (picture: StoredPicture, hasMore: Bool)? {
        let links = try fields.linkKeys()
        guard let link = links.first else {
            throw WireError(.invalid, "give a record's id, or what it belongs to, such as check=…")
        }
        let newestFirst = !fields.has(.oldest)
        if links.count == 1 { return try log.firstPicture(of: link, newestFirst: newestFirst) }
        var query = Query()
        query.links = links
        query.newestFirst = newestFirst
        query.limit = 1
        let page = try log.find(query)
        return try page.hits.first.map { (try log.picture($0), page.cursor != nil) }
    }

    private func addBytes(
        of picture: StoredPicture, _ fields: borrowing Fields, to answer: inout Answer
    ) throws {
        answer.reply.add(.sha256, picture.hash.bytes)
        answer.reply.add(.mime, picture.mime)
        let range = try part(of: picture, fields)
        answer.reply.add(.offset, Int64(range.lowerBound))
        answer.reply.add(.size, Int64(range.count))
        if let slice = picture.slice {
            answer.body = .slice(slice.part(from: range.lowerBound, count: range.count))
        } else {
            answer.body = .bytes(Array(try log.payload(of: picture.id)[range]))
        }
    }

    static let thumbnailForm = "thumbnail"

    /// Has no hash: it is made for the asker, and what is evidence is the whole.
    private func addThumbnail(
        of picture: StoredPicture, _ fields: borrowing Fields, to answer: inout Answer
    ) throws {
        guard !fields.has(.offset), !fields.has(.size) else {
            throw WireError(.invalid, "a thumbnail comes as a whole; leave offset and size out")
        }
        let width = fields.int(.width) ?? Thumbnails.sideDefault
        let height = fields.int(.height) ?? Thumbnails.sideDefault
        let small = try thumbnail(of: picture, width: width, height: height)
        answer.reply.add(.mime, "image/jpeg")
        answer.reply.add(.width, Int64(small.width))
        answer.reply.add(.height, Int64(small.height))
        answer.reply.add(.size, Int64(small.bytes.count))
        answer.body = .bytes(small.bytes)
    }

    func thumbnail(
        of picture: StoredPicture, width: Int64, height: Int64
    ) throws -> Thumbnails.Picture {
        guard picture.mime == "image/jpeg" else {
            throw WireError(
                .unsupported,
                "\(picture.id) is \(picture.mime); thumbnails are made of image/jpeg alone")
        }
        guard Thumbnails.sides ~= width, Thumbnails.sides ~= height else {
            throw WireError(
                .invalid,
                "a thumbnail's sides are \(Thumbnails.sides.lowerBound) to"
                    + " \(Thumbnails.sides.upperBound) pixels")
        }
        let box = Thumbnails.Box(width: Int(width), height: Int(height))
        return try thumbnails.picture(of: picture.id, in: box) { () throws(Failure) in
            try log.payload(of: picture.id)
        }
    }

    private func part(
        of picture: StoredPicture, _ fields: borrowing Fields
    ) throws(WireError) -> Range<Int> {
        let from = fields.int(.offset) ?? 0
        guard (0...Int64(picture.byteCount)).contains(from) else {
            throw WireError(.invalid, "the picture has \(picture.byteCount) bytes, not \(from)")
        }
        let count = fields.int(.size) ?? .max
        guard count >= 0 else { throw WireError(.invalid, "a size is not negative") }
        let end = min(
            Int64(picture.byteCount),
            from.addingReportingOverflow(count).overflow
                ? .max : from + count)
        return Int(from)..<Int(end)
    }

    func find(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        var query = Query()
        query.links = try fields.linkKeys()
        query.camera = fields.text(.camera)
        query.from = fields.time(.from)
        query.to = fields.time(.to)
        try searching(query, caller)
        query.newestFirst = !fields.has(.oldest)
        query.streams = fields.has(.streams)
        query.cursor = fields.text(.cursor)
        query.limit = Int(clamping: fields.int(.limit) ?? 50)
        let page = try log.find(query)
        var answer = Answer()
        let isBrief = fields.text(.form) == "brief"
        for hit in page.hits {
            var item = FieldWriter(capacity: isBrief ? 160 : 1600)
            if isBrief {
                brief(hit, in: &item)
            } else {
                let record = try log.record(hit)
                item.add(.document, text(RecordJSON.make(record)))
            }
            answer.add(item: item)
        }
        answer.reply.add(.count, Int64(page.hits.count))
        if let cursor = page.cursor { answer.reply.add(.cursor, cursor) }
        return answer
    }

    private func brief(_ hit: QueryPage.Hit, in item: inout FieldWriter) {
        item.add(.id, hit.leaf.id.description)
        item.add(.instant, hit.instant.microseconds)
        if let hash = hit.leaf.digest("pay") { item.add(.sha256, hash.bytes) }
        if let mime = hit.leaf.string("mime") { item.add(.mime, mime) }
        if let count = hit.leaf.int("len") { item.add(.size, count) }
        if let camera = hit.leaf.string("cam") { item.add(.camera, camera) }
    }

    func searching(_ query: Query, _ caller: Caller) throws {
        let target = TrailEntry.target(of: query)
        try check(caller, .search, target) { identity throws(Failure) in
            try identity.requireSearch(
                camera: query.camera.map(CameraConfig.mainID), namesLink: !query.links.isEmpty)
        }
        try note(caller, .search, target)
    }

    func read(
        _ id: RecordID, camera: String?, byLink: Bool, _ caller: Caller
    ) throws(Failure) {
        try check(caller, .read, id.description) { identity throws(Failure) in
            try identity.requireRead(
                camera: CameraConfig.mainID(of: camera ?? ""), namesLink: byLink)
        }
        try note(caller, .read, id.description)
    }

    func show(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let record = try log.record(try fields.requiredID())
        try read(record.leaf.id, camera: record.camera, byLink: false, caller)
        return document(RecordJSON.make(record))
    }
}
