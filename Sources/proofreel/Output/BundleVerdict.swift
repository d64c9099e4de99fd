internal import Base
internal import EvidenceFormat
internal import Export

/// What `verify` says of a bundle: the verdict first, then what was asked for and checked, what is
/// wrong, what was removed, and what such a proof cannot say.
struct BundleVerdict {
    private static let shownMax = 50

    private let result: BundleVerification

    init(_ result: BundleVerification) { self.result = result }

    func lines(_ console: Console) -> [String] {
        var lines = [verdict(console)]
        // A bundle that cannot be opened says nothing of what is in it.
        if result.size > 0 { lines += [""] + facts(console) }
        lines += removals(console) + findings(console)
        return lines + ["", advice] + limits
    }

    private func verdict(_ console: Console) -> String {
        switch result.verdict {
        case .verified: console.good("VERIFIED")
        case .tampered: console.bad("TAMPERED")
        case .originNotAuthenticated: console.warning("CONSISTENT, ORIGIN NOT AUTHENTICATED")
        case .unanchored:
            console.warning(
                result.isStale ? "VERIFIED, UNANCHORED (STALE)" : "VERIFIED, UNANCHORED")
        }
    }

    private func facts(_ console: Console) -> [String] {
        var facts = Facts()
        facts.add("origin", "\(Table.printable(result.origin)), \(Table.printable(result.site))")
        if let at = result.exportedAt {
            facts.add("exported", "\(at) by \(Table.printable(result.exportedBy))")
        }
        facts.add("asked for", result.asked.map(Table.printable).joined(separator: ", "))
        let streams = result.streams > 0 ? ", \(result.streams) of them streams of pictures" : ""
        facts.add("records", "\(result.records)\(streams)")
        facts.add("bytes of them", Amount.bytes(result.payloadBytes))
        facts.add("lawfully removed", "\(result.removedCount)")
        facts.add("checks", "\(result.checks.closed) closed, \(result.checks.open) open")
        facts.add("log", "\(result.size) leaves, root \(result.root.hex.prefix(16))…")
        if result.vouchers.isEmpty {
            facts.add("from elsewhere", "nothing: UNANCHORED")
        } else {
            for voucher in result.vouchers { facts.add("from elsewhere", words(voucher)) }
        }
        if let time = result.notBefore { facts.add("not before", "\(time), by outside clocks") }
        if let time = result.notAfter { facts.add("not after", "\(time), by outside clocks") }
        return facts.lines(console)
    }

    private func words(_ voucher: BundleVerification.Voucher) -> String {
        let what =
            switch voucher.kind {
            case .timeStamp: "time stamp by \(Table.printable(voucher.name))"
            case .witness: "witness \(Table.printable(voucher.name))"
            case .kept: "a checkpoint that you kept"
            }
        let time = voucher.time.map { ", \($0)" } ?? ""
        return "\(what)\(time): what is before leaf \(voucher.size)"
    }

    private func removals(_ console: Console) -> [String] {
        guard !result.removed.isEmpty else { return [] }
        let early = result.removed.filter(\.isEarly)
        let all = early + result.removed.filter { !$0.isEarly }
        var lines = [""]
        for removal in all.prefix(Self.shownMax) {
            let mark =
                removal.isEarly
                ? console.warning("ERASED EARLY") : console.faint("removed lawfully")
            lines.append(
                "\(mark)  record \(removal.record) (leaf \(removal.index)) at \(removal.at), rule"
                    + " \(Table.printable(removal.rule)): \(Table.printable(removal.reason))")
        }
        let more = result.removedCount - min(all.count, Self.shownMax)
        if more > 0 { lines.append("and \(more) more") }
        return lines
    }

    private func findings(_ console: Console) -> [String] {
        let all = result.damage + result.findings.filter { $0.severity == .note }
        guard !all.isEmpty else { return [] }
        var lines = [""]
        for finding in all.prefix(Self.shownMax) {
            let mark = finding.severity == .damage ? console.bad("DAMAGE") : console.faint("note")
            lines.append("\(mark)  \(Table.printable(words(finding)))")
        }
        let more = all.count - min(all.count, Self.shownMax) + result.findingsDropped
        if more > 0 { lines.append("and \(more) more") }
        return lines
    }

    private func words(_ finding: BundleVerification.Finding) -> String {
        var subject = finding.file
        if let bytes = finding.bytes {
            subject += " bytes \(bytes.lowerBound)-\(max(bytes.upperBound, 1) - 1)"
        }
        if let record = finding.record { subject += " (record \(record))" }
        return subject.isEmpty ? finding.words : "\(subject): \(finding.words)"
    }

    private var advice: String {
        switch result.verdict {
        case .verified:
            "All is as it was recorded, under the root key you gave, and something outside the"
                + " log's server vouches for it."
        case .tampered:
            "Do not rely on this bundle. Keep it as it is, it is evidence of a change, and ask for"
                + " another one."
        case .originNotAuthenticated:
            "Everything fits together, but anybody could have made this bundle: give the root key"
                + " that you were told, --root.\nIt began under \(result.rootKey)"
        case .unanchored where result.isStale:
            "All is as the owner of these keys signed it, but what vouches from outside is older"
                + " than the newest record here."
        case .unanchored:
            "All is as the owner of these keys signed it, but he could have signed another history:"
                + " give a checkpoint or receipt\nthat was kept elsewhere (--checkpoint,"
                + " --receipt), or the key of a witness (--witness)."
        }
    }

    private var limits: [String] {
        guard result.verdict != .tampered else { return [] }
        var lines = [
            "What no bundle shows: what stood before the lens, and what was never recorded."
        ]
        if result.checks.open > 0 {
            lines.append(
                "Of a check that is not closed, leaves missing at the end of its chain cannot be"
                    + " seen.")
        }
        return lines
    }

    // MARK: JSON

    var json: JSON {
        var members: [(String, JSON)] = [
            ("verdict", .string(result.verdict.rawValue)), ("stale", .bool(result.isStale)),
            ("origin", .string(result.origin)), ("site", .string(result.site)),
            ("size", .int(Int64(result.size))), ("root", .string(result.root.hex)),
            ("root_key", .string(result.rootKey)), ("root_pinned", .bool(result.rootPinned)),
            ("files", .int(Int64(result.files))), ("bytes", .int(Int64(clamping: result.bytes))),
            ("records", .int(Int64(result.records))), ("streams", .int(Int64(result.streams))),
            ("payload_bytes", .int(Int64(clamping: result.payloadBytes))),
            ("exported_by", .string(result.exportedBy)),
            ("asked", .array(result.asked.map { .string($0) })),
            ("checks_closed", .int(Int64(result.checks.closed))),
            ("checks_open", .int(Int64(result.checks.open))),
            ("removed_lawfully", .int(Int64(result.removedCount))),
            ("removed", .array(result.removed.map(Self.json))),
            ("anchors", .array(result.vouchers.map(Self.json))),
            ("findings", .array(result.findings.map(Self.json))),
            ("findings_dropped", .int(Int64(result.findingsDropped))),
        ]
        for (name, time) in [
            ("exported", result.exportedAt), ("not_before", result.notBefore),
            ("not_after", result.notAfter),
        ] {
            if let time { members.append((name, .string(time.description))) }
        }
        return .object(JSONObject(members))
    }

    private static func json(_ removal: BundleVerification.Removed) -> JSON {
        .object(
            JSONObject([
                ("record", .string(removal.record.description)),
                ("index", .int(Int64(removal.index))), ("at", .string(removal.at.description)),
                ("rule", .string(removal.rule)), ("early", .bool(removal.isEarly)),
                ("reason", .string(removal.reason)),
            ]))
    }

    private static func json(_ voucher: BundleVerification.Voucher) -> JSON {
        var members: [(String, JSON)] = [
            ("type", .string(voucher.kind.rawValue)), ("name", .string(voucher.name)),
            ("size", .int(Int64(voucher.size))),
        ]
        if let time = voucher.time { members.append(("time", .string(time.description))) }
        if let leaf = voucher.leaf { members.append(("leaf", .int(Int64(leaf)))) }
        return .object(JSONObject(members))
    }

    private static func json(_ finding: BundleVerification.Finding) -> JSON {
        var members: [(String, JSON)] = [
            ("severity", .string(finding.severity == .damage ? "damage" : "note")),
            ("step", .int(Int64(finding.step))), ("file", .string(finding.file)),
            ("words", .string(finding.words)),
        ]
        if let record = finding.record {
            members.append(("record", .string(record.description)))
        }
        if let bytes = finding.bytes {
            members.append(("from", .int(Int64(clamping: bytes.lowerBound))))
            members.append(("to", .int(Int64(clamping: bytes.upperBound))))
        }
        return .object(JSONObject(members))
    }
}
