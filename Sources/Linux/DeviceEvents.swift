internal import CLinux
package import Base
internal import Glibc

/// What the kernel (at once) and udev (when names and permissions are set) say of devices that come
/// and go, by netlink. Owns the socket; one thread.
package final class DeviceEvents {
    package enum Event: Hashable, Sendable {
        /// Something of the subsystem came, went or changed.
        case changed
        /// Events were lost: look at everything again.
        case lost
    }

    private static let eventBytesMax = 16 << 10
    private static let kernelGroup: UInt32 = 1
    private static let udevGroup: UInt32 = 2

    package let descriptor: Int32
    private let wanted: [UInt8]
    private var buffer = [UInt8](repeating: 0, count: eventBytesMax)

    /// - subsystem: as in sysfs, such as `video4linux`.
    package init(subsystem: String) throws(Failure) {
        wanted = Array("SUBSYSTEM=\(subsystem)\0".utf8)
        descriptor = proofreel_device_events(Self.kernelGroup | Self.udevGroup)
        guard descriptor >= 0 else {
            throw Failure(errno: -descriptor, "listen to device events")
        }
    }

    deinit { close(descriptor) }

    /// Waits for an event of the subsystem, for `stop`, or until the time is over; nil for the
    /// latter two.
    package func wait(until stop: StopSignal, milliseconds: Int) -> Event? {
        let clock = SystemClock()
        let end = clock.monotonicNanoseconds + UInt64(max(0, milliseconds)) * 1_000_000
        while true {
            let now = clock.monotonicNanoseconds
            guard now < end, waitOnce(stop, milliseconds: Int((end - now) / 1_000_000) + 1) else {
                return nil
            }
            var event: Event?
            // One device makes a dozen events; all that are there are one change.
            while let next = read() { event = event == .lost ? .lost : next ?? event }
            if let event { return event }
        }
    }

    private func waitOnce(_ stop: StopSignal, milliseconds: Int) -> Bool {
        var entries = (
            pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        )
        _ = unsafe withUnsafeMutableBytes(of: &entries) { bytes in
            unsafe poll(
                bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2,
                Int32(clamping: milliseconds))
        }
        return !stop.isRaised && entries.0.revents == 0
    }

    /// Nil: no more. Inner nil: one that is of no interest.
    private func read() -> Event?? {
        let count = unsafe proofreel_next_device_event(descriptor, &buffer, buffer.count)
        if count == -Int(ENOBUFS) { return .some(.lost) }
        if count < 0 { return .none }
        return .some(Self.contains(buffer, count, wanted) ? .changed : nil)
    }

    /// Both senders write `NAME=value` with zeros between; udev puts a binary header before.
    static func contains(_ event: [UInt8], _ count: Int, _ wanted: [UInt8]) -> Bool {
        guard count >= wanted.count else { return false }
        var at = 0
        while at + wanted.count <= count {
            var length = 0
            while length < wanted.count, event[at + length] == wanted[length] { length += 1 }
            if length == wanted.count { return true }
            at += 1
        }
        return false
    }
}
