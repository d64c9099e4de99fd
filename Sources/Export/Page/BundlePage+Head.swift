package import EvidenceFormat

extension BundlePage {
    /// All that stands before the first record. `selection` is `proof/selection.json`, `rootKey`
    /// what the genesis leaf names, `removals` are the `delete` and `deleted` leaves of records
    /// here, `anchors` the `anchor` leaves.
    package func head(
        _ selection: JSONObject, rootKey: String, checks: [Check], removals: [Entry],
        anchors: [Entry]
    ) -> [UInt8] {
        var page = Array(pageTopText.utf8)
        let title = Self.title(selection)
        page.append("<h1>", title, "</h1>\n<p class=\"big\">", outside(anchors), "</p>\n")
        page.append("<h2>1. What was asked for</h2>\n<table>\n")
        page.appendRow("Asked for", title)
        page.appendRow("Found", Array(found(selection).utf8))
        page.appendRow("Exported", PageForm("{at}, {by}").fill(selection))
        page.appendRow("Plant", PageForm("{site}").fill(selection))
        page.appendRow("Log", PageForm("{origin}, {size} leaves").fill(selection))
        var key: [UInt8] = []
        JSON.string(rootKey).show(to: &key)
        page.appendRow("Root key", key)
        page.append("</table>\n<h2>2. Removals</h2>\n", Self.said(Self.earlyFirst(removals)))
        page.append("<h2>3. Completeness of checks</h2>\n")
        appendChecks(checks, to: &page)
        page.append("<h2>4. Records</h2>\n")
        if records == 0 { page.append("<p>None.</p>\n") }
        return page
    }

    private static func title(_ selection: JSONObject) -> [UInt8] {
        if let ids = selection["ids"]?.array { return Array("\(many(ids.count)) by id".utf8) }
        var parts: [[UInt8]] = []
        for link in selection["links"]?.array ?? [] {
            var text: [UInt8] = []
            link.show(to: &text)
            parts.append(text)
        }
        for (name, word) in [("camera", "camera "), ("from", "from "), ("to", "until ")] {
            guard let value = selection[name] else { continue }
            var text = Array(word.utf8)
            value.show(to: &text)
            parts.append(text)
        }
        return parts.isEmpty
            ? Array("all records".utf8) : Array(parts.joined(separator: [0x2C, 0x20]))
    }

    private static func many(_ records: Int) -> String {
        "\(records) \(records == 1 ? "record" : "records")"
    }

    private func found(_ selection: JSONObject) -> String {
        let streams = selection["streams"]?.int ?? 0
        return "\(Self.many(records)) (removed: \(removed), streams that pictures were made from:"
            + " \(streams)), \(bytes) bytes"
    }

    private func outside(_ anchors: [Entry]) -> [UInt8] {
        var largest: Leaf?
        for anchor in anchors where anchor.leaf.int("size") ?? 0 > largest?.int("size") ?? -1 {
            largest = anchor.leaf
        }
        guard let largest, let size = largest.int("size") else {
            return Array(PageTexts.unanchored.utf8)
        }
        var text: [UInt8] = []
        if let newest, newest >= UInt64(size) { text.append(PageTexts.stale) }
        PageTexts.confirmed.append(largest.body, to: &text)
        return text
    }

    private static func earlyFirst(_ removals: [Entry]) -> [Entry] {
        let sorted = removals.sorted { $0.index < $1.index }
        let early = sorted.filter { $0.leaf.int("policy") == -1 }
        return early + sorted.filter { $0.leaf.int("policy") != -1 }
    }

    private func appendChecks(_ checks: [Check], to page: inout [UInt8]) {
        var table = PageTable("Check|Leaves|State")
        for check in checks.sorted(by: { $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }) {
            var value: [UInt8] = []
            JSON.string(check.value).show(to: &value)
            let state = check.close.map { PageTexts.closed.fill($0.body) }
            page += table.row([
                value, Array(String(check.count).utf8), state ?? Array(PageTexts.open.utf8),
            ])
        }
        page += table.end()
    }

    /// Who said what, in the order given.
    static func said(_ entries: [Entry]) -> [UInt8] {
        var table = PageTable(PageTexts.saidHeads)
        var page: [UInt8] = []
        for entry in entries { page += table.said(entry) }
        page += table.end()
        return page
    }
}
