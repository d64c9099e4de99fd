internal import Base

/// The audit report as a page to print: no script, nothing from elsewhere.
struct AuditPage {
    let html: String

    init(_ report: AuditDocument) {
        var body = """
            <h1>Audit report</h1>
            <p class="of">\(Self.escaped(report.title))</p>
            <p class="verdict">\(Self.escaped(report.verdict))</p>
            <p>\(report.count("complete")) of \(report.count("expected")) expected checks are \
            complete. Made \(Self.moment(report.summary, "at")) from a log of \
            \(report.count("size")) leaves; late is more than \
            \(report.count("late_after_s") / 60) minutes after the picture.</p>

            """
        body += Self.table(
            "Checks", ["Check", "Reached", "State", "Pictures", "What is wrong"],
            report.items("check").map { check in
                [
                    check.text("check") ?? "", Self.moment(check, "reached", "not announced"),
                    AuditDocument.state(check), "\(check.array("pictures").count)",
                    AuditDocument.trouble(check),
                ]
            })
        body += Self.table(
            "Pictures of no check", ["Record", "Instant", "Camera"],
            report.items("unlinked").map {
                [$0.id, Self.moment($0, "instant"), $0.text("camera") ?? ""]
            })
        body += Self.table(
            "Gaps of the cameras", ["Camera", "From", "To", "Cause", "Detail"],
            report.items("gap").map { gap in
                [
                    gap.text("camera") ?? "", Self.moment(gap, "from"), Self.moment(gap, "to"),
                    gap.text("cause") ?? "", gap.text("detail") ?? "",
                ]
            })
        body += """
            <p class="limits">The report compares what was announced with what the log has. It \
            proves nothing by itself: take the evidence with proofreel export, and verify that. \
            What nobody announced and nobody took cannot be missed here.</p>
            <p class="sign">Read and found in order<br>Place, date, name</p>

            """
        html = Self.head(report.title) + body + "</body>\n</html>\n"
    }

    private static func head(_ title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <title>Audit report: \(escaped(title))</title>
        <style>
        body { font: 11pt/1.45 Georgia, "DejaVu Serif", serif; color: #111; max-width: 46em;
          margin: 2em auto; padding: 0 1em }
        h1 { font-size: 20pt; font-weight: normal; border-bottom: 2px solid #111 }
        h2 { font-size: 13pt; font-weight: normal; margin-top: 2em }
        .of { font-size: 13pt } .verdict { border: 1px solid #111; padding: .7em 1em }
        table { border-collapse: collapse; width: 100%; font-size: 9.5pt }
        th, td { text-align: left; vertical-align: top; padding: .3em .8em .3em 0;
          border-bottom: 1px solid #bbb; overflow-wrap: anywhere }
        th { border-bottom-color: #111; font-weight: normal; font-style: italic;
          white-space: nowrap }
        tr { break-inside: avoid } .limits { margin-top: 2em; color: #444 }
        .sign { margin-top: 5em; border-top: 1px solid #111; width: 60% }
        @page { size: A4; margin: 20mm 18mm }
        @media print { body { margin: 0; max-width: none } }
        </style>
        </head>
        <body>

        """
    }

    /// To the second, in UTC: what a page is compared with stands in the log.
    private static func moment(
        _ document: Document, _ name: String, _ without: String = ""
    ) -> String {
        guard let time = document.time(name) else { return without }
        let text = time.description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    private static func table(_ name: String, _ head: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "" }
        var text = "<h2>\(name)</h2>\n<table>\n<thead><tr>"
        for cell in head { text += "<th>\(escaped(cell))</th>" }
        text += "</tr></thead>\n<tbody>\n"
        for row in rows {
            text += "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>\n"
        }
        return text + "</tbody>\n</table>\n"
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
