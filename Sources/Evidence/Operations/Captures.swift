package import Base
internal import Crypto
package import EvidenceFormat
internal import IndexFormat
internal import Store

/// A picture on its way in.
package struct Capture: Sendable {
    package var mime = "image/jpeg"
    package var links: [Link] = []
    package var flags: [String] = []
    /// The caller's id of this request; the same id with the same content is answered once.
    package var request: String?
    package init() {}
}

extension EvidenceLog {
    /// One frame of a camera. `details` are further fields of the `snapshot` leaf
    /// (`docs/leaves.md`).
    package func addSnapshot(
        camera: String, instant: WallTime, _ capture: Capture, details: [(String, JSON)] = [],
        payload: Span<UInt8>, by author: Author
    ) throws(Failure) -> Receipt {
        var draft = try picture(.snapshot, instant, capture, author)
        draft.fields += [("cam", .string(camera))] + details
        return try commit(draft, payload)
    }

    /// Footage of a camera, byte for byte. `details` are further fields of the `clip` leaf.
    package func addClip(
        camera: String, instant: WallTime, _ capture: Capture, details: [(String, JSON)],
        payload: Span<UInt8>, by author: Author
    ) throws(Failure) -> Receipt {
        var draft = try picture(.clip, instant, capture, author)
        draft.fields += [("cam", .string(camera))] + details
        return try commit(draft, payload)
    }

    /// A frame of a camera among many.
    package struct Snapshot: Sendable {
        package var camera: String
        package var instant: WallTime
        package var capture: Capture
        package var details: [(String, JSON)] = []
        package var payload: [UInt8]

        package init(camera: String, instant: WallTime, _ capture: Capture, payload: [UInt8]) {
            self.camera = camera
            self.instant = instant
            self.capture = capture
            self.payload = payload
        }
    }

    /// Many frames at once, for whoever has them: returns when all are durable. Throws at the first
    /// that is refused; those before it are stored all the same, so importers give request ids.
    package func addSnapshots(
        _ snapshots: [Snapshot], by author: Author
    ) throws(Failure) -> [Receipt] {
        try commit(count: snapshots.count) { i throws(Failure) in
            let item = snapshots[i]
            var draft = try picture(.snapshot, item.instant, item.capture, author)
            draft.fields += [("cam", .string(item.camera))] + item.details
            let hash = try Self.describe(item.payload.span, in: &draft)
            return (draft, item.payload, hash)
        }
    }

    /// A picture from elsewhere, marked as such.
    package func addImport(
        name: String, source: String? = nil, instant: WallTime, _ capture: Capture,
        payload: Span<UInt8>, by author: Author
    ) throws(Failure) -> Receipt {
        var draft = try picture(.import, instant, capture, author)
        draft.fields.append(("name", .string(name)))
        if let source { draft.fields.append(("source", .string(source))) }
        return try commit(draft, payload)
    }

    /// A picture made from another: blurred faces, a crop. The parent stays as it is.
    package func addDerived(
        from parent: RecordID, transform: String, settings: [String: String] = [:],
        _ capture: Capture, payload: Span<UInt8>, by author: Author
    ) throws(Failure) -> Receipt {
        _ = try record(parent)
        guard capture.links.isEmpty else {
            throw Failure(.invalid, "a derived picture has the links of its parent; give none")
        }
        var draft = Draft(.derive, by: author)
        draft.request = capture.request
        draft.fields = [
            ("parent", .string(parent.description)), ("transform", .string(transform)),
            ("t", .string(clock.now.description)), ("mime", .string(capture.mime)),
        ]
        if !settings.isEmpty {
            for name in settings.keys where !JSONObject.isKey(name) {
                throw Failure(.invalid, "\"\(name)\" is no name for a setting; use plain letters")
            }
            let texts = settings.map { ($0.key, JSON.string($0.value)) }
            draft.fields.append(("params", .object(JSONObject(texts))))
        }
        return try commit(draft, payload)
    }

    /// A batch of the access trail (`docs/security.md`): strict JSON, a line for each entry.
    package func addAccessBatch(
        from: WallTime, to: WallTime, lines: Int, count: Int, _ payload: [UInt8]
    ) throws(Failure) -> Receipt {
        var draft = Draft(.access, by: .server)
        draft.fields = [
            ("from", .string(from.description)), ("to", .string(to.description)),
            ("lines", .int(Int64(lines))), ("count", .int(Int64(count))),
            ("mime", .string("application/x-ndjson")),
        ]
        return try commit(draft, payload.span)
    }

    private func picture(
        _ kind: LeafKind, _ instant: WallTime, _ capture: Capture, _ author: Author
    ) throws(Failure) -> Draft {
        var draft = Draft(kind, by: author)
        draft.request = capture.request
        draft.links = try Self.distinct(capture.links)
        try Self.setPersonal(capture.links, &draft)
        draft.fields += [("t", .string(instant.description)), ("mime", .string(capture.mime))]
        if !capture.flags.isEmpty {
            draft.fields.append(("flags", .array(capture.flags.map { .string($0) })))
        }
        return draft
    }

    /// Links that may stand in the leaf for ever: personal ones go into the private section.
    static func distinct(_ links: [Link]) throws(Failure) -> [Link] {
        var seen: Set<ExactLink> = []
        for link in links {
            guard seen.insert(ExactLink(link)).inserted else {
                throw Failure(.invalid, "the link \(link.kind)=\(link.value) is given twice")
            }
        }
        return links.filter { !PrivateSection.kinds.contains($0.kind) }
    }

    /// Kind and value; references do not make two links of one.
    private struct ExactLink: Hashable {
        let kind: ExactText
        let value: ExactText

        init(_ link: Link) {
            kind = ExactText(link.kind)
            value = ExactText(link.value)
        }
    }

    static func setPersonal(_ links: [Link], _ draft: inout Draft) throws(Failure) {
        let personal = links.filter { PrivateSection.kinds.contains($0.kind) }
        guard !personal.isEmpty else { return }
        draft.personal = personal
        draft.secret = try PrivateSection.encode(personal)
        draft.fields.append(("priv", .string(SHA256.hash(draft.secret.span).hex)))
    }

    private func commit(_ draft: Draft, _ payload: Span<UInt8>) throws(Failure) -> Receipt {
        var draft = draft
        let hash = try Self.describe(payload, in: &draft)
        return try commit(draft, payload: payload, payloadHash: hash)
    }

    private static func describe(
        _ payload: Span<UInt8>, in draft: inout Draft
    ) throws(Failure) -> Digest {
        guard !payload.isEmpty else {
            throw Failure(.invalid, "the picture is empty; nothing was stored")
        }
        // One pass over the bytes, while they are hot and before any lock.
        let hash = SHA256.hash(payload)
        draft.fields += [("pay", .string(hash.hex)), ("len", .int(Int64(payload.count)))]
        return hash
    }

    /// Any leaf without payload whose fields the caller knows: `part`, `gap`, `anchor`, and others
    /// that upper layers make. Kinds with rules of their own have methods of their own.
    package func addFact(
        _ kind: LeafKind, _ fields: [(String, JSON)], by author: Author = .server
    ) throws(Failure) -> Receipt {
        switch kind {
        case .part, .gap, .anchor, .clock, .incident, .successor, .scrub, .grant: break
        default:
            throw Failure(.invalid, "\(kind.rawValue) leaves are not made from plain fields")
        }
        var draft = Draft(kind, by: author)
        draft.fields = fields
        return try commit(draft)
    }
}
