internal import Base
internal import EvidenceFormat
internal import Linux

/// The status document for people. Made from the document alone, so that a served log and one
/// that stands still look the same.
struct StatusPage {
    private let status: JSONObject

    init(_ json: JSON) throws(Failure) {
        guard let object = json.object else {
            throw Failure(.corrupt, "the status is no JSON object; is this version the server's?")
        }
        status = object
    }

    private func text(_ name: String) -> String { status[name]?.string ?? "–" }
    private func number(_ name: String) -> Int64 { status[name]?.int ?? 0 }

    func lines(_ console: Console) -> [String] {
        var facts = Facts()
        facts.add("state", state(console))
        facts.add("data", text("data"))
        facts.add("site", text("site"))
        facts.add("origin", text("origin"))
        facts.add("pin this", text("root_key"))
        facts.add("leaves", "\(number("size")), root \(text("root").prefix(16))…")
        if let newest = status["newest"]?.string.flatMap({ WallTime($0) }) {
            let age = Amount.age(seconds: number("age_s"))
            facts.add("newest", "\(Amount.time(newest)), \(age) ago")
        }
        let segments = Amount.count(number("segments"), "segment")
        facts.add("stored", "\(Amount.bytes(UInt64(number("bytes")))) in \(segments)")
        facts.add("free", Amount.bytes(UInt64(number("free_bytes"))))
        let rules = number("policy_rules")
        facts.add(
            "retention", rules == 0 ? "everything is kept for ever" : Amount.count(rules, "rule"))
        facts.add("holds", "\(number("holds"))")
        facts.add("scrubbed", scrubbed(console))
        facts.add("clock", clock(console))
        facts.add("anchored", anchored(console))
        let warnings = (status["warnings"]?.array ?? []).compactMap(\.string)
        return facts.lines(console) + (warnings.isEmpty ? [] : [""])
            + warnings.map { console.warning("! ") + $0 }
    }

    private func state(_ console: Console) -> String {
        if let stopped = status["stopped"]?.string {
            return console.bad("STOPPED: \(stopped)")
        }
        guard status["served"]?.bool == true else {
            return "not served; read from the disk"
        }
        return console.good("serving") + ", process \(number("pid"))"
    }

    private func scrubbed(_ console: Console) -> String {
        guard let time = status["scrubbed"]?.string.flatMap({ WallTime($0) }) else {
            return "never"
        }
        let faults = number("scrub_faults")
        let words = "\(Amount.count(faults, "fault"))"
        let segments = Amount.count(number("scrub_segments"), "segment")
        return "\(Amount.time(time)), \(segments), "
            + (faults == 0 ? "no fault" : console.bad(words))
    }

    private func clock(_ console: Console) -> String {
        let clock = status["clock"]?.object
        guard clock?["synchronised"]?.bool == true else {
            return console.warning("not synchronised")
        }
        let error = (clock?["maximum_error_us"]?.int ?? 0) / 1000
        return "synchronised, at most \(error) ms off"
    }

    private func anchored(_ console: Console) -> String {
        guard status["anchored"]?.bool == true else { return console.warning("UNANCHORED") }
        let size = "up to size \(number("anchored_size")) of \(number("size"))"
        let sources = (status["anchors"]?.array ?? []).compactMap(\.object)
        guard !sources.isEmpty else { return "\(size), by a checkpoint kept outside" }
        return size + "; " + sources.map { source(console, $0) }.joined(separator: ", ")
    }

    private func source(_ console: Console, _ source: JSONObject) -> String {
        let name = source["name"]?.string ?? "–"
        if source["alarm"] != nil { return console.bad("\(name) ALARM") }
        guard source["last"] != nil else { return "\(name) not yet" }
        let words = "\(name) \(Amount.age(seconds: source["lag_s"]?.int ?? 0)) ago"
        return source["late"]?.bool == true ? console.warning("\(words), LATE") : words
    }
}
