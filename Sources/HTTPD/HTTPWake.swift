internal import CHTTPD
internal import Glibc

/// Wakes the server's thread (`eventfd`). The daemon could not: it has a way to be woken only when
/// it has a thread of its own, and without one an answer that comes later would wait until a
/// client sends something, or the turn is over.
final class HTTPWake: Sendable {
    private let descriptor: Int32

    /// Nil when the process has no descriptor left.
    init?() {
        let descriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Any thread may call it at any time.
    func signal() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Returns when the daemon has something to do, somebody has signalled, or the time is over.
    func wait(or daemon: Int32, milliseconds: Int32) {
        var both = [
            pollfd(fd: daemon, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard unsafe poll(&both, 2, milliseconds) > 0, both[1].revents != 0 else { return }
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
