package import Base

/// What every leaf says beside its own fields: which record, where, when, by which clock, by whom.
package struct LeafCommon: Hashable, Sendable {
    package let id: RecordID
    package let site: String
    package let time: WallTime
    package let clock: ClockTrust
    /// The authenticated identity, never a name that a client sent.
    package let actor: String
    /// Empty when the server acts on its own.
    package let session: String

    package init(
        id: RecordID, site: String, time: WallTime, clock: ClockTrust, actor: String,
        session: String
    ) {
        self.id = id
        self.site = site
        self.time = time
        self.clock = clock
        self.actor = actor
        self.session = session
    }
}

/// One fact in the evidence log: the exact bytes that are hashed, and what they say. Never edited,
/// never re-encoded; `docs/leaves.md` lists every field.
package struct Leaf: Sendable {
    package static let bytesMax = 4096
    package static let version: Int64 = 1
    package static let algorithm = "sha256"

    package let kind: LeafKind
    package let body: JSONObject
    package let bytes: [UInt8]
    /// RFC 6962's leaf hash of `bytes`.
    package let hash: Digest
    package let id: RecordID
    /// `t_srv`: the server's clock when it made the leaf.
    package let time: WallTime

    /// Makes a new leaf. Throws `.invalid` when a field breaks the schema of its kind.
    package init(
        kind: LeafKind, common: LeafCommon, fields: [(String, JSON)]
    ) throws(Failure) {
        let clock = JSONObject([
            ("sync", .bool(common.clock.synchronised)),
            ("est_us", .int(common.clock.estimatedErrorMicroseconds)),
            ("max_us", .int(common.clock.maximumErrorMicroseconds)),
        ])
        let body = try Self.object(
            fields + [
                ("v", .int(Self.version)), ("alg", .string(Self.algorithm)),
                ("kind", .string(kind.rawValue)), ("id", .string(common.id.description)),
                ("site", .string(common.site)), ("t_srv", .string(common.time.description)),
                ("clk", .object(clock)), ("actor", .string(common.actor)),
                ("sess", .string(common.session)),
            ], kind: kind)
        try LeafSchema.of(kind).check(body)
        let bytes = body.encode()
        guard bytes.count <= Self.bytesMax else {
            throw Failure(
                .invalid,
                "this \(kind.rawValue) leaf would have \(bytes.count) bytes, at most "
                    + "\(Self.bytesMax) are allowed; shorten its texts or use several leaves"
            )
        }
        self.init(kind: kind, body: body, bytes: bytes, id: common.id, time: common.time)
    }

    /// Reads a stored leaf. Throws `.corrupt` when the bytes are not exactly what this or an
    /// earlier version writes, `.unsupported` when a newer version wrote them.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        try self.init(parsing: bytes, isNew: true)
    }

    /// Reads a leaf that was read before, and kept to its schema then.
    package init(parsingAgain bytes: [UInt8]) throws(Failure) {
        try self.init(parsing: bytes, isNew: false)
    }

    private init(parsing bytes: [UInt8], isNew: Bool) throws(Failure) {
        let body: JSONObject
        do throws(Failure) {
            body = try JSON(parsing: bytes.span).object ?? JSONObject([])
        } catch {
            throw Failure(.corrupt, "a stored leaf is damaged: \(error.words)")
        }
        if let version = body["v"]?.int, version > Self.version {
            throw Failure(
                .unsupported, "a leaf has version \(version); use a newer Proofreel to read it")
        }
        guard let text = body["kind"]?.string, let kind = LeafKind(rawValue: text) else {
            throw Failure(
                body["kind"] == nil ? .corrupt : .unsupported,
                "a leaf has a kind unknown to this version; use a newer Proofreel to read it"
            )
        }
        if isNew {
            do throws(Failure) {
                try LeafSchema.of(kind).check(body)
            } catch {
                throw Failure(.corrupt, "a stored leaf breaks its schema: \(error.words)")
            }
        }
        guard let id = body["id"]?.string.flatMap({ RecordID($0) }),
            let time = body["t_srv"]?.string.flatMap({ WallTime($0) })
        else { throw Failure(.corrupt, "a stored leaf has no id or no time") }
        self.init(kind: kind, body: body, bytes: bytes, id: id, time: time)
    }

    private init(
        kind: LeafKind, body: JSONObject, bytes: [UInt8], id: RecordID, time: WallTime
    ) {
        self.kind = kind
        self.body = body
        self.bytes = bytes
        self.hash = Merkle.leafHash(bytes.span)
        self.id = id
        self.time = time
    }

    /// A field given twice, or one of the common fields given by the caller, is an error here
    /// rather than a trap: it may come from outside.
    private static func object(
        _ fields: [(String, JSON)], kind: LeafKind
    ) throws(Failure) -> JSONObject {
        let sorted = fields.map { JSONObject.Member(key: $0.0, value: $0.1) }
            .sorted { $0.key < $1.key }
        for (i, member) in sorted.enumerated() where i > 0 && sorted[i - 1].key == member.key {
            throw Failure(.invalid, "the \(kind.rawValue) leaf got the field \(member.key) twice")
        }
        return JSONObject(sorted: sorted)
    }
}

extension Leaf: Hashable {
    package static func == (a: Leaf, b: Leaf) -> Bool { a.bytes == b.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}

/// Fields by name, read as the type that the schema has already checked.
extension Leaf {
    package func string(_ name: String) -> String? { body[name]?.string }
    package func int(_ name: String) -> Int64? { body[name]?.int }
    package func bool(_ name: String) -> Bool? { body[name]?.bool }
    package func digest(_ name: String) -> Digest? {
        body[name]?.string.flatMap { Digest(hex: $0) }
    }
    package func time(_ name: String) -> WallTime? { body[name]?.string.flatMap { WallTime($0) } }
    package func recordID(_ name: String) -> RecordID? {
        body[name]?.string.flatMap { RecordID($0) }
    }
    package var site: String { body["site"]?.string ?? "" }
    package var actor: String { body["actor"]?.string ?? "" }
    package var session: String { body["sess"]?.string ?? "" }
}
