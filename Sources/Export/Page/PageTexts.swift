internal import EvidenceFormat

/// The page's words, the same as in `report.py`. A change here is one there, and of the format.
enum PageTexts {
    static let unanchored =
        "UNANCHORED. Nobody outside has confirmed this log: whoever controls the server could"
        + " have replaced all of it."
    static let stale = "STALE. Nobody outside has confirmed the newest records. "
    static let confirmed = PageForm(
        "Somebody outside has confirmed this log below leaf {size}: {name} ({type}),"
            + " received {t_srv}.")
    static let closed = PageForm("closed {t_srv} by {actor} {verdict}: {reason}")
    static let open = "OPEN: what is missing at its end cannot be seen"
    static let saidHeads = "Leaf|When|Who|What"
    static let time = PageForm("{t_srv}")
    static let actor = PageForm("{actor}")

    static let rows: [(label: String, form: PageForm)] = [
        ("Instant", "{t}"), ("Last frame", "{to}; {frames} frames"),
        ("Asked for", "{asked}; this is {dist_us} from it"), ("Server's clock", "{clk}"),
        ("Camera", "{cam}"),
        ("Camera's clock", "{cam_off_us} from the server's, error {cam_err_us}"),
        ("Camera's claim", "{t_cam}"), ("Trigger", "{trig}"),
        ("Shot", "{shot}, {skew_us} after its first picture"), ("Noticed", "{flags}"),
        ("File", "{name}, not from a camera here: {source}"),
        ("Made from", "record {parent}: {transform}"),
        ("Rendered from", "stream {clip}: {made}"), ("Recorded", "{t_srv}, {actor}"),
        ("SHA-256", "{pay}"), ("Size", "{len} bytes, {mime}"),
        ("Personal data", "kept apart; commitment {priv}"), ("Record", "{id}"),
    ].map { ($0.0, PageForm($0.1)) }

    static let early = PageForm(
        "EARLY ERASURE of the {what} of {target} ordered by {actors}, {rule}: {reason}")
    static let says: [LeafKind: PageForm] = [
        .link: "belongs to {links}: {reason}",
        .unlink: "does not belong to {links}: {reason}",
        .delete: "removal of the {what} of {target} ordered by {actors}, rule {rule}: {reason}",
        .deleted: "removal from {target} carried out, {bytes} bytes",
        .gap: "camera {cam} recorded nothing from {from} to {to}, cause: {cause} {detail}",
        .clock: "the server's clock: {what}, moved by {step_us}",
        .incident: "{what}: {detail}",
        .hold: "to be kept: {record}{link} {cam} {from} {to}: {reason}",
        .unhold: "{step} of the end of hold {hold}: {reason}",
        .check: "reached: {links}; {type} demanded of {cams}",
        .event: "{name} of {link} at {at}: {reason}",
        .policy: "retention policy {n}: {reason}",
        .anchor: "the log below leaf {size} was confirmed outside: {type}, {name}",
        .successor: "this log continues {old_origin}: {reason}",
    ].mapValues { PageForm($0) }

    /// What section 6 tells.
    static let bearing: Set<LeafKind> = [
        .gap, .clock, .incident, .hold, .unhold, .check, .event, .policy, .anchor, .successor,
    ]

    static let custodyHeads = "When|Who|What|On|From|Times|Refused"
    static let custody: [PageForm] = [
        "{t} {to}", "{who} ({kind})", "{what}", "{on}", "{peer}", "{count}", "{refused}",
    ].map { PageForm($0) }
}
