internal import Base
internal import Ingest
internal import Linux

/// Takes a camera's first frames, to say what it sends. Holds one picture's bytes at a time.
final class ProbeSink: FrameSink {
    private static let bytesMax = 32 << 20

    private let stop: StopSignal
    private let framesMax: Int
    private(set) var format: StreamFormat?
    private(set) var formats = 0
    private(set) var frames = 0
    private(set) var keys: [UInt64] = []
    private(set) var dropped: [String: Int] = [:]
    private(set) var first: FrameTime?
    private(set) var last: FrameTime?
    private(set) var bytes = 0
    /// The newest group of pictures, samples with four-byte lengths; one JPEG for MJPEG.
    private(set) var group: [(bytes: [UInt8], media: Int64)] = []
    private var current: [UInt8] = []
    private var time: FrameTime?

    init(frames: Int, _ stop: StopSignal) {
        framesMax = frames
        self.stop = stop
    }

    func begin(_ format: StreamFormat) throws(Failure) {
        if self.format != format { formats += 1 }
        self.format = format
        group = []
    }

    func startFrame(_ time: FrameTime) throws(Failure) {
        self.time = time
        current.removeAll(keepingCapacity: true)
    }

    func add(_ bytes: Span<UInt8>) throws(Failure) {
        guard current.count + bytes.count <= Self.bytesMax else {
            throw Failure(.invalid, "one frame has more than 32 MB")
        }
        if format?.codec.isIntra == false { current.appendBigEndian(UInt32(bytes.count)) }
        current.append(span: bytes)
    }

    func endFrame(key: Bool) throws(Failure) {
        guard let time, let format else { return }
        let isKey = key || format.codec.isIntra
        if isKey {
            group = []
            if key || keys.isEmpty { keys.append(time.monotonic) }
        }
        if isKey || !group.isEmpty { group.append((current, time.media)) }
        frames += 1
        bytes += current.count
        first = first ?? time
        last = time
        if frames >= framesMax { stop.raise() }
    }

    func dropFrame(_ reason: String) { dropped[reason, default: 0] += 1 }
}
