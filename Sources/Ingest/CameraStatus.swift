package import Base

/// How a camera is, as of now.
package struct CameraStatus: Sendable {
    package enum State: String, Sendable {
        case off, connecting, recording, failed
    }
    package var state = State.off
    /// Since when it is so.
    package var since: WallTime
    /// Why it failed last; nil while it records.
    package var failure: SourceFailure?
    package var format: StreamFormat?
    package var lastFrame: WallTime?
    /// The newest recorded instant while nothing is recorded any more.
    package var gapSince: WallTime?
    package var framesPerSecond: Double = 0
    package var bitsPerSecond: Double = 0
    /// Seconds between key frames: the last one, the longest of late, and whether they vary.
    package var keyInterval: Double?
    package var keyIntervalMax: Double?
    package var clock: CameraClock?
    package var frames: UInt64 = 0
    package var dropped: UInt64 = 0
    package var lastDrop: String?
    package var connections: UInt64 = 0

    package init(since: WallTime) { self.since = since }
}
