internal import AV
internal import Base

/// One connection's packets on their way to frames: times, gathering, and whether it still is of
/// any use. Lives on its source's thread.
final class RTSPSession {
    enum Health {
        case good
        case noKey
        /// With what was wrong with the last one.
        case noFrame(String?)
    }

    private let stream: StreamInfo
    private let clock: any Clock
    private let options: RTSPSource.Options
    private let delivery: FrameDelivery
    private var gatherer: FrameGatherer
    private var timeline = Timeline()
    private let began: UInt64
    private var failure: Failure?

    init(
        _ stream: StreamInfo, _ sink: any FrameSink, _ clock: any Clock,
        _ options: RTSPSource.Options
    ) {
        self.stream = stream
        self.clock = clock
        self.options = options
        let codec = stream.codec ?? .h264
        var sets = ParameterSets()
        let units = AnnexB.units(in: stream.extradata.span)
        sets.update(from: units, of: stream.extradata.span, codec: codec)
        delivery = FrameDelivery(sink, sets: sets)
        gatherer = FrameGatherer(codec, delivery)
        began = clock.monotonicNanoseconds
    }

    func take(_ packet: borrowing Packet, lost: Int) throws(Failure) {
        let now = clock.monotonicNanoseconds
        let stamp = packet.presentation
        let time = FrameTime(
            received: clock.now, monotonic: now,
            media: timeline.media(stamp.map { stream.timeBase.microseconds($0) }, monotonic: now),
            claim: packet.senderClock)
        if stream.codec == .mjpeg {
            // rtpdec puts a JPEG together itself and gives up those with holes.
            try delivery.deliver(picture: packet.bytes, time)
        } else {
            try gatherer.add(
                packet.bytes,
                FrameGatherer.Arrival(time: time, stamp: stamp, isAfterLoss: lost > 0))
        }
    }

    /// Called by libav in the middle of a read.
    func pause() {
        guard failure == nil else { return }
        do throws(Failure) { try gatherer.pause() } catch { failure = error }
    }

    func takeFailure() -> Failure? {
        defer { failure = nil }
        return failure
    }

    /// The stream is over; the frame in hand may be cut.
    func finish() throws(Failure) { try gatherer.pause() }

    var hasFrames: Bool { delivery.frames > 0 }

    func health(at now: UInt64) -> Health {
        func passed(_ since: UInt64?, _ milliseconds: Int) -> Bool {
            now &- (since ?? began) > UInt64(milliseconds) * 1_000_000
        }
        if delivery.lastKey == nil, delivery.lastRefusal == nil {
            return passed(nil, options.keyMilliseconds) ? .noKey : .good
        }
        if passed(delivery.lastFrame, options.stallMilliseconds) {
            return .noFrame(delivery.lastRefusal)
        }
        return passed(delivery.lastKey, options.keyMilliseconds) ? .noKey : .good
    }
}

/// A stream's own times, in microseconds, without jumps: where the camera's count jumps away from
/// the time that passed here, the timeline goes on with what passed here.
struct Timeline {
    static let jumpMicroseconds: Int64 = 10_000_000

    private var last: (raw: Int64, monotonic: UInt64)?
    private var offset: Int64 = 0

    /// - raw: nil repeats the last.
    mutating func media(_ raw: Int64?, monotonic: UInt64) -> Int64 {
        guard let raw else { return (last?.raw ?? 0) &+ offset }
        if let last {
            let step = raw &- last.raw
            let passed = Int64(clamping: (monotonic &- last.monotonic) / 1000)
            let jump = step.subtractingReportingOverflow(passed)
            if jump.overflow || jump.partialValue.magnitude > UInt64(Self.jumpMicroseconds) {
                offset = offset &+ passed &- step
            }
        }
        last = (raw, monotonic)
        return raw &+ offset
    }
}
