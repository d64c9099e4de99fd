/// How the wall clock is set: what it shows minus what the monotonic clock of this boot counts. As
/// long as nobody sets the clock, that is one number.
public struct ClockSetting: Hashable, Sendable {
    /// A difference beyond this means that somebody set the clock. A smaller step goes unnoticed,
    /// and instants are wrong by no more than that: less than a frame, as a rule.
    public static let stepMicroseconds: Int64 = 20_000

    /// Tells apart the monotonic clocks of two boots; 0: nobody knows which one it was.
    public var boot: UInt64
    /// Wall minus monotonic clock, in microseconds.
    public var offset: Int64

    public init(boot: UInt64, offset: Int64) {
        self.boot = boot
        self.offset = offset
    }

    public static let unknown = ClockSetting(boot: 0, offset: 0)

    /// What the wall clock, set like this, shows at a moment of the monotonic clock.
    public func wall(_ monotonicNanoseconds: UInt64) -> WallTime {
        WallTime(microseconds: Int64(monotonicNanoseconds / 1000) &+ offset)
    }

    /// By how much the clock was set between an earlier setting and this one; nil when the two
    /// cannot be compared, because the machine was started anew in between.
    public func moved(since earlier: ClockSetting) -> Int64? {
        guard boot != 0, boot == earlier.boot else { return nil }
        return offset &- earlier.offset
    }

    /// Whether it is the same setting, as well as that can be read.
    public func isSame(as other: ClockSetting) -> Bool {
        moved(since: other).map { abs($0) <= Self.stepMicroseconds } ?? false
    }
}

/// An instant, and how the clock was set that it was read from.
public struct Moment: Hashable, Sendable {
    public var instant: WallTime
    public var setting: ClockSetting

    public init(_ instant: WallTime, _ setting: ClockSetting) {
        self.instant = instant
        self.setting = setting
    }

    /// What a clock that is set otherwise would have shown; nil when nobody can know.
    public func read(by other: ClockSetting) -> WallTime? {
        other.moved(since: setting).map { WallTime(microseconds: instant.microseconds &+ $0) }
    }
}
