/// When a frame was, by every clock that has a say.
public struct FrameTime: Hashable, Sendable {
    /// The server's clock when the frame's first byte came in; for USB, the driver's own instant of
    /// exposure on that clock. What is recorded is read again from `monotonic`: see `read(by:)`.
    public let received: WallTime
    /// The same instant, monotonic, in nanoseconds.
    public let monotonic: UInt64
    /// Presentation time on the source's own timeline, in microseconds from anywhere. With
    /// B-frames its order is not the order of arrival.
    public let media: Int64
    /// What the camera's own clock claims (RTCP sender report, HTTP date); nil when it is silent.
    public let claim: WallTime?

    public init(received: WallTime, monotonic: UInt64, media: Int64, claim: WallTime? = nil) {
        self.received = received
        self.monotonic = monotonic
        self.media = media
        self.claim = claim
    }

    /// The same, received by a clock that is set so: within one setting frames keep their order and
    /// their distances, whatever happens to the wall clock meanwhile.
    public func read(by setting: ClockSetting) -> FrameTime {
        FrameTime(
            received: setting.wall(monotonic), monotonic: monotonic, media: media, claim: claim)
    }
}
