internal import CLinux
package import Base
internal import Glibc

/// One open input device (`evdev`): its keys with the kernel's instant of each. Owns the
/// descriptor; one thread.
package final class InputReader {
    package enum Event: Hashable, Sendable {
        /// Repeats of a key that is held down are left out.
        case key(UInt16, isDown: Bool, at: WallTime)
        /// The kernel had no room for some.
        case lost
    }

    private static let readMax = 64

    private let descriptor: Int32
    private let clock = SystemClock()
    private let what: String

    /// - grab: nobody else of this machine hears the device from now on.
    package init(node: String, grab: Bool) throws(Failure) {
        what = node
        do throws(Failure) {
            descriptor = try checked("open \(node)") {
                unsafe proofreel_open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0)
            }
        } catch {
            guard error.kind == .readOnly else { throw error }
            throw Failure(
                .readOnly,
                "the server may not read \(node); put its user into the group that may, which is"
                    + " input on Debian, and start it again")
        }
        // Instants of the clock that nobody sets.
        guard proofreel_input_clock(descriptor, CLOCK_MONOTONIC) == 0 else {
            // All is initialised, so `deinit` closes it; a second close would hit somebody else's.
            throw Failure(errno: errno, "ask \(node) for its clock; is it an input device?")
        }
        guard !grab || proofreel_input_grab(descriptor) == 0 else {
            throw Failure(errno: errno, "have \(node) alone; another program has it")
        }
    }

    deinit { close(descriptor) }

    /// Waits for keys, for `stop`, or until the time is over; throws when the device is gone.
    package func next(until stop: StopSignal, milliseconds: Int) throws(Failure) -> [Event] {
        var entries = (
            pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        )
        _ = unsafe withUnsafeMutableBytes(of: &entries) { bytes in
            unsafe poll(
                bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2,
                Int32(clamping: milliseconds))
        }
        guard !stop.isRaised, entries.1.revents != 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: Self.readMax * Self.eventBytes)
        let count = unsafe read(descriptor, &bytes, bytes.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        guard count > 0 else { throw Failure(errno: count < 0 ? errno : ENODEV, "read \(what)") }
        let (wall, monotonic) = (clock.now, clock.monotonicNanoseconds)
        return Self.events(bytes.span.extracting(0..<count)) { instant in
            WallTime(microseconds: wall.microseconds - (Int64(monotonic / 1000) - instant))
        }
    }

    // MARK: Bytes

    /// `struct input_event` of 64-bit kernels: two words of time, type, code, value.
    package static let eventBytes = 24

    /// - wall: from microseconds of the device's clock.
    package static func events(
        _ bytes: Span<UInt8>, _ wall: (Int64) -> WallTime
    ) -> [Event] {
        var events: [Event] = []
        for at in stride(from: 0, through: bytes.count - eventBytes, by: eventBytes) {
            func word(_ offset: Int, _ count: Int) -> UInt64 {
                var value: UInt64 = 0
                for i in 0..<count { value |= UInt64(bytes[at + offset + i]) << UInt64(8 * i) }
                return value
            }
            let (type, code) = (word(16, 2), UInt16(word(18, 2)))
            if type == 0, code == 3 { events.append(.lost) }
            let value = word(20, 4)
            guard type == 1, value < 2 else { continue }
            let microseconds =
                Int64(bitPattern: word(0, 8)) &* 1_000_000 &+ Int64(bitPattern: word(8, 8))
            events.append(.key(code, isDown: value == 1, at: wall(microseconds)))
        }
        return events
    }
}
