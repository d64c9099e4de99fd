import Base
import Ingest
import Linux

/// Keeps what a source delivers, checks the order of calls, and ends the source when it has enough.
final class RecordingSink: FrameSink {
    struct Frame {
        let time: FrameTime
        var units: [[UInt8]] = []
        var isKey = false
        /// When it was handed over whole; monotonic.
        var ended: UInt64 = 0
        /// Which of `formats` it belongs to.
        let format: Int
    }

    private(set) var formats: [StreamFormat] = []
    private(set) var frames: [Frame] = []
    private(set) var drops: [String] = []
    private var open: Frame?
    private let enough: Int
    private let stop: StopSignal
    /// Fails instead of taking this frame.
    var failsAt = Int.max
    /// Ends as well when this is reached.
    var dropsEnough = Int.max
    var formatsEnough = Int.max

    init(until frames: Int, _ stop: StopSignal) {
        enough = frames
        self.stop = stop
    }

    func begin(_ format: StreamFormat) throws(Failure) {
        precondition(open == nil, "a format comes between frames")
        formats.append(format)
        if formats.count >= formatsEnough { stop.raise() }
    }

    func startFrame(_ time: FrameTime) throws(Failure) {
        precondition(open == nil && !formats.isEmpty, "frames come after a format, one by one")
        if frames.count == failsAt { throw Failure(.full, "the disk is full; make room") }
        open = Frame(time: time, format: formats.count - 1)
    }

    func add(_ bytes: Span<UInt8>) throws(Failure) {
        precondition(open != nil && !bytes.isEmpty, "bytes come inside a frame")
        open?.units.append(bytes.array())
    }

    func endFrame(key: Bool) throws(Failure) {
        guard var frame = open else { preconditionFailure("a frame ends that did not begin") }
        frame.isKey = key
        frame.ended = SystemClock().monotonicNanoseconds
        frames.append(frame)
        open = nil
        if frames.count >= enough { stop.raise() }
    }

    func dropFrame(_ reason: String) {
        open = nil
        drops.append(reason)
        if drops.count >= dropsEnough { stop.raise() }
    }
}
