internal import CLinux
internal import Glibc
internal import Synchronization

/// Told once, seen by everybody: a flag to test, and a descriptor to wait on beside a device or a
/// socket.
package final class StopSignal: Sendable {
    private let raised = Atomic(false)
    /// An eventfd that stays readable once raised.
    package let descriptor: Int32

    package init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC))
        precondition(descriptor >= 0, "the system has no descriptor left to give (errno \(errno))")
    }

    deinit { close(descriptor) }

    package var isRaised: Bool { raised.load(ordering: .acquiring) }

    package func raise() {
        raised.store(true, ordering: .releasing)
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Sleeps unless raised; true when it was.
    @discardableResult
    package func wait(milliseconds: Int) -> Bool {
        if isRaised { return true }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, Int32(clamping: milliseconds))
        return isRaised
    }
}
