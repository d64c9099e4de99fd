package import Base
internal import Linux

/// A clock that stands still until it is told otherwise.
package final class ManualClock: Clock {
    private struct State {
        var now: WallTime
        var monotonic: UInt64 = 1_000_000_000
        var boot: UInt64 = 1
        var trust = ClockTrust(
            synchronised: true, estimatedErrorMicroseconds: 20, maximumErrorMicroseconds: 500)
    }
    private let state: Monitor<State>

    package init(_ now: WallTime = WallTime(microseconds: 1_790_000_000_000_000)) {
        state = Monitor(State(now: now))
    }

    package var now: WallTime { state.withLock { $0.now } }
    package var monotonicNanoseconds: UInt64 { state.withLock { $0.monotonic } }
    package var boot: UInt64 { state.withLock { $0.boot } }
    package var trust: ClockTrust { state.withLock { $0.trust } }

    /// Time goes by, on both clocks.
    package func advance(seconds: Double) {
        state.withLock { state in
            let microseconds = Int64(seconds * 1e6)
            state.now = WallTime(microseconds: state.now.microseconds + microseconds)
            state.monotonic += UInt64(microseconds) * 1000
        }
    }

    /// Somebody sets the wall clock.
    package func step(seconds: Double) {
        state.withLock { state in
            state.now = WallTime(microseconds: state.now.microseconds + Int64(seconds * 1e6))
        }
    }

    /// The machine is started anew: its monotonic clock begins again.
    package func reboot() {
        state.withLock { state in
            state.boot += 1
            state.monotonic = 5_000_000_000
        }
    }

    package func set(_ trust: ClockTrust) { state.withLock { $0.trust = trust } }
}
