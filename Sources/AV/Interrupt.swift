internal import CAV
internal import Glibc

/// What ends a call of libav that waits for the network: somebody's wish to stop, or a deadline.
/// libav asks before it waits and every 100 ms while it does, on the thread that made the call; so
/// this belongs to that thread.
package final class Interrupt {
    private let isStopped: @Sendable () -> Bool
    /// Called when nothing came in for about 100 ms, in the middle of a read.
    package var whenIdle: (() -> Void)?
    private var deadline = UInt64.max
    private var askedAt: UInt64 = 0
    /// Whether the last call ended by the deadline rather than by a wish.
    package private(set) var isOverdue = false

    package init(isStopped: @escaping @Sendable () -> Bool) { self.isStopped = isStopped }

    /// From now on, calls end after so long.
    package func setDeadline(afterMilliseconds milliseconds: Int) {
        isOverdue = false
        deadline = Self.now &+ UInt64(milliseconds) &* 1_000_000
    }

    /// For the last words to a server, which are not worth a long wait.
    func close() {
        whenIdle = nil
        isClosing = true
        setDeadline(afterMilliseconds: 300)
    }
    private var isClosing = false

    /// libav waits in steps of 100 ms; between two questions without a step there is no wait.
    private static let idleNanoseconds: UInt64 = 90_000_000

    func shouldEnd() -> Bool {
        let now = Self.now
        if let whenIdle, askedAt > 0, now &- askedAt >= Self.idleNanoseconds { whenIdle() }
        askedAt = now
        if !isClosing && isStopped() { return true }
        isOverdue = now >= deadline
        return isOverdue
    }

    /// Before a call, so that time spent elsewhere is not taken for silence.
    func begin() { askedAt = 0 }

    private static var now: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// For `AVIOInterruptCB`; whoever hands it over keeps the object alive.
    var callback: AVIOInterruptCB {
        let me = unsafe Unmanaged.passUnretained(self).toOpaque()
        return unsafe AVIOInterruptCB(
            callback: { opaque in
                guard let opaque = unsafe opaque else { return 0 }
                let interrupt = unsafe Unmanaged<Interrupt>.fromOpaque(opaque)
                return unsafe interrupt.takeUnretainedValue().shouldEnd() ? 1 : 0
            }, opaque: me)
    }
}
