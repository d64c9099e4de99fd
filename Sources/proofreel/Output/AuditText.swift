internal import Base

/// The audit report on a terminal.
struct AuditText {
    let lines: [String]

    init(_ report: AuditDocument, _ console: Console) {
        var lines = [
            console.bold(report.title),
            report.isWhole ? console.good(report.verdict) : console.bad(report.verdict),
            "\(report.count("complete")) of \(report.count("expected")) expected checks are"
                + " complete",
        ]
        let checks = report.items("check")
        if !checks.isEmpty {
            var table = Table(["check", "state", "pictures", ""])
            for check in checks {
                table.add([
                    check.text("check") ?? "", AuditDocument.state(check),
                    "\(check.array("pictures").count)", AuditDocument.trouble(check),
                ])
            }
            lines += [""] + table.lines(console)
        }
        let unlinked = report.items("unlinked")
        if !unlinked.isEmpty {
            var table = Table(["of no check", "instant", "camera"])
            for picture in unlinked {
                table.add([
                    picture.id, picture.time("instant").map(Amount.time) ?? "",
                    picture.text("camera") ?? "",
                ])
            }
            lines += [""] + table.lines(console)
        }
        let gaps = report.items("gap")
        if !gaps.isEmpty {
            var table = Table(["gap of", "from", "to", "cause"])
            for gap in gaps {
                table.add([
                    gap.text("camera") ?? "", gap.time("from").map(Amount.time) ?? "",
                    gap.time("to").map(Amount.time) ?? "", gap.text("cause") ?? "",
                ])
            }
            lines += [""] + table.lines(console)
        }
        self.lines = lines
    }
}
