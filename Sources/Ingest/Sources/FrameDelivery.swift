internal import AV
internal import Base
internal import JPEG

/// Hands whole frames to a sink: tells it size and parameter sets before the first key frame and
/// whenever they change, and lets nothing pass that could not be decoded. Lives on its source's
/// thread.
final class FrameDelivery {
    struct Frame {
        /// Where its NAL units lie.
        let units: [Range<Int>]
        let time: FrameTime
        let isKey: Bool
    }

    private let sink: any FrameSink
    /// As the stream says now, and as the sink was told.
    private var sets: ParameterSets
    private var toldSets: ParameterSets?
    private var format: StreamFormat?

    private var failure: Failure?

    private(set) var frames = 0
    /// When the last frame, and the last key frame, were delivered; monotonic.
    private(set) var lastFrame: UInt64?
    private(set) var lastKey: UInt64?
    /// Why the last frame that was dropped could not be used.
    private(set) var lastRefusal: String?

    init(_ sink: any FrameSink, sets: ParameterSets = ParameterSets()) {
        self.sink = sink
        self.sets = sets
    }

    /// As the stream's description says, until the stream itself says otherwise.
    var parameterSets: ParameterSets { sets }

    func drop(_ reason: String) {
        lastRefusal = reason
        guard format != nil else { return }
        sink.dropFrame(reason)
    }

    func deliver(_ frame: Frame, of bytes: [UInt8], codec: Codec) throws(Failure) {
        let all = bytes.span
        sets.update(from: frame.units, of: all, codec: codec)
        if frame.isKey, sets != toldSets {
            guard let size = size(of: frame, bytes, codec) else {
                drop(lastRefusal ?? "its size is unknown")
                return
            }
            try tell(
                StreamFormat(
                    codec: codec, width: size.width, height: size.height, parameterSets: sets.all))
            toldSets = sets
        }
        // Before the first key frame there is nothing to decode with.
        guard format != nil else { return }
        try sink.startFrame(frame.time)
        for unit in frame.units { try sink.add(all.extracting(unit)) }
        try end(frame.time, key: frame.isKey)
    }

    /// For callers inside code that throws something else; `takeFailure` gives it back.
    func deliverKeepingFailure(_ frame: Frame, of bytes: [UInt8], codec: Codec) -> Bool {
        do throws(Failure) {
            try deliver(frame, of: bytes, codec: codec)
            return true
        } catch {
            failure = error
            return false
        }
    }

    func takeFailure() -> Failure? {
        defer { failure = nil }
        return failure
    }

    private func size(
        of frame: Frame, _ bytes: [UInt8], _ codec: Codec
    ) -> (width: Int, height: Int)? {
        guard sets.isComplete(for: codec) else {
            lastRefusal = "there are no parameter sets"
            return nil
        }
        let slice = frame.units.first {
            if case .slice = NALUnit.kind(bytes.span.extracting($0), codec: codec) {
                true
            } else {
                false
            }
        }
        guard let slice else { return nil }
        let start = Array(bytes[slice].prefix(64 << 10))
        lastRefusal = "the parameter sets are broken"
        return PictureSize.read(AnnexB.joined(sets.all + [start]), codec: codec)
    }

    /// One JPEG.
    func deliver(picture: Span<UInt8>, _ time: FrameTime) throws(Failure) {
        let header: JPEGHeader
        do throws(Failure) { header = try JPEGHeader(picture) } catch {
            drop("it is no JPEG")
            return
        }
        try tell(StreamFormat(codec: .mjpeg, width: header.width, height: header.height))
        try sink.startFrame(time)
        try sink.add(picture)
        try end(time, key: true)
    }

    private func tell(_ new: StreamFormat) throws(Failure) {
        guard new != format else { return }
        try sink.begin(new)
        format = new
    }

    private func end(_ time: FrameTime, key: Bool) throws(Failure) {
        try sink.endFrame(key: key)
        frames += 1
        lastFrame = time.monotonic
        if key { lastKey = time.monotonic }
    }
}
