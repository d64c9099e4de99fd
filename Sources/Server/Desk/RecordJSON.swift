package import Base
package import Evidence
package import EvidenceFormat

/// A record as scripts get it. Documented field by field in `docs/cli.md`; a field once documented
/// keeps its name and meaning, and what is not known is left out.
package enum RecordJSON {
    package static func make(
        leaf: Leaf, index: UInt64, links: [Link], instant: WallTime, receipt: [(String, JSON)] = [],
        more: [(String, JSON)] = []
    ) -> JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(leaf.id.description)), ("kind", .string(leaf.kind.rawValue)),
            ("instant", .string(instant.description)), ("clock", clock(of: leaf)),
            ("links", .array(links.map(\.json))),
            ("flags", .array(leaf.body["flags"]?.array ?? [])),
            ("recorded", .string(leaf.time.description)), ("actor", .string(leaf.actor)),
            (
                "receipt",
                .object(
                    JSONObject(
                        [
                            ("index", .int(Int64(index))), ("leaf_hash", .string(leaf.hash.hex)),
                        ] + receipt))
            ),
        ]
        if let camera = leaf.string("cam") { fields.append(("camera", .string(camera))) }
        if let asked = leaf.string("asked") { fields.append(("asked", .string(asked))) }
        if let distance = leaf.int("dist_us") {
            fields.append(("distance_ms", .int(rounded(distance))))
        }
        if let hash = leaf.string("pay") { fields.append(("sha256", .string(hash))) }
        if let count = leaf.int("len") { fields.append(("bytes", .int(count))) }
        for (name, field) in [("width", "w"), ("height", "h"), ("frames", "frames")] {
            if let count = leaf.int(field) { fields.append((name, .int(count))) }
        }
        for (name, field) in [
            ("mime", "mime"), ("name", "name"), ("request_id", "req"), ("to", "to"),
            ("source", "src"), ("camera_instant", "t_cam"), ("shot", "shot"), ("clip", "clip"),
            ("made", "made"), ("trigger", "trig"),
        ] where !(field == "src" && leaf.kind == .import) {
            if let text = leaf.string(field) { fields.append((name, .string(text))) }
        }
        if let skew = leaf.int("skew_us") { fields.append(("skew_us", .int(skew))) }
        return .object(JSONObject(fields + more))
    }

    package static func make(
        _ record: Record, receipt: [(String, JSON)] = [], more: [(String, JSON)] = []
    ) -> JSON {
        var more = more
        switch record.removal {
        case .present: break
        case .due(let until):
            more.append(("removal", .string("due")))
            more.append(("removal_at", .string(until.description)))
        case .removed(_, let at):
            more.append(("removal", .string("removed")))
            more.append(("removal_at", .string(at.description)))
        }
        return make(
            leaf: record.leaf, index: record.index, links: record.links, instant: record.instant,
            receipt: receipt, more: more)
    }

    /// Whose clock the instant comes from, and how far it could be trusted.
    private static func clock(of leaf: Leaf) -> JSON {
        let clk = leaf.body["clk"]?.object
        var fields: [(String, JSON)] = [
            ("source", .string(leaf.kind == .import ? "import" : "server")),
            ("synchronised", clk?["sync"] ?? .bool(false)),
            ("estimated_error_us", clk?["est_us"] ?? .int(0)),
            ("maximum_error_us", clk?["max_us"] ?? .int(0)),
        ]
        if let offset = leaf.int("cam_off_us") {
            fields.append(("camera_offset_us", .int(offset)))
            fields.append(("camera_error_us", .int(leaf.int("cam_err_us") ?? 0)))
        }
        return .object(JSONObject(fields))
    }

    private static func rounded(_ microseconds: Int64) -> Int64 {
        (microseconds + (microseconds < 0 ? -500 : 500)) / 1000
    }
}

extension Receipt {
    /// What whoever caused the leaf should keep: the leaf itself and its proof.
    package func json(_ log: EvidenceLog) throws(Failure) -> [(String, JSON)] {
        [
            ("leaf", .string(String(decoding: leaf.bytes, as: UTF8.self))),
            ("proof", .string(String(decoding: try log.prove(index).encode(), as: UTF8.self))),
        ]
    }

    /// Answer of the commands that add a fact which is no picture.
    package func fact(
        _ log: EvidenceLog, _ more: [(String, JSON)] = []
    ) throws(Failure) -> JSON {
        .object(
            JSONObject(
                [
                    ("id", .string(id.description)), ("kind", .string(leaf.kind.rawValue)),
                    (
                        "receipt",
                        .object(
                            JSONObject(
                                [
                                    ("index", .int(Int64(index))),
                                    ("leaf_hash", .string(leaf.hash.hex)),
                                ] + (try json(log))))
                    ),
                ] + more))
    }
}
