import Base
import Crypto
import EvidenceFormat

/// One leaf of every kind with every field that can stand together, always the same.
enum Samples {
    static let time = WallTime(microseconds: 1_769_904_000_123_456)
    static let origin = "evidence.plant7.example/log/e1"

    static func id(_ n: UInt64) -> RecordID { RecordID(at: time, random: (n, n)) }

    static func digest(_ n: UInt8) -> Digest { SHA256.hash([n].span) }

    static func signer(_ name: String = origin, seed: UInt8 = 1) -> NoteSigner {
        do {
            return try NoteSigner(
                name: name, key: SigningKey(seed: [UInt8](repeating: seed, count: 32)))
        } catch {
            fatalError(error.words)
        }
    }

    static let common = LeafCommon(
        id: id(1), site: "Plant 7", time: time,
        clock: ClockTrust(
            synchronised: true, estimatedErrorMicroseconds: 120, maximumErrorMicroseconds: 5400),
        actor: "erp:odoo", session: "s-17")

    static func leaf(_ kind: LeafKind) throws -> Leaf {
        try Leaf(kind: kind, common: common, fields: fields(kind))
    }

    static let check: JSON = .object(
        JSONObject([
            ("kind", .string("check")), ("value", .string("odoo:6f1c/quality.check/17")),
            ("refs", .array([.string("QC-000001"), .string("Prüfung № 17")])), ("n", .int(2)),
            ("prev", hex(9)),
        ]))
    static let order: JSON = .object(
        JSONObject([("kind", .string("work-order")), ("value", .string("WH/MO/00001"))]))
    static let links: JSON = .array([check, order])
    static func hex(_ n: UInt8) -> JSON { .string(digest(n).hex) }
    static func at(_ seconds: Int64) -> JSON { .string(time.adding(seconds: seconds).description) }
    static func record(_ n: UInt64) -> JSON { .string(id(n).description) }
    static let reason: JSON = .string("Kratzer gemeldet:\n\t\"A\" \\ B – 傷 🔧")

    static let payload: [(String, JSON)] = [
        ("pay", hex(1)), ("len", .int(301_234)), ("mime", .string("image/jpeg")),
    ]
    static let cameraClock: [(String, JSON)] = [
        ("cam_off_us", .int(-1500)), ("cam_err_us", .int(900)),
    ]

    static func fields(_ kind: LeafKind) -> [(String, JSON)] {
        switch kind {
        case .genesis, .boot, .policy, .keyset, .clock: server(kind)
        case .snapshot, .clip, .import, .part, .gap, .derive: capture(kind)
        case .link, .unlink, .close, .check, .hold, .unhold, .event: mark(kind)
        case .delete, .deleted, .segmentSeal, .scrub, .anchor, .incident, .successor: upkeep(kind)
        case .grant, .access: access(kind)
        }
    }

    private static func server(_ kind: LeafKind) -> [(String, JSON)] {
        switch kind {
        case .genesis:
            [
                ("origin", .string(origin)), ("log_key", .string(signer().verifierKey.text)),
                ("root_key", .string(signer("plant7.example/root", seed: 2).verifierKey.text)),
                ("format", .int(1)),
            ]
        case .boot:
            [
                ("binary", hex(2)), ("config", hex(3)), ("boot_id", .string("5c0e-boot")),
                ("version", .string("1.0.0")), ("size", .int(41)), ("root", hex(4)),
                ("clean", .bool(false)),
            ]
        case .policy: [("n", .int(1)), ("rules", rules), ("reason", reason)]
        case .keyset: [("note", .string("proofreel keyset v1\n…\n"))]
        default: [("what", .string("step")), ("step_us", .int(-250_000))]
        }
    }

    private static let rules: JSON = .array([
        .object(
            JSONObject([
                ("name", .string("automotive")),
                ("match", .object(JSONObject([("link", order)]))),
                ("days", .int(7300)), ("basis", .string("event")),
                ("event", .string("end-of-life")),
            ])),
        .object(
            JSONObject([
                ("name", .string("press")),
                ("match", .object(JSONObject([("cam", .string("press-3"))]))),
                ("days", .int(730)), ("basis", .string("capture")),
            ])),
        .object(
            JSONObject([
                ("name", .string("default")),
                ("match", .object(JSONObject([("all", .bool(true))]))),
                ("days", .int(365)), ("basis", .string("capture")),
            ])),
    ])

    private static func capture(_ kind: LeafKind) -> [(String, JSON)] {
        switch kind {
        case .snapshot:
            [
                ("cam", .string("press-3")), ("t", at(-1)), ("asked", at(-2)),
                ("dist_us", .int(-1_000_000)), ("src", .string("ring")), ("t_cam", at(-1)),
                ("w", .int(1920)), ("h", .int(1080)), ("trig", .string("key:F9")),
                ("shot", record(2)), ("links", links), ("flags", .array([.string("blurred")])),
                ("req", .string("odoo-4711")), ("priv", hex(5)),
            ] + payload + cameraClock
        case .import:
            [
                ("t", at(-9)), ("name", .string("IMG_0001 – größer.jpg")),
                ("source", .string("phone")), ("links", links),
                ("flags", .array([.string("too-dark")])), ("req", .string("r-1")), ("priv", hex(5)),
            ] + payload
        case .part:
            [
                ("cam", .string("press-3")), ("n", .int(1)),
                ("prev", .string(Digest.zero.hex)), ("init", hex(6)), ("root", hex(7)),
                ("count", .int(5)), ("from", at(-10)), ("to", at(0)), ("len", .int(5_000_000)),
            ] + cameraClock
        case .clip:
            [
                ("cam", .string("press-3")), ("t", at(-5)), ("to", at(-1)), ("frames", .int(100)),
                ("use", .string("stream")),
                ("init", hex(6)), ("init_len", .int(712)), ("w", .int(1920)), ("h", .int(1080)),
                ("parts", .array([.int(4), .int(5)])), ("links", links),
                ("flags", .array([.string("frozen")])), ("req", .string("odoo-4712")),
                ("priv", hex(5)),
            ] + payload + cameraClock
        case .gap:
            [
                ("cam", .string("press-3")), ("from", at(-10)), ("to", at(-4)),
                ("err_us", .int(40_000)), ("cause", .string("network")),
                ("detail", .string("no route to host")),
            ]
        default:
            [
                ("parent", record(3)), ("transform", .string("blur")),
                ("params", .object(JSONObject([("area", .string("10,10,40,40"))]))), ("t", at(0)),
                ("req", .string("r-2")),
            ] + payload
        }
    }

    private static func mark(_ kind: LeafKind) -> [(String, JSON)] {
        switch kind {
        case .link:
            [("target", record(2)), ("links", links), ("reason", reason), ("priv", hex(5))]
        case .unlink: [("target", record(2)), ("links", links), ("reason", reason)]
        case .close:
            [
                ("check", .string("odoo:6f1c/quality.check/17")), ("n", .int(3)),
                ("prev", hex(8)), ("count", .int(2)), ("root", hex(9)),
                ("verdict", .string("pass")), ("reason", reason),
            ]
        case .check:
            [
                ("t", at(0)), ("type", .string("picture")),
                ("cams", .array([.string("press-3"), .string("press-4")])),
                ("mandatory", .bool(true)), ("point", .string("weld-seam")),
                ("centre", .string("press-3")), ("product", .string("odoo:6f1c/product.product/3")),
                ("operation", .string("Schweißen")), ("links", links),
                ("req", .string("reach-17")),
            ]
        case .hold:
            [("reason", reason), ("cam", .string("press-3")), ("from", at(-60)), ("to", at(0))]
        case .unhold: [("hold", record(4)), ("step", .string("request")), ("reason", reason)]
        default:
            [
                ("name", .string("end-of-life")), ("link", order), ("at", at(-100)),
                ("reason", reason),
            ]
        }
    }

    private static func access(_ kind: LeafKind) -> [(String, JSON)] {
        guard kind == .grant else {
            return [
                ("from", at(0)), ("to", at(2)), ("lines", .int(3)), ("count", .int(40)),
                ("pay", hex(1)), ("len", .int(412)), ("mime", .string("application/x-ndjson")),
            ]
        }
        return [
            ("what", .string("granted")), ("type", .string("machine")),
            ("subject", .string("erp-odoo")), ("roles", .array([.string("erp")])),
            ("cams", .array([.string("press-3")])), ("until", at(31_536_000)), ("key", hex(13)),
        ]
    }

    private static func upkeep(_ kind: LeafKind) -> [(String, JSON)] {
        switch kind {
        case .delete:
            [
                ("target", record(2)), ("index", .int(12)), ("pay", hex(1)),
                ("what", .string("payload")), ("rule", .string("default")), ("policy", .int(3)),
                ("due", at(-1000)), ("holds", .int(0)), ("actors", .array([.string("scheduler")])),
                ("until", at(604_800)), ("reason", reason),
            ]
        case .deleted: [("target", record(2)), ("delete", record(5)), ("bytes", .int(301_234))]
        case .segmentSeal:
            [
                ("segment", .int(0)), ("first", .int(0)), ("count", .int(900)),
                ("len", .int(268_435_456)), ("digest", hex(10)),
            ]
        case .scrub:
            [
                ("from", .int(0)), ("to", .int(3)), ("segments", .int(4)),
                ("bytes", .int(1_073_741_824)), ("faults", .int(1)),
                ("found", .array([.string("record 17: payload differs at byte 4096")])),
            ]
        case .anchor:
            [
                ("type", .string("rfc3161")), ("size", .int(900)), ("root", hex(11)),
                ("proof", hex(12)), ("name", .string("900.tsr")),
            ]
        case .incident:
            [("what", .string("torn-tail")), ("detail", reason), ("index", .int(40))]
        default:
            [
                ("old_origin", .string(origin)), ("old_size", .int(900)), ("old_root", hex(11)),
                ("old_note", .string("evidence…\n900\n…\n\n— …\n")), ("reason", reason),
                ("actors", .array([.string("anna"), .string("bruno")])),
                ("sigs", .array([.string("c2ln"), .string("c2lo")])),
            ]
        }
    }
}
