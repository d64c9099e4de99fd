internal import CLinux
package import Base
internal import Glibc

/// The kernel's clocks.
package final class SystemClock: Clock {
    package init() {}

    package var now: WallTime {
        var time = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package var monotonicNanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    package var boot: UInt64 { Self.bootID }

    /// Of `/proc/sys/kernel/random/boot_id`. Where there is none, this process is all that is known
    /// to have the same monotonic clock.
    private static let bootID: UInt64 = {
        let digits = (ProcText.read("/proc/sys/kernel/random/boot_id") ?? "").filter(\.isHexDigit)
        let id = UInt64(digits.prefix(16), radix: 16) ?? 0
        return id == 0 ? UInt64.random(in: 1...UInt64.max) : id
    }()

    /// `adjtimex` with no change asked for; a kernel that will not say counts as not synchronised.
    package var trust: ClockTrust {
        var answer = timex()
        let state = unsafe adjtimex(&answer)
        return ClockTrust(
            synchronised: state >= 0 && state != TIME_ERROR && answer.status & STA_UNSYNC == 0,
            estimatedErrorMicroseconds: Int64(answer.esterror),
            maximumErrorMicroseconds: Int64(answer.maxerror))
    }
}
