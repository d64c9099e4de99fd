package import Base
internal import CLinux
internal import Glibc

/// Waits for many sockets at once (`epoll`). Used by one thread; `Doorbell` wakes it from others.
@safe package final class Poller: @unchecked Sendable {
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// In one step: other modules would build a set piece by piece through generic calls, which
        /// took 2 % of a fetch.
        package init(reads: Bool, writes: Bool, and others: Interest) {
            rawValue = (reads ? 1 : 0) | (writes ? 4 : 0) | others.rawValue
        }
        package static var none: Interest { Interest(rawValue: 0) }
        package static let read = Interest(rawValue: 1)
        package static let write = Interest(rawValue: 4)
        /// The other side has gone.
        package static let hangUp = Interest(rawValue: 0x2010)
    }

    package struct Ready: Sendable {
        package let token: UInt64
        package let events: Interest
    }

    private static let readyMax = 256

    private let descriptor: Int32
    private let events: UnsafeMutablePointer<epoll_event>

    package init() throws(Failure) {
        descriptor = try checked("make an epoll") {
            epoll_create1(Int32(bitPattern: UInt32(EPOLL_CLOEXEC)))
        }
        unsafe events = .allocate(capacity: Self.readyMax)
        unsafe events.initialize(repeating: epoll_event(), count: Self.readyMax)
    }

    deinit {
        unsafe events.deallocate()
        close(descriptor)
    }

    package func add(_ socket: StreamSocket, token: UInt64, _ interest: Interest) throws(Failure) {
        try control(EPOLL_CTL_ADD, socket.descriptor, token, interest)
    }
    package func add(_ listener: Listener, token: UInt64) throws(Failure) {
        try control(EPOLL_CTL_ADD, listener.descriptor, token, .read)
    }
    package func add(_ bell: Doorbell, token: UInt64) throws(Failure) {
        try control(EPOLL_CTL_ADD, bell.descriptor, token, .read)
    }
    package func change(
        _ socket: StreamSocket, token: UInt64, _ interest: Interest
    ) throws(Failure) {
        try control(EPOLL_CTL_MOD, socket.descriptor, token, interest)
    }
    package func remove(_ socket: StreamSocket) throws(Failure) {
        try control(EPOLL_CTL_DEL, socket.descriptor, 0, [])
    }
    package func remove(_ listener: Listener) throws(Failure) {
        try control(EPOLL_CTL_DEL, listener.descriptor, 0, [])
    }

    private func control(
        _ operation: Int32, _ target: Int32, _ token: UInt64, _ interest: Interest
    ) throws(Failure) {
        // Who is not read from now is not asked whether it has gone: it would say so for ever.
        let gone = interest.contains(.read) ? UInt32(EPOLLRDHUP.rawValue) : 0
        var event = unsafe epoll_event(
            events: interest.rawValue | gone, data: epoll_data(u64: token))
        _ = try checked("watch a socket") {
            unsafe epoll_ctl(descriptor, operation, target, &event)
        }
    }

    /// As `wait`, but looks again and again for so long before it sleeps; others who want the
    /// processor get it between two looks.
    package func wait(
        awakeFor nanoseconds: UInt64, milliseconds: Int, into ready: inout [Ready]
    ) {
        // Never one that stands still until somebody moves it.
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds + nanoseconds
        repeat {
            wait(milliseconds: 0, into: &ready)
            guard ready.isEmpty else { return }
            sched_yield()
        } while clock.monotonicNanoseconds < end
        wait(milliseconds: milliseconds, into: &ready)
    }

    /// What is ready, in no order; empty when the time ran out.
    package func wait(milliseconds: Int, into ready: inout [Ready]) {
        ready.removeAll(keepingCapacity: true)
        let count = unsafe epoll_wait(
            descriptor, events, Int32(Self.readyMax), Int32(clamping: milliseconds))
        guard count > 0 else { return }
        for i in 0..<Int(count) {
            let event = unsafe events[i]
            let token = unsafe event.data.u64
            let happened = unsafe Interest(rawValue: event.events)
            ready.append(Ready(token: token, events: happened))
        }
    }
}

/// Wakes a thread that waits in a `Poller` (`eventfd`). Any thread may ring.
@safe package final class Doorbell: Sendable {
    let descriptor: Int32

    package init() throws(Failure) {
        descriptor = try checked("make an eventfd") {
            eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        }
    }

    deinit { close(descriptor) }

    package func ring() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    package func silence() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }
}
