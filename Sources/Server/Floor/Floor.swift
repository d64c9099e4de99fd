internal import Base
internal import Evidence
internal import EvidenceFormat
package import Factory
internal import Linux
internal import WireProtocol
package import Recorder

/// Where the floor and the cameras meet: what presses and checks ask for is taken here. Any thread
/// may call it.
package final class Floor: Sendable {
    package let factory: Factory
    package let recorder: Recorder
    private let inputs = Monitor<Inputs?>(nil)
    private let listening = Monitor(())
    private let say: @Sendable (String) -> Void

    /// - say: where news go that nobody asked for.
    package init(
        _ factory: Factory, _ recorder: Recorder,
        say: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.factory = factory
        self.recorder = recorder
        self.say = say
    }

    // MARK: Input devices

    /// Listens to the devices of all work centres, until `end`.
    package func start() {
        let made = Inputs(say: say) { [weak self] wish, made in self?.heard(wish, made) }
        inputs.withLock { $0 = made }
        inputsChanged()
    }

    package func end() { inputs.withLock { $0.take() }?.end() }

    /// Input devices are listened to as the book says now.
    func inputsChanged() {
        // Two changes at a time must not end with what the book said before.
        listening.lock()
        defer { listening.unlock() }
        let wishes = factory.book.contents.centres.compactMap { Inputs.Wish($0) }
        inputs.withLock { $0 }?.listen(wishes)
    }

    /// A key of the bench, with nobody logged in: whoever can press it may.
    private func heard(_ wish: Inputs.Wish, _ made: KeyStream.Made) {
        do {
            let at: WallTime
            switch made {
            case .key(_, let instant), .code(_, let instant): at = instant
            case .nothing: return say("a code that was scanned at \(wish.centre) is too long")
            }
            var press = Press(
                wish.centre, at: at, request: "input:\(try factory.newID())",
                by: Author(actor: "centre:\(wish.centre)", session: "input"))
            if case .key(let key, _) = made { press.key = key }
            if case .code(let code, _) = made { press.code = code }
            // Most keys of a keyboard are nobody's trigger; that is no news.
            if let key = press.key,
                try factory.book.contents.centre(wish.centre).trigger(for: key) == nil
            {
                return
            }
            let taken = try self.press(press) { _ in }
            for shot in taken.shots {
                say("\(wish.centre): a picture of \(shot.camera), \(shot.receipt.id)")
            }
        } catch {
            say("\(wish.centre): \(Desk.told(error).words)")
        }
    }

    struct Taken {
        let plan: PressPlan
        let request: SnapRequest?
        let shots: [SnapAnswer]
    }

    /// The picture of the instant of the press. It is on the disk before the camera is asked, so
    /// the end of this process loses no press.
    func press(_ press: Press, _ allows: (Trigger) throws -> Void) throws -> Taken {
        let plan = try factory.plan(press)
        guard let trigger = plan.trigger, let shot = plan.shot else {
            return Taken(plan: plan, request: nil, shots: [])
        }
        try allows(trigger)
        if let known = try known(press.request, trigger.cameras, shot.trigger, press.author) {
            return Taken(plan: plan, request: known.request, shots: known.shots)
        }
        let pending = try factory.journal.put(shot)
        let (request, shots) = try take(pending)
        return Taken(plan: plan, request: request, shots: shots)
    }

    private func take(_ pending: PendingShot) throws -> (SnapRequest, [SnapAnswer]) {
        var request = SnapRequest(cameras: pending.cameras, by: pending.author)
        request.at = pending.at
        request.links = pending.links
        request.request = pending.request
        request.trigger = pending.trigger
        do {
            let shots = try recorder.snap(request)
            try factory.journal.remove(pending)
            return (request, shots)
        } catch {
            // What a later try cannot mend is over; the rest is tried again at the next start.
            if Self.isFinal(error) { try factory.journal.remove(pending) }
            throw error
        }
    }

    private static func isFinal(_ error: any Error) -> Bool {
        guard let failure = error as? Failure else { return error is SnapFailure }
        switch failure.kind {
        case .invalid, .notFound, .alreadyExists, .refused, .denied, .unsupported, .corrupt,
            .dataLoss:
            return true
        case .fenced, .busy, .full, .readOnly, .unknownOutcome, .stopped, .io: return false
        }
    }

    /// Presses that an earlier process had no time for, once cameras are there. Tells what came of
    /// each.
    package func takeLeft() throws -> [String] {
        let (presses, damaged) = try factory.journal.left()
        var told = damaged
        for pending in presses {
            do {
                _ = try take(pending)
                told.append("the press \(pending.trigger) of \(pending.at) has its picture now")
            } catch {
                told.append("the press \(pending.trigger) of \(pending.at): \(error)")
            }
        }
        return told
    }

    // MARK: Checks

    /// Pictures of the cameras that a check still lacks.
    func take(
        _ state: CheckState, at instant: WallTime?, request id: String, trigger: String,
        by author: Author
    ) throws -> (SnapRequest, [SnapAnswer]) {
        if let known = try known(id, state.cameras, trigger, author) { return known }
        var request = SnapRequest(cameras: state.missing, by: author)
        request.at = instant
        request.links = state.links
        request.request = id
        request.trigger = trigger
        return (request, try recorder.snap(request))
    }

    /// What the same request was answered with before: the log knows it by the cameras' names.
    private func known(
        _ id: String, _ cameras: [String], _ trigger: String, _ author: Author
    ) throws -> (request: SnapRequest, shots: [SnapAnswer])? {
        var shots: [SnapAnswer] = []
        var request = SnapRequest(cameras: [], by: author)
        for (camera, name) in cameras.map({ ($0, "\(id)/\($0)") }) + [(nil, id)] {
            guard let receipt = try recorder.log.receipt(forRequest: name),
                receipt.leaf.kind == .snapshot, let own = receipt.leaf.string("cam"),
                camera == nil || camera == own
            else { continue }
            guard receipt.leaf.string("trig") == trigger else {
                throw Failure(
                    .alreadyExists,
                    "the request id \(id) was used for something else; use a new id for each"
                        + " request")
            }
            request.cameras.append(own)
            shots.append(
                SnapAnswer(
                    camera: own, receipt: receipt, neighbours: [],
                    picture: try recorder.log.payload(of: receipt.id)))
        }
        return shots.isEmpty ? nil : (request, shots)
    }
}
