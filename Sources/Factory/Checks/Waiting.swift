internal import Base
internal import Evidence
internal import EvidenceFormat
internal import Linux

/// Checks that were reached and still lack pictures: what a press at their work centre is for.
extension Factory {
    /// A check that was left alone for so long is not what somebody at the bench means.
    package static let waitingSeconds: Int64 = 12 * 3600
    static let waitingMax = 4096

    struct WaitingCheck: Sendable {
        let check: String
        let centre: String
        let reached: WallTime
    }

    /// At the start: those of the last hours, from the log.
    func findWaiting() throws(Failure) {
        let from = clock.now.adding(seconds: -Self.waitingSeconds)
        var last: (index: UInt64, leaf: Leaf)?
        while true {
            let page = try log.leaves(.check, from: from, after: last, limit: 1000)
            for (_, leaf) in page {
                guard let check = leaf.links.first(where: { $0.link.kind == Link.checkKind })
                else { continue }
                wait(for: try CheckState(check.link.value, log))
            }
            guard page.count == 1000 else { return }
            last = page.last
        }
    }

    package func wait(for state: CheckState) {
        guard let centre = state.opening?.string("centre"),
            let reached = state.opening?.time("t")
        else { return }
        waiting.withLock { waiting in
            waiting.removeAll { $0.check.hasSameBytes(as: state.check) }
            guard state.stage == .open else { return }
            if waiting.count == Self.waitingMax { waiting.removeFirst() }
            waiting.append(WaitingCheck(check: state.check, centre: centre, reached: reached))
        }
    }

    /// The check that a press of this trigger is for: of those at the centre that still want a
    /// picture of one of its cameras, the one that was reached last before.
    func waitingCheck(
        at centre: String, for cameras: [String], before instant: WallTime
    ) throws(Failure) -> CheckState? {
        let oldest = instant.adding(seconds: -Self.waitingSeconds)
        let candidates = waiting.withLock { $0 }.filter {
            $0.centre == centre && $0.reached >= oldest && $0.reached <= instant
        }
        for candidate in candidates.sorted(by: { $0.reached > $1.reached }) {
            let state = try CheckState(candidate.check, log)
            wait(for: state)
            if state.stage == .open, !Set(state.missing).isDisjoint(with: cameras) { return state }
        }
        return nil
    }
}
