/// Tags of content that tell whether it is still the same (RFC 9110 §8.8.3), always strong here.
package enum EntityTag {
    /// Whether an `If-None-Match` header names this tag; `tag` without quotes.
    package static func matches(_ header: String?, _ tag: String) -> Bool {
        guard let header, header.utf8.count <= 4096 else { return false }
        for part in header.split(separator: ",") {
            var text = part.drop { $0 == " " || $0 == "\t" }
            while let last = text.last, last == " " || last == "\t" { text.removeLast() }
            if text == "*" { return true }
            if text.hasPrefix("W/") { text = text.dropFirst(2) }
            if text == "\"\(tag)\"" { return true }
        }
        return false
    }

    /// Whether `If-Range` allows a part: it names exactly this tag, or is not there.
    package static func allowsPart(_ header: String?, _ tag: String) -> Bool {
        header.map { $0 == "\"\(tag)\"" } ?? true
    }
}
