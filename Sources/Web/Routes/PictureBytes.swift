internal import Base
internal import Evidence
internal import EvidenceFormat
internal import HTTPD
internal import HTTPFormat
internal import Linux
internal import Server
internal import WireProtocol

/// One record's bytes, at an address that never means anything else.
extension Route {
    static let pictures: [Route] =
        lists + [
            Route(
                "/pictures/SHA256/ID.jpg", ["pictures"], .segments(2), isQuick: true,
                PictureBytes.reply)
        ]
}

enum PictureBytes {
    private static let keep = (
        name: "Cache-Control", value: "private, max-age=31536000, immutable"
    )
    /// Shown by browsers; everything else is offered for saving.
    private static let shown: Set<String> = [
        "image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4",
    ]

    static func reply(_ visit: Visit, _ site: Site) throws -> HTTPReply {
        try visit.allow(["size"])
        guard let address = PictureAddress(visit.parameter) else {
            throw Failure(
                .notFound, "pictures stand at /pictures/SHA256/ID.jpg, as a check's list has them")
        }
        let caller = try visit.identified()
        let picture = try site.desk.picture(address.id, hash: address.hash, for: caller)
        if address.ending == PictureAddress.receiptEnding {
            return try receipt(picture, site)
        }
        let ending = PictureAddress.ending(picture.mime)
        guard address.ending == ending else {
            throw Failure(.notFound, "this is \(picture.mime), at \(address.id).\(ending)")
        }
        if let side = try visit.number("size", 16...1024) {
            return try thumbnail(of: picture, side, visit, site)
        }
        let tag = picture.hash.hex
        var headers = headers(tag, picture.mime)
        guard !EntityTag.matches(visit.headers.ifNoneMatch, tag) else {
            return HTTPReply(304, headers)
        }
        headers.append(("Accept-Ranges", "bytes"))
        let wish = EntityTag.allowsPart(visit.headers.ifRange, tag) ? visit.headers.range : nil
        switch ByteRange(wish, count: picture.byteCount) {
        case .whole:
            return HTTPReply(200, headers, try body(picture, 0..<picture.byteCount, site))
        case .part(let range):
            headers.append(
                (
                    "Content-Range",
                    "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(picture.byteCount)"
                ))
            return HTTPReply(206, headers, try body(picture, range, site))
        case .unsatisfiable:
            return HTTPReply(
                416,
                [
                    ("Content-Range", "bytes */\(picture.byteCount)"),
                    ("Content-Type", "text/plain; charset=utf-8"),
                ], .bytes(Array("the picture has \(picture.byteCount) bytes\n".utf8)))
        }
    }

    private static func headers(
        _ tag: String, _ mime: String
    ) -> [(name: String, value: String)] {
        var headers = [
            (name: "Content-Type", value: shown.contains(mime) ? mime : "application/octet-stream"),
            ("ETag", "\"\(tag)\""), keep,
        ]
        if !shown.contains(mime) { headers.append(("Content-Disposition", "attachment")) }
        return headers
    }

    private static func body(
        _ picture: StoredPicture, _ range: Range<Int>, _ site: Site
    ) throws -> HTTPReply.Body {
        guard let slice = picture.slice?.part(from: range.lowerBound, count: range.count) else {
            return .bytes(Array(try site.desk.log.payload(of: picture.id)[range]))
        }
        return .file(
            HTTPFilePart(
                descriptor: slice.descriptor, offset: slice.offset, count: slice.count,
                owner: slice))
    }

    private static func thumbnail(
        of picture: StoredPicture, _ side: Int64, _ visit: Visit, _ site: Site
    ) throws -> HTTPReply {
        let tag = "\(picture.hash.hex)-\(side)"
        let headers = headers(tag, "image/jpeg")
        guard !EntityTag.matches(visit.headers.ifNoneMatch, tag) else {
            return HTTPReply(304, headers)
        }
        return HTTPReply(200, headers, .bytes(try site.desk.thumbnail(of: picture, side: side)))
    }

    /// What whoever caused the record was given: the leaf, and the proof that leads to a signed
    /// checkpoint of now.
    private static func receipt(_ picture: StoredPicture, _ site: Site) throws -> HTTPReply {
        let log = site.desk.log
        let leaf = try log.leaf(at: picture.index)
        return Replies.json(
            .object(
                JSONObject([
                    ("id", .string(picture.id.description)),
                    ("index", .int(Int64(clamping: picture.index))),
                    ("leaf_hash", .string(leaf.hash.hex)),
                    ("leaf", .string(String(decoding: leaf.bytes, as: UTF8.self))),
                    (
                        "proof",
                        .string(
                            String(decoding: try log.prove(picture.index).encode(), as: UTF8.self))
                    ),
                ])))
    }
}
