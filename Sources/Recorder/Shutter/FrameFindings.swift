internal import Ingest
internal import Linux

/// What was found out about frames lately. Looking at a picture is more than half of what a
/// snapshot costs, and several triggers often want the same frame: who asks while somebody looks
/// waits for what he finds.
final class FrameFindings: Sendable {
    struct Frame: Hashable {
        let camera: String
        let frame: RingFrame
    }

    struct Finding: Hashable {
        let width: Int
        let height: Int
        let flags: [String]
    }

    private static let knownMax = 64

    private struct State {
        var known: [Frame: Finding] = [:]
        /// Of what is known, the oldest first.
        var order: [Frame] = []
        var looking: Set<Frame> = []
    }

    private let state = Monitor(State())

    func finding(of frame: Frame, look: () -> Finding) -> Finding {
        if let known = begin(frame) { return known }
        let found = look()
        state.withLock { state in
            state.looking.remove(frame)
            if state.order.count == Self.knownMax {
                state.known[state.order.removeFirst()] = nil
            }
            state.known[frame] = found
            state.order.append(frame)
        }
        state.broadcast()
        return found
    }

    /// Nil: the caller is the one to look.
    private func begin(_ frame: Frame) -> Finding? {
        state.lock()
        defer { state.unlock() }
        while state.locked.looking.contains(frame) { state.wait() }
        if let known = state.locked.known[frame] { return known }
        state.locked.looking.insert(frame)
        return nil
    }
}
