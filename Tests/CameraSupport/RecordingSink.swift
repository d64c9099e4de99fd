package import Base
package import Ingest
package import Linux

/// Keeps what a source delivers, checks the order of calls, and ends the source when it has enough.
package final class RecordingSink: FrameSink {
    package struct Frame {
        package let time: FrameTime
        package var units: [[UInt8]] = []
        package var isKey = false
        /// When it was handed over whole; monotonic.
        package var ended: UInt64 = 0
        /// Which of `formats` it belongs to.
        package let format: Int
    }

    package private(set) var formats: [StreamFormat] = []
    package private(set) var frames: [Frame] = []
    package private(set) var drops: [String] = []
    package private(set) var traits: [DeviceTraits] = []
    private var open: Frame?
    private let enough: Int
    private let stop: StopSignal
    /// Fails instead of taking this frame.
    package var failsAt = Int.max
    /// Ends as well when this is reached.
    package var dropsEnough = Int.max
    package var formatsEnough = Int.max

    package init(until frames: Int, _ stop: StopSignal) {
        enough = frames
        self.stop = stop
    }

    package func identify(_ traits: DeviceTraits) { self.traits.append(traits) }

    package func begin(_ format: StreamFormat) throws(Failure) {
        precondition(open == nil, "a format comes between frames")
        formats.append(format)
        if formats.count >= formatsEnough { stop.raise() }
    }

    package func startFrame(_ time: FrameTime) throws(Failure) {
        precondition(open == nil && !formats.isEmpty, "frames come after a format, one by one")
        if frames.count == failsAt { throw Failure(.full, "the disk is full; make room") }
        open = Frame(time: time, format: formats.count - 1)
    }

    package func add(_ bytes: Span<UInt8>) throws(Failure) {
        precondition(open != nil && !bytes.isEmpty, "bytes come inside a frame")
        open?.units.append(bytes.array())
    }

    package func endFrame(key: Bool) throws(Failure) {
        guard var frame = open else { preconditionFailure("a frame ends that did not begin") }
        frame.isKey = key
        frame.ended = SystemClock().monotonicNanoseconds
        frames.append(frame)
        open = nil
        if frames.count >= enough { stop.raise() }
    }

    package func dropFrame(_ reason: String) {
        open = nil
        drops.append(reason)
        if drops.count >= dropsEnough { stop.raise() }
    }
}
