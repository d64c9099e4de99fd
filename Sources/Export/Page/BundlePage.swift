package import EvidenceFormat

/// `data/index.html`: what a bundle says, for people. The same leaves give the same bytes, here and
/// in `report.py`, with which a verifier makes it again; so no caption can be swapped.
///
/// Records are told one by one, in the order of instant and index, and their sections can be put
/// aside; the head counts them and comes last, though it stands first. No I/O. One thread.
package struct BundlePage {
    /// A leaf and where it stands in the log.
    package struct Entry: Sendable {
        package let index: UInt64
        package let leaf: Leaf
        package init(index: UInt64, leaf: Leaf) {
            self.index = index
            self.leaf = leaf
        }
    }

    /// A check that a record or fact here belongs to.
    package struct Check: Sendable {
        package let value: String
        /// Leaves of its chain, the `close` left out.
        package let count: Int
        package let close: Leaf?
        package init(value: String, count: Int, close: Leaf?) {
            self.value = value
            self.count = count
            self.close = close
        }
    }

    private(set) var records = 0
    private(set) var removed = 0
    private(set) var bytes: Int64 = 0
    private(set) var newest: UInt64?

    package init() {}

    /// For the head alone, by whoever has counted the records already.
    init(records: Int, removed: Int, bytes: Int64, newest: UInt64?) {
        self.records = records
        self.removed = removed
        self.bytes = bytes
        self.newest = newest
    }

    package static var end: [UInt8] { Array(pageEndText.utf8) }

    /// The section of one record. `about` are the leaves that speak of it, in the order of the log;
    /// `payload` is the name of its file, nil when the bytes were removed.
    package mutating func record(
        _ entry: Entry, about: [Entry], payload: String?
    ) -> [UInt8] {
        let leaf = entry.leaf
        let about = about.filter { $0.leaf.body["target"] != nil }
        if records == 0 { newest = entry.index }
        newest = max(newest ?? 0, entry.index)
        records += 1
        if payload == nil { removed += 1 } else { bytes += leaf.int("len") ?? 0 }
        var page: [UInt8] = []
        page.reserveCapacity(3000)
        var title = Array("No. \(records): \(Self.kind(of: leaf)), ".utf8)
        leaf.body["t"]?.show(to: &title)
        page.append("<article>\n<h3>", title, "</h3>\n")
        Self.appendMedia(payload, title, to: &page)
        page.append("<table>\n")
        page.appendRow("Belongs to", Self.links(leaf, about))
        for (label, form) in PageTexts.rows {
            guard let subject = form.subject, leaf.body[subject] != nil else { continue }
            page.appendRow(label, form.fill(leaf.body))
        }
        page.appendRow("Leaf", Array(String(entry.index).utf8))
        page.append("</table>\n")
        if !about.isEmpty { page.append("<h3>Said of it since</h3>\n", Self.said(about)) }
        page.append("</article>\n")
        return page
    }

    private static func kind(of leaf: Leaf) -> String {
        if leaf.body["use"] != nil { return "stream of a picture" }
        switch leaf.kind {
        case .snapshot: return "picture"
        case .import: return "imported picture"
        case .derive: return "derived picture"
        default: return leaf.kind.rawValue
        }
    }

    private static func appendMedia(
        _ payload: String?, _ title: [UInt8], to page: inout [UInt8]
    ) {
        guard let payload else {
            page.append("<p class=\"big\">The bytes were removed; see section 2.</p>\n")
            return
        }
        let short = payload.utf8.starts(with: "data/".utf8) ? payload.dropFirst(5) : payload[...]
        page.append("<p><a href=\"\(short)\">")
        if short.utf8.starts(with: "images/".utf8) {
            page.append("<img loading=\"lazy\" src=\"\(short)\" alt=\"", title, "\">")
        } else {
            page.append("\(payload)")
        }
        page.append("</a></p>\n")
    }

    /// The links as they stand now, one a line.
    private static func links(_ leaf: Leaf, _ about: [Entry]) -> [UInt8] {
        var links = leaf.body["links"]?.array ?? []
        for entry in about {
            let said = entry.leaf.body["links"]?.array ?? []
            switch entry.leaf.kind {
            case .link: links += said
            case .unlink: links.removeAll { link in said.contains { isSame($0, link) } }
            default: break
            }
        }
        guard !links.isEmpty else { return Array("nothing".utf8) }
        var text: [UInt8] = []
        for (i, link) in links.enumerated() {
            if i > 0 { text.append(0x0A) }
            link.show(to: &text)
        }
        return text
    }

    private static func isSame(_ a: JSON, _ b: JSON) -> Bool {
        a.object?["kind"] == b.object?["kind"] && a.object?["value"] == b.object?["value"]
    }
}
