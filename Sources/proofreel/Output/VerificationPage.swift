internal import Base
internal import Evidence
internal import EvidenceFormat

extension Verification.Finding {
    /// In a file that can be made again from the segments.
    var isDerived: Bool {
        ["index", "log/level-", "log/places"].contains { subject.hasPrefix($0) }
    }
}

/// What `verify` says: the verdict, what was checked, what was found, what to do.
struct VerificationPage {
    private static let shownMax = 50

    private let result: Verification

    init(_ result: Verification) { self.result = result }

    func lines(_ console: Console) -> [String] {
        [verdict(console)] + checked(console) + receipts + findings(console) + ["", advice]
    }

    /// For the owner's own check: no root key is pinned, so there is nothing to say of it.
    func ownLines(_ console: Console) -> [String] {
        let isDamaged = result.verdict == .tampered
        return [isDamaged ? verdict(console) : console.good("NO DAMAGE")] + checked(console)
            + findings(console) + (isDamaged ? ["", advice] : [])
    }

    private func verdict(_ console: Console) -> String {
        switch result.verdict {
        case .verified: console.good("VERIFIED")
        case .tampered: console.bad("TAMPERED")
        case .originNotAuthenticated: console.warning("CONSISTENT, ORIGIN NOT AUTHENTICATED")
        case .unanchored: console.warning("VERIFIED BUT UNANCHORED")
        }
    }

    private func checked(_ console: Console) -> [String] {
        // Keys that do not fit end it before anything is read.
        guard result.segments > 0 else { return [] }
        var facts = Facts()
        facts.add("origin", result.origin)
        facts.add("leaves", "\(result.leaves), root \(result.root.hex.prefix(16))…")
        facts.add("records", "\(result.records)")
        facts.add("payloads", Amount.bytes(result.payloadBytes))
        facts.add("segments", "\(result.segments)")
        facts.add("checkpoints", "\(result.checkpoints), \(result.anchors) from elsewhere")
        facts.add("lawfully removed", "\(result.removedLawfully)")
        if result.inUse {
            facts.add("in use", "a process writes here; what it is just writing was not judged")
        }
        return [""] + facts.lines(console)
    }

    /// What each one proves, in words.
    private var receipts: [String] {
        guard !result.receipts.isEmpty else { return [] }
        return [""]
            + result.receipts.map { receipt in
                let leaf = receipt.leaf
                let links = leaf.links.map { "\($0.link.kind) \($0.link.value)" }
                let about = links.isEmpty ? "" : " for \(links.joined(separator: ", "))"
                return Table.printable(
                    "receipt \(receipt.name): the \(leaf.kind.rawValue) \(leaf.id)\(about) was"
                        + " leaf \(receipt.index) when the log had \(receipt.size), and is"
                        + " unchanged here")
            }
    }

    private func findings(_ console: Console) -> [String] {
        let damage = result.damage
        let all = damage + result.findings.filter { $0.severity == .note }
        guard !all.isEmpty else { return [] }
        var lines = [""]
        for finding in all.prefix(Self.shownMax) {
            let mark = finding.severity == .damage ? console.bad("DAMAGE") : console.faint("note")
            let subject = Table.printable(finding.subject)
            lines.append("\(mark)  \(subject): \(Table.printable(finding.words))")
        }
        let more = all.count - min(all.count, Self.shownMax) + result.findingsDropped
        if more > 0 { lines.append("and \(more) more") }
        return lines
    }

    private var advice: String {
        switch result.verdict {
        case .verified:
            "Every byte is as it was recorded, under the root key you gave, and the log contains"
                + " every checkpoint you gave."
        case .tampered where result.damage.allSatisfy(\.isDerived):
            "Only files that follow from the segments are damaged, no evidence: stop the server,"
                + " run proofreel admin rebuild-index,\nand look at the disk."
        case .tampered:
            "Leave the directory as it is, it is evidence; copy it, compare with backups and"
                + " receipts, and see\nSymptom and action in docs/operations.md."
        case .originNotAuthenticated:
            "Everything fits together, but anybody could have made this log: give the root key that"
                + " you were told, --root."
        case .unanchored:
            "Every byte is as the owner of these keys signed it, but he could have signed another"
                + " history: give a checkpoint\nor receipt that was kept elsewhere, --checkpoint or"
                + " --receipt, or say whose anchors you trust, --tsa-ca or --witness."
        }
    }

    static func json(_ result: Verification) -> JSON {
        let name =
            switch result.verdict {
            case .verified: "verified"
            case .tampered: "tampered"
            case .originNotAuthenticated: "origin-not-authenticated"
            case .unanchored: "unanchored"
            }
        let findings = result.findings.map { finding in
            JSON.object(
                JSONObject([
                    ("severity", .string(finding.severity == .damage ? "damage" : "note")),
                    ("subject", .string(finding.subject)), ("words", .string(finding.words)),
                ]))
        }
        return .object(
            JSONObject([
                ("verdict", .string(name)), ("origin", .string(result.origin)),
                ("leaves", .int(Int64(result.leaves))), ("records", .int(Int64(result.records))),
                ("payload_bytes", .int(Int64(result.payloadBytes))),
                ("segments", .int(Int64(result.segments))),
                ("checkpoints", .int(Int64(result.checkpoints))),
                ("anchors", .int(Int64(result.anchors))), ("root", .string(result.root.hex)),
                ("root_pinned", .bool(result.rootPinned)), ("in_use", .bool(result.inUse)),
                ("removed_lawfully", .int(Int64(result.removedLawfully))),
                ("receipts", .array(result.receipts.map(json))), ("findings", .array(findings)),
                ("findings_dropped", .int(Int64(result.findingsDropped))),
            ]))
    }

    private static func json(_ receipt: ProvenReceipt) -> JSON {
        .object(
            JSONObject([
                ("file", .string(receipt.name)), ("id", .string(receipt.leaf.id.description)),
                ("index", .int(Int64(receipt.index))), ("size", .int(Int64(receipt.size))),
                ("with_leaf", .bool(receipt.hadLeaf)),
            ]))
    }
}
