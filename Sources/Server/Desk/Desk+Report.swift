internal import Access
internal import Base
internal import Evidence
internal import Factory
internal import WireProtocol

extension Desk {
    private static let lateSeconds: ClosedRange<Int64> = 1...31_536_000

    /// What was to be shown beside what there is.
    func auditReport(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        var scope = AuditReport.Scope()
        scope.links = try fields.linkKeys()
        scope.from = fields.time(.from)
        scope.to = fields.time(.to)
        guard !scope.links.isEmpty || scope.from != nil else {
            throw WireError(
                .invalid, "say of what: a work order, a lot or another link; or from when")
        }
        if let seconds = fields.int(.limit) {
            guard Self.lateSeconds ~= seconds else {
                throw WireError(.invalid, "late is after 1 second to a year")
            }
            scope.lateSeconds = seconds
        }
        var query = Query()
        query.links = scope.links
        query.from = scope.from
        query.to = scope.to
        let target = "report \(TrailEntry.target(of: query))"
        try check(caller, .export, target) { identity throws(Failure) in
            try identity.require(.export, camera: identity.cameras == nil ? nil : "")
        }
        try note(caller, .export, target)
        let report = try floor.factory.report(scope)
        var answer = document(report.summary)
        for item in report.items { answer.add(document: item) }
        answer.reply.add(.count, Int64(answer.items.count))
        return answer
    }
}
