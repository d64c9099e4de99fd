package import EvidenceFormat

/// A table of the page, written row by row so that nobody need hold it. Its head comes with the
/// first row, and an empty one says so at its end.
package struct PageTable {
    private let intro: String
    private let heads: String
    private var isEmpty = true

    /// `heads` are separated by `|`; `intro` stands before, table or not.
    init(_ heads: String, intro: String = "") {
        self.heads = heads
        self.intro = intro
    }

    /// Section 5: lines of `proof/custody.jsonl` in their order, each by `custody`.
    package static var access: PageTable {
        PageTable(PageTexts.custodyHeads, intro: "<h2>5. Who looked at them</h2>\n")
    }

    /// Section 6: facts in the order of the log, each by `fact`.
    package static var facts: PageTable {
        PageTable(PageTexts.saidHeads, intro: "<h2>6. What bears on them</h2>\n")
    }

    package mutating func custody(_ line: JSONObject) -> [UInt8] {
        row(PageTexts.custody.map { $0.fill(line) })
    }

    /// Empty for a fact that section 6 does not tell: links, removals, closes, parts, keys.
    package mutating func fact(_ entry: BundlePage.Entry) -> [UInt8] {
        PageTexts.bearing.contains(entry.leaf.kind) ? said(entry) : []
    }

    mutating func said(_ entry: BundlePage.Entry) -> [UInt8] {
        let leaf = entry.leaf
        let form =
            leaf.int("policy") == -1 ? PageTexts.early : PageTexts.says[leaf.kind] ?? PageForm("")
        return row([
            Array(String(entry.index).utf8), PageTexts.time.fill(leaf.body),
            PageTexts.actor.fill(leaf.body), form.fill(leaf.body),
        ])
    }

    mutating func row(_ cells: [[UInt8]]) -> [UInt8] {
        var page: [UInt8] = []
        if isEmpty {
            let heads = heads.split(separator: "|").joined(separator: "</th><th>")
            page.append("\(intro)<table class=\"list\">\n<tr><th>\(heads)</th></tr>\n")
            isEmpty = false
        }
        page.append("<tr><th>", cells[0], "</th><td>")
        page += cells.dropFirst().joined(separator: "</td><td>".utf8)
        page.append("</td></tr>\n")
        return page
    }

    package func end() -> [UInt8] {
        Array((isEmpty ? "\(intro)<p>None.</p>\n" : "</table>\n").utf8)
    }
}

extension [UInt8] {
    mutating func append(_ text: String) { self += text.utf8 }

    mutating func append(_ before: String, _ middle: [UInt8], _ after: String = "") {
        self += before.utf8
        self += middle
        self += after.utf8
    }

    mutating func append(
        _ a: String, _ b: [UInt8], _ c: String, _ d: [UInt8], _ e: String
    ) {
        append(a, b, c)
        append("", d, e)
    }

    mutating func appendRow(_ label: String, _ value: [UInt8]) {
        append("<tr><th>\(label)</th><td>", value, "</td></tr>\n")
    }
}
