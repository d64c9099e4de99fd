package import Base
internal import Linux

/// The machine's clock with a wall clock that a test can set, while the machine's own stays as it
/// is.
package final class SettableClock: Clock {
    private let machine = SystemClock()
    private let shift = Monitor<Int64>(0)

    package init() {}

    package var now: WallTime {
        WallTime(microseconds: machine.now.microseconds + shift.withLock { $0 })
    }
    package var monotonicNanoseconds: UInt64 { machine.monotonicNanoseconds }
    package var trust: ClockTrust { machine.trust }
    package var boot: UInt64 { machine.boot }

    /// Somebody sets the wall clock.
    package func step(seconds: Double) { shift.withLock { $0 += Int64(seconds * 1e6) } }
}
