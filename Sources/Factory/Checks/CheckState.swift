package import Base
package import Evidence
package import EvidenceFormat

/// How a check stands: what was demanded when it was opened, beside what the log has now.
package struct CheckState: Sendable {
    package static let picturesMax = 1000

    package enum Stage: String, Sendable {
        case open, complete, closed
    }

    package struct Picture: Sendable {
        package let id: RecordID
        package let camera: String?
        package let instant: WallTime
        package let kind: LeafKind
    }

    package let check: String
    /// Nil for a check that nobody opened, though something is linked to it.
    package let opening: Leaf?
    package let pictures: [Picture]
    package let closing: Leaf?

    package var cameras: [String] { opening.map(Self.cameras) ?? [] }
    /// Cameras that have not given the picture that they should. What came from elsewhere
    /// (`put`) is not what was demanded.
    package var missing: [String] {
        let given = Set(pictures.filter { $0.kind == .snapshot }.compactMap(\.camera))
        return cameras.filter { !given.contains($0) }
    }
    package var isMandatory: Bool { opening?.bool("mandatory") ?? false }

    package var stage: Stage {
        if closing != nil { return .closed }
        return opening != nil && missing.isEmpty ? .complete : .open
    }

    /// Cameras that a check's leaf demands pictures of.
    package static func cameras(of opening: Leaf) -> [String] {
        opening.body["cams"]?.array?.compactMap(\.string) ?? []
    }

    /// Throws `.notFound` for a check that the log has never heard of.
    package init(_ check: String, _ log: EvidenceLog) throws(Failure) {
        let chain = try log.chain(of: check)
        guard !chain.isEmpty else {
            throw Failure(.notFound, "nothing is linked to check \(check); is it spelt so?")
        }
        var query = Query()
        query.links = [Query.LinkKey(kind: Link.checkKind, value: check)]
        query.newestFirst = false
        query.limit = Self.picturesMax
        self.check = check
        opening = chain.first { $0.kind == .check }
        closing = chain.last { $0.kind == .close }
        pictures = try log.find(query).hits.map {
            Picture(
                id: $0.leaf.id, camera: $0.leaf.string("cam"), instant: $0.instant,
                kind: $0.leaf.kind)
        }
    }

    /// The check as a link, with its references.
    package var link: Link? { opening?.links.first { $0.link.kind == Link.checkKind }?.link }

    /// What pictures of it are linked to, too.
    package var links: [Link] { opening?.links.map(\.link) ?? [] }
}

extension CheckState {
    /// As scripts get it; `docs/cli.md` has the fields.
    package func json(_ more: [(String, JSON)] = []) -> JSON {
        var fields: [(String, JSON)] =
            more + [
                ("check", .string(check)), ("state", .string(stage.rawValue)),
                ("opened", .bool(opening != nil)), ("mandatory", .bool(isMandatory)),
                ("cameras", .array(cameras.map { .string($0) })),
                ("missing", .array(missing.map { .string($0) })),
                ("pictures", .array(pictures.map(\.json))),
            ]
        func add(_ name: String, _ text: String?) {
            if let text { fields.append((name, .string(text))) }
        }
        if let opening {
            add("id", opening.id.description)
            add("reached", opening.string("t"))
            add("reached_by", opening.actor)
            fields.append(("links", .array(opening.links.map(\.link.json))))
            for name in ["point", "centre", "product", "operation"] {
                add(name, opening.string(name))
            }
        }
        if let closing {
            add("verdict", closing.string("verdict"))
            add("note", closing.string("reason"))
            add("closed", closing.time.description)
            add("closed_by", closing.actor)
        }
        return .object(JSONObject(fields))
    }
}

extension CheckState.Picture {
    fileprivate var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id.description)), ("kind", .string(kind.rawValue)),
            ("instant", .string(instant.description)),
        ]
        if let camera { fields.append(("camera", .string(camera))) }
        return .object(JSONObject(fields))
    }
}
