internal import Linux

/// Two requests with the same id take turns, so that the second finds the first one's answer.
final class RequestTurns: Sendable {
    private let taken = Monitor<Set<String>>([])

    func begin(_ request: String?) {
        guard let request else { return }
        taken.lock()
        defer { taken.unlock() }
        while taken.locked.contains(request) { taken.wait() }
        taken.locked.insert(request)
    }

    func end(_ request: String?) {
        guard let request else { return }
        taken.withLock { _ = $0.remove(request) }
        taken.broadcast()
    }
}
