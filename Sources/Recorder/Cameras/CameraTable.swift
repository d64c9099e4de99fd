internal import Base
internal import Linux

/// The cameras at work. One that is being changed keeps its place: it is busy, not lost.
final class CameraTable: Sendable {
    private struct State {
        var cameras: [String: Camera] = [:]
        /// They are added, changed or removed just now.
        var changing: Set<String> = []
    }
    private let state = Monitor(State())

    static func busy(_ id: String) -> Failure {
        Failure(.busy, "camera \(id) is being changed just now; ask again in a moment")
    }

    /// Nil when none has this id; `.busy` while it is changed, after waiting so long for the end of
    /// that.
    func camera(_ id: String, patienceMilliseconds: Int) throws(Failure) -> Camera? {
        let clock = SystemClock()
        let until = clock.monotonicNanoseconds + UInt64(patienceMilliseconds) * 1_000_000
        state.lock()
        defer { state.unlock() }
        while state.locked.changing.contains(id) {
            let now = clock.monotonicNanoseconds
            guard now < until else { throw Self.busy(id) }
            _ = state.wait(milliseconds: Int((until - now) / 1_000_000) + 1)
        }
        return state.locked.cameras[id]
    }

    /// Also those that are being changed, as they were before.
    var all: [Camera] {
        state.withLock { $0.cameras.values.sorted { $0.id < $1.id } }
    }

    var settled: [Camera] {
        state.withLock { state in
            state.cameras.values.filter { !state.changing.contains($0.id) }
        }
    }

    subscript(_ id: String) -> Camera? { state.withLock { $0.cameras[id] } }

    /// Whether it is the one of its id, and not being changed.
    func isThere(_ camera: Camera) -> Bool {
        state.withLock { state in
            state.cameras[camera.id] === camera && !state.changing.contains(camera.id)
        }
    }

    func put(_ camera: Camera) { state.withLock { $0.cameras[camera.id] = camera } }

    @discardableResult
    func take(_ id: String) -> Camera? { state.withLock { $0.cameras.removeValue(forKey: id) } }

    func begin(_ ids: [String]) { state.withLock { $0.changing.formUnion(ids) } }

    func end(_ ids: [String]) {
        state.withLock { $0.changing.subtract(ids) }
        state.broadcast()
    }
}
