internal import Linux

/// Wakes one thread that serves many: it is told that there is something to do, not what.
package final class Bell: Sendable {
    private let rung = Monitor(false)

    package init() {}

    package func raise() {
        rung.withLock { $0 = true }
        rung.signal()
    }

    /// Returns when rung, or when the time is over.
    package func wait(milliseconds: Int) {
        rung.lock()
        defer { rung.unlock() }
        if !rung.locked { _ = rung.wait(milliseconds: milliseconds) }
        rung.locked = false
    }
}
