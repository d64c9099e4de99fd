package import Base
internal import Evidence
internal import EvidenceFormat

extension Factory {
    /// Looks through the log as it is now. An order's checks are found by what was announced for
    /// them, so one that has no picture at all is found as well.
    package func report(_ scope: AuditReport.Scope) throws(Failure) -> AuditReport {
        var report = AuditReport(scope, at: clock.now, size: log.size)
        var known: Set<[UInt8]> = []
        var checks = try announced(scope, &report)
        for check in checks { known.insert(Array(check.utf8)) }
        var cameras: Set<String> = []
        var span: (from: WallTime, to: WallTime)?
        func extend(_ instant: WallTime) {
            span = (min(span?.from ?? instant, instant), max(span?.to ?? instant, instant))
        }
        try forEachPicture(scope) { hit throws(Failure) in
            extend(hit.instant)
            if let camera = hit.leaf.string("cam") { cameras.insert(camera) }
            let record = try log.record(hit)
            let own = record.links.filter { $0.kind == Link.checkKind }
            guard !own.isEmpty else {
                report.add(unlinked: hit)
                return
            }
            for link in own where known.insert(Array(link.value.utf8)).inserted {
                checks.append(link.value)
            }
        }
        for check in checks {
            guard report.rows.count < AuditReport.rowsMax else {
                report.isCut = true
                break
            }
            let state = try CheckState(check, log)
            cameras.formUnion(state.cameras)
            if let reached = state.opening?.time("t") { extend(reached) }
            report.rows.append(
                AuditReport.Row(state: state, late: try late(state, scope.lateSeconds)))
        }
        let from = scope.from ?? span?.from
        let to = scope.to ?? span?.to
        if let from, let to { try report.addGaps(of: cameras, from, to, log) }
        return report
    }

    /// Keys of checks that were opened for this.
    private func announced(
        _ scope: AuditReport.Scope, _ report: inout AuditReport
    ) throws(Failure) -> [String] {
        var found: [String] = []
        var last: (index: UInt64, leaf: Leaf)?
        while true {
            let page = try log.leaves(
                .check, from: scope.from ?? .distantPast, after: last, limit: 1000)
            for (_, leaf) in page where includes(leaf, scope) {
                guard found.count < AuditReport.rowsMax else {
                    report.isCut = true
                    return found
                }
                if let key = leaf.links.first(where: { $0.link.kind == Link.checkKind }) {
                    found.append(key.link.value)
                }
            }
            guard page.count == 1000 else { return found }
            last = page.last
        }
    }

    private func includes(_ opening: Leaf, _ scope: AuditReport.Scope) -> Bool {
        let reached = opening.time("t") ?? opening.time
        if let from = scope.from, reached < from { return false }
        if let to = scope.to, reached >= to { return false }
        let links = opening.links.map(\.link)
        return scope.links.allSatisfy { key in
            links.contains { link in
                link.kind == key.kind
                    && ([link.value] + link.refs).contains { $0.hasSameBytes(as: key.value) }
            }
        }
    }

    private func forEachPicture(
        _ scope: AuditReport.Scope, _ body: (QueryPage.Hit) throws(Failure) -> Void
    ) throws(Failure) {
        var query = Query()
        query.links = scope.links
        query.from = scope.from
        query.to = scope.to
        query.newestFirst = false
        query.limit = Query.limitMax
        var count = 0
        repeat {
            let page = try log.find(query)
            for hit in page.hits { try body(hit) }
            count += page.hits.count
            query.cursor = page.cursor
        } while query.cursor != nil && count < AuditReport.rowsMax * 10
    }

    /// Pictures of a check that came to it long after their instant, by their own leaf or a link.
    private func late(
        _ state: CheckState, _ seconds: Int64
    ) throws(Failure) -> [AuditReport.Picture] {
        var late: [AuditReport.Picture] = []
        for picture in state.pictures {
            let record = try log.leaf(at: log.index(of: picture.id))
            var came: WallTime? =
                record.links.contains { $0.link.value == state.check }
                ? record.time : nil
            for said in try log.leavesAbout(picture.id) where said.kind == .link {
                guard said.links.contains(where: { $0.link.value == state.check }) else { continue }
                came = min(came ?? said.time, said.time)
            }
            guard let came else { continue }
            let after = (came.microseconds - picture.instant.microseconds) / 1_000_000
            guard after > seconds else { continue }
            late.append(
                AuditReport.Picture(
                    id: picture.id, camera: picture.camera, instant: picture.instant,
                    lateSeconds: after))
        }
        return late
    }
}

extension AuditReport {
    fileprivate mutating func add(unlinked hit: QueryPage.Hit) {
        guard unlinked.count < Self.rowsMax else {
            isCut = true
            return
        }
        unlinked.append(
            Picture(
                id: hit.leaf.id, camera: hit.leaf.string("cam"), instant: hit.instant,
                lateSeconds: nil))
    }

    /// Those that touch the stretch; a gap is logged when it is over.
    fileprivate mutating func addGaps(
        of cameras: Set<String>, _ from: WallTime, _ to: WallTime, _ log: EvidenceLog
    ) throws(Failure) {
        for camera in cameras.sorted() {
            let leaves = try log.leaves(.gap, ofCamera: camera, from: from, limit: 1000)
            for leaf in leaves {
                guard let begin = leaf.time("from"), let end = leaf.time("to"), begin < to else {
                    break
                }
                gaps.append(
                    Gap(
                        camera: camera, from: begin, to: end,
                        cause: leaf.string("cause") ?? "", detail: leaf.string("detail")))
            }
            if leaves.count == 1000 { isCut = true }
        }
    }
}
