/// Where time comes from. Tests pass one they can set.
public protocol Clock: AnyObject, Sendable {
    var now: WallTime { get }
    /// Nanoseconds since some fixed instant; never steps.
    var monotonicNanoseconds: UInt64 { get }
    var trust: ClockTrust { get }
    /// Another one for each start of the machine, whose monotonic clocks have nothing in common;
    /// never 0.
    var boot: UInt64 { get }
}

/// What the kernel says of its own clock (`adjtimex`); stands as `clk` in every leaf.
public struct ClockTrust: Hashable, Sendable {
    public let synchronised: Bool
    public let estimatedErrorMicroseconds: Int64
    public let maximumErrorMicroseconds: Int64

    public init(
        synchronised: Bool, estimatedErrorMicroseconds: Int64, maximumErrorMicroseconds: Int64
    ) {
        self.synchronised = synchronised
        self.estimatedErrorMicroseconds = estimatedErrorMicroseconds
        self.maximumErrorMicroseconds = maximumErrorMicroseconds
    }
}
