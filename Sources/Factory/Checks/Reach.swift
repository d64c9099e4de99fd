package import Base
package import Evidence
package import EvidenceFormat
internal import Linux

/// Production reaches a check: at a control point, or with cameras that the caller names.
package struct Reach: Sendable {
    package var point: String?
    package var cameras: [String] = []
    /// Nil: the check gets a key of this log's own.
    package var check: Link?
    package var links: [Link] = []
    /// When it was reached; else now.
    package var at: WallTime?
    package var request: String?
    package let author: Author

    package init(by author: Author) { self.author = author }
}

/// What came of it.
package struct Reached: Sendable {
    package let state: CheckState
    package let receipt: Receipt
    /// Pictures that were there before the check, and are linked to it now.
    package let late: [RecordID]
    /// Whether the pictures are wanted of this very instant.
    package let takesAt: WallTime?
}

extension Factory {
    /// Opens the check, links what was taken for its work order before, and tells what is missing.
    /// The same check again is answered as it stands.
    package func reach(_ reach: Reach) throws(Failure) -> Reached {
        var point: ControlPoint?
        if let id = reach.point { point = try book.contents.point(id) }
        var demand = try demand(reach, point)
        if let point { try describe(&demand, point) }
        let receipt =
            if let known = try repeatedOpening(reach, demand) { known } else {
                try log.openCheck(demand, by: reach.author)
            }
        let check = try opened(receipt)
        let state = try CheckState(check, log)
        guard state.closing == nil else {
            return Reached(state: state, receipt: receipt, late: [], takesAt: nil)
        }
        lateness.lock()
        defer { lateness.unlock() }
        let late = try linkEarlier(state, receipt.leaf, point, by: reach.author)
        let now = late.isEmpty ? state : try CheckState(check, log)
        wait(for: now)
        let takes = point?.take == .reached && !now.missing.isEmpty
        return Reached(
            state: now, receipt: receipt, late: late,
            takesAt: takes ? receipt.leaf.time("t") : nil)
    }

    private func demand(
        _ reach: Reach, _ point: ControlPoint?
    ) throws(Failure) -> CheckDemand {
        guard (point == nil) != reach.cameras.isEmpty else {
            throw Failure(
                .invalid, "a check is made from a control point, or of cameras; name one of both")
        }
        let cameras = point?.cameras ?? reach.cameras
        try Limits.check(cameras: cameras, of: "a check")
        guard cameras.count <= CheckDemand.camerasMax else {
            throw Failure(.invalid, "a check has at most \(CheckDemand.camerasMax) cameras")
        }
        let reached = reach.at ?? clock.now
        guard reached <= clock.now.adding(seconds: 1) else {
            throw Failure(.invalid, "\(reached) has not come yet; a check is reached now or before")
        }
        let link =
            if let check = reach.check { check } else {
                try Link(kind: Link.checkKind, value: "proofreel:\(log.origin)/check/\(newID())")
            }
        var demand = CheckDemand(link, cameras: cameras, reached: reached)
        demand.links = reach.links
        // A check that has a key is its own request: two who reach it under ids of their own make
        // one leaf of it.
        if reach.check == nil { demand.request = reach.request }
        return demand
    }

    private func describe(
        _ demand: inout CheckDemand, _ point: ControlPoint
    ) throws(Failure) {
        demand.mandatory = point.isMandatory
        demand.point = point.id
        demand.centre = point.centre
        demand.product = point.product
        demand.operation = point.operation
        var more = [try Link(kind: "control-point", value: "point/\(point.id)")]
        if let product = point.product { more.append(try Link(kind: "product", value: product)) }
        if let id = point.centre, let centre = book.contents.centres.first(where: { $0.id == id }) {
            more.append(try centre.asLink())
        }
        for link in more where !demand.links.contains(where: { $0.isSame(as: link) }) {
            demand.links.append(link)
        }
    }

    /// A request that has its check already, under a key that the caller was never told.
    private func repeatedOpening(
        _ reach: Reach, _ demand: CheckDemand
    ) throws(Failure) -> Receipt? {
        guard reach.check == nil, let request = reach.request,
            let known = try log.receipt(forRequest: request)
        else { return nil }
        guard known.leaf.kind == .check, known.leaf.string("point") == demand.point else {
            throw Failure(
                .alreadyExists,
                "the request id \(request) was used for something else; use a new id for each"
                    + " request")
        }
        return known
    }

    private func opened(_ receipt: Receipt) throws(Failure) -> String {
        let link = receipt.leaf.links.first { $0.link.kind == Link.checkKind }
        guard let link else { throw Failure(.corrupt, "a check leaf names no check") }
        return link.link.value
    }

    // MARK: Late links

    /// Pictures of one work order that were looked at for one check.
    private static let earlierMax = 200

    /// An ERP often makes the check when the order is posted, after the picture. What belongs to
    /// the same work order, by one of the demanded cameras, within the point's window before the
    /// check, and to no check yet, becomes this check's by a link of its own in the log.
    private func linkEarlier(
        _ state: CheckState, _ opening: Leaf, _ point: ControlPoint?, by author: Author
    ) throws(Failure) -> [RecordID] {
        let seconds = point?.lateSeconds ?? ControlPoint.windowDefault
        guard seconds > 0, !state.missing.isEmpty, let check = state.link,
            let reached = opening.time("t")
        else { return [] }
        var linked: [RecordID] = []
        for order in state.links where order.kind == "work-order" {
            var query = Query()
            query.links = [Query.LinkKey(kind: order.kind, value: order.value)]
            query.from = reached.adding(seconds: -seconds)
            query.to = WallTime(microseconds: reached.microseconds + 1)
            query.limit = Self.earlierMax
            for hit in try log.find(query).hits
            where hit.leaf.kind == .snapshot
                && state.missing.contains(hit.leaf.string("cam") ?? "")
            {
                let record = try log.record(hit)
                guard record.isFree(for: state.links, of: order) else { continue }
                _ = try log.link(
                    record.leaf.id, to: [check],
                    reason: "taken for work order \(order.value) before the check was reached",
                    by: author)
                linked.append(record.leaf.id)
            }
        }
        return linked
    }
}

extension Record {
    /// Of this very order, of no check yet, and of no other work centre.
    fileprivate func isFree(for wanted: [Link], of order: Link) -> Bool {
        guard links.contains(where: { $0.isSame(as: order) }),
            !links.contains(where: { $0.kind == Link.checkKind })
        else { return false }
        guard let centre = wanted.first(where: { $0.kind == "work-centre" }),
            let own = links.first(where: { $0.kind == "work-centre" })
        else { return true }
        return own.isSame(as: centre)
    }
}

extension Link {
    /// By bytes: two databases with the same ids are two instances, and never one key.
    func isSame(as other: Link) -> Bool {
        kind == other.kind && value.hasSameBytes(as: other.value)
    }
}
