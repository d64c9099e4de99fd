package import Base
internal import Crypto
package import EvidenceFormat

/// What a check demands, said when production reaches it and before anything is found: whoever
/// looks later compares the two.
package struct CheckDemand: Sendable {
    package static let camerasMax = 16

    package let check: Link
    /// One picture of each is demanded.
    package let cameras: [String]
    package let reached: WallTime
    /// Whether it cannot be passed without them.
    package var mandatory = true
    /// The control point that it was made from; nil for one that was asked for directly.
    package var point: String?
    package var centre: String?
    package var product: String?
    package var operation: String?
    /// Beside the check itself.
    package var links: [Link] = []
    /// The caller's id of this request; without one the check itself stands for it.
    package var request: String?

    package init(_ check: Link, cameras: [String], reached: WallTime) {
        self.check = check
        self.cameras = cameras
        self.reached = reached
    }
}

extension EvidenceLog {
    /// Opens a check. The same one again is answered with what was opened first.
    package func openCheck(
        _ demand: CheckDemand, by author: Author
    ) throws(Failure) -> Receipt {
        guard demand.check.kind == Link.checkKind,
            !demand.links.contains(where: { $0.kind == Link.checkKind })
        else { throw Failure(.invalid, "a check is opened under one key; give one") }
        if let known = try opening(of: demand.check.value) { return known }
        var draft = Draft(.check, by: author)
        for link in demand.links { try Self.refusePersonal(link) }
        draft.links = try Self.distinct([demand.check] + demand.links)
        draft.request = demand.request ?? Self.openingRequest(demand.check.value)
        draft.fields = [
            ("t", .string(demand.reached.description)), ("type", .string("picture")),
            ("cams", .array(demand.cameras.map { .string($0) })),
            ("mandatory", .bool(demand.mandatory)),
        ]
        for (name, text) in [
            ("point", demand.point), ("centre", demand.centre), ("product", demand.product),
            ("operation", demand.operation),
        ] {
            if let text { draft.fields.append((name, .string(text))) }
        }
        do {
            return try commit(draft)
        } catch {
            // Somebody else opened it in between, with other words; the index has it in a moment.
            guard error.kind == .alreadyExists else { throw error }
            try waitForGroups()
            guard let known = try opening(of: demand.check.value) else { throw error }
            return known
        }
    }

    /// Two who reach one check at a time make one leaf of it.
    private static func openingRequest(_ check: String) -> String {
        "check:\(SHA256.hash(Array(check.utf8).span).hex)"
    }

    /// The leaf that opened a check; nil for one that nobody opened, though it may have pictures.
    package func opening(of check: String) throws(Failure) -> Receipt? {
        for leaf in try chain(of: check) where leaf.kind == .check {
            return Receipt(
                index: try index(of: leaf.id), leaf: leaf, checkpoint: checkpoint, size: size,
                repeated: true)
        }
        return nil
    }
}
