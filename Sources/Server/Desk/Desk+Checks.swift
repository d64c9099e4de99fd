internal import Access
internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Factory
internal import Recorder
internal import WireProtocol

/// Checks: reached, taken pictures for, looked at.
extension Desk {
    private static let listMax: Int64 = 1000

    func performOnChecks(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .checkReach: try checkReach(fields, caller)
        case .checkTake: try checkTake(fields, caller)
        case .checkShow: try checkShow(fields, caller)
        case .checkList: try checkList(fields, caller)
        default: preconditionFailure("\(operation) is not about checks")
        }
    }

    private func checkReach(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let factory = try floor.factory
        var reach = Reach(by: caller.author)
        reach.point = fields.text(.point)
        reach.cameras = fields.texts(.camera)
        reach.at = fields.time(.at)
        reach.request = fields.text(.requestID)
        let named = try fields.links()
        let keys = named.filter { $0.kind == Link.checkKind }
        guard keys.count < 2, keys.isEmpty || !fields.has(.check) else {
            throw WireError(.invalid, "a check has one key; give one")
        }
        reach.check =
            try keys.first
            ?? fields.text(.check).map { text throws(Failure) in
                try Link(kind: Link.checkKind, value: text)
            }
        reach.links = named.filter { $0.kind != Link.checkKind }
        let target = reach.check?.value ?? reach.point.map { "point \($0)" } ?? "a check"
        let cameras =
            try reach.point.map { id throws(Failure) in try factory.book.contents.point(id).cameras
            }
            ?? reach.cameras
        // A name that nobody may reach is refused before it is looked up.
        try require(.reach, of: caller, for: .change, on: target)
        for camera in cameras {
            try require(.reach, camera: camera, of: caller, for: .change, on: target)
        }
        if reach.point == nil {
            try Self.require(cameras, in: Set(try recorder.book.all.map(\.id)))
        }
        let reached = try factory.reach(reach)
        var more: [(String, JSON)] = [
            ("repeated", .bool(reached.receipt.repeated)),
            ("late", .array(reached.late.map { .string($0.description) })),
        ]
        if let problem = try takeNow(reached, caller) { more.append(("problem", .string(problem))) }
        more.append(
            (
                "receipt",
                .object(
                    JSONObject(
                        [
                            ("index", .int(Int64(reached.receipt.index))),
                            ("leaf_hash", .string(reached.receipt.leaf.hash.hex)),
                        ] + (try reached.receipt.json(log))))
            ))
        return document(try CheckState(reached.state.check, log).json(more))
    }

    /// Where the point wants the picture of the very instant. A dead camera keeps no check from
    /// being opened: it stays open, and says what is missing.
    private func takeNow(_ reached: Reached, _ caller: Caller) throws -> String? {
        guard let instant = reached.takesAt else { return nil }
        do {
            _ = try floor.take(
                reached.state, at: instant, request: "reached:\(reached.receipt.id)",
                trigger: "point:\(reached.state.opening?.string("point") ?? "")", by: caller.author)
            return nil
        } catch let failure as SnapFailure {
            return failure.words
        }
    }

    private func checkTake(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let check = try fields.required(.check, "the check")
        try require(.trigger, of: caller, for: .change, on: "check=\(check)")
        let state = try CheckState(check, log)
        guard state.opening != nil else {
            throw WireError(
                .refused,
                "check \(check) was never reached, so it demands nothing; take a picture for it:"
                    + " proofreel snap CAMERA --check \(check)")
        }
        for camera in state.cameras {
            try require(.trigger, camera: camera, of: caller, for: .change, on: "snap \(camera)")
        }
        guard state.closing == nil, !state.missing.isEmpty || fields.has(.requestID) else {
            throw WireError(
                .refused,
                state.closing == nil
                    ? "check \(check) has all its pictures; proofreel snap CAMERA --check takes"
                        + " another one" : "check \(check) is closed")
        }
        let id = try fields.text(.requestID) ?? "take:\(floor.factory.newID())"
        let (request, shots) = try floor.take(
            state, at: fields.time(.at), request: id, trigger: "check", by: caller.author)
        var answer = try self.answer(request, shots, wantsPicture: false)
        let now = try CheckState(check, log)
        try floor.factory.wait(for: now)
        answer.reply.add(.document, text(now.json()))
        return answer
    }

    private func checkShow(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let check = try fields.required(.check, "the check")
        let query = TrailEntry.target(of: Self.query(check))
        try self.check(caller, .search, query) { identity throws(Failure) in
            try identity.requireSearch(camera: identity.cameras?.first, namesLink: true)
        }
        try note(caller, .search, query)
        let state = try CheckState(check, log)
        guard state.cameras.isEmpty || state.cameras.contains(where: caller.sees) else {
            throw Failure(.denied, "check \(check) is of other cameras than yours; ask an admin")
        }
        return document(state.json())
    }

    private static func query(_ check: String) -> Query {
        var query = Query()
        query.links = [Query.LinkKey(kind: Link.checkKind, value: check)]
        return query
    }

    private func checkList(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let limit = fields.int(.limit) ?? 100
        guard (1...Self.listMax).contains(limit) else {
            throw WireError(.invalid, "a limit is 1 to \(Self.listMax)")
        }
        let stage = try fields.text(.state).map { text throws(WireError) in
            guard let stage = CheckState.Stage(rawValue: text) else {
                throw WireError(.invalid, "a check is open, complete or closed, not \(text)")
            }
            return stage
        }
        var query = Query()
        query.links = Array(try fields.linkKeys().prefix(1))
        let target = "checks \(TrailEntry.target(of: query))"
        try check(caller, .search, target) { identity throws(Failure) in
            try identity.requireSearch(
                camera: identity.cameras?.first, namesLink: !query.links.isEmpty)
        }
        try note(caller, .search, target)
        let (point, centre) = (fields.text(.point), fields.text(.centre))
        let link = query.links.first
        let from = fields.time(.from) ?? now.adding(seconds: -86_400)
        let found = try floor.factory.checks(
            from: from, limit: Int(limit),
            of: { leaf in
                (point == nil || leaf.string("point") == point)
                    && (centre == nil || leaf.string("centre") == centre)
                    && (link.map(leaf.isAbout) ?? true)
                    && CheckState.cameras(of: leaf).contains(where: caller.sees)
            }, where: { stage == nil || $0.stage == stage })
        var answer = Answer()
        for state in found { answer.add(document: state.json()) }
        answer.reply.add(.count, Int64(found.count))
        return answer
    }

    // MARK: Closing

    /// A check that demands pictures is not complete without them: it is no pass, and closed as it
    /// is only by whoever says that they are missing.
    func requireComplete(
        _ check: String, _ verdict: String?, although incomplete: Bool
    ) throws {
        let state = try CheckState(check, log)
        guard state.opening != nil, state.isMandatory, !state.missing.isEmpty else { return }
        let missing = state.missing.joined(separator: ", ")
        guard verdict != "pass" else {
            throw WireError(
                .refused,
                "check \(check) lacks the picture of \(missing), which it demands, so it cannot be"
                    + " passed; take it: proofreel check take \(check)")
        }
        guard incomplete else {
            throw WireError(
                .refused,
                "check \(check) lacks the picture of \(missing); take it: proofreel check take"
                    + " \(check), or close it without: --incomplete")
        }
    }
}

extension Leaf {
    fileprivate func isAbout(_ key: Query.LinkKey) -> Bool {
        links.contains {
            $0.link.kind == key.kind && ([$0.link.value] + $0.link.refs).contains(key.value)
        }
    }
}
