package import Archive
package import Base
package import EvidenceFormat
package import Evidence

/// What somebody wants to take away, and for whom it is written down.
package struct BundleRequest: Sendable {
    package static let idsMax = 100_000

    package enum Wanted: Sendable {
        /// What has all these links, of this camera, in this time; as a query finds it.
        case query(Query)
        case ids([RecordID])
    }

    package var wanted: Wanted
    package var container: Container
    /// The authenticated identity.
    package var by: String
    package var at: WallTime
    /// Checkpoints that somebody has kept, to be shown that the log continues them.
    package var since: [SignedNote] = []
    package var version = "0.1"

    package init(_ wanted: Wanted, _ container: Container, by: String, at: WallTime) {
        self.wanted = wanted
        self.container = container
        self.by = by
        self.at = at
    }

    /// The folder that everything in the bundle is in.
    package var baseName: String {
        let digits = at.description.filter { $0.isASCII && ($0.isNumber || $0 == "T") }
        return "proofreel-\(digits.prefix(15))Z"
    }
}

/// What somebody outside has confirmed of the tree at a size.
package struct BundleAnchor: Sendable {
    package let size: UInt64
    /// Of the service: letters, digits and `-`.
    package let name: String
    /// The checkpoint as it was anchored.
    package let checkpoint: SignedNote
    /// The leaf that tells of it.
    package let leaf: UInt64
    /// Endings (`tsr`, `pem`, `crl`, `note`) and bytes.
    package let files: [(ending: String, bytes: [UInt8])]

    package init(
        size: UInt64, name: String, checkpoint: SignedNote, leaf: UInt64,
        files: [(ending: String, bytes: [UInt8])]
    ) {
        self.size = size
        self.name = name
        self.checkpoint = checkpoint
        self.leaf = leaf
        self.files = files
    }
}

/// `proof/selection.json`.
struct BundleSelection {
    let request: BundleRequest
    let origin: String
    let site: String
    let size: UInt64
    var records = 0
    var streams = 0

    var json: JSON {
        var members: [(String, JSON)] = [
            ("v", .int(1)), ("at", .string(request.at.description)), ("by", .string(request.by)),
            ("site", .string(site)), ("origin", .string(origin)), ("size", .int(Int64(size))),
            ("records", .int(Int64(records))), ("streams", .int(Int64(streams))),
        ]
        switch request.wanted {
        case .ids(let ids):
            members.append(("links", .array([])))
            members.append(("ids", .array(ids.map { .string($0.description) })))
        case .query(let query):
            let links = query.links.map { link in
                JSON.object(
                    JSONObject([("kind", .string(link.kind)), ("value", .string(link.value))]))
            }
            members.append(("links", .array(links)))
            if let camera = query.camera { members.append(("camera", .string(camera))) }
            if let from = query.from { members.append(("from", .string(from.description))) }
            if let to = query.to { members.append(("to", .string(to.description))) }
        }
        return .object(JSONObject(members))
    }
}
