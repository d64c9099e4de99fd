internal import AV
internal import Base
internal import V4L2

/// Passes the frames of one USB camera to a sink, in whatever way its format asks for. Lives on its
/// source's thread.
final class USBIntake {
    private enum Way {
        case asItIs(JPEGIntake)
        case units
        case encode
    }

    /// Lost frames are reported one by one, up to here; after a long sleep the driver counts
    /// thousands.
    private static let lostMax: UInt32 = 30
    /// An age beyond this is not one: the driver's clock is another than it says.
    private static let ageMax: UInt64 = 10_000_000_000

    private let sink: any FrameSink
    private let clock: any Clock
    private let mode: Mode
    private let way: Way
    private var raw: RawPicture?
    private var gatherer: FrameGatherer
    private let delivery: FrameDelivery
    private var lastSequence: UInt32?
    private var hasBegun = false
    private(set) var wholeCount = 0
    private(set) var brokenInARow = 0
    private(set) var lastDrop = ""

    init(
        _ mode: Mode, bytesPerLine: Int, quality: Int, _ sink: any FrameSink, _ clock: any Clock
    ) throws(Failure) {
        self.mode = mode
        self.sink = sink
        self.clock = clock
        delivery = FrameDelivery(sink)
        gatherer = FrameGatherer(.h264, delivery)
        if mode.format.isJPEG {
            way = .asItIs(JPEGIntake(sink))
        } else if mode.format == .h264 {
            way = .units
        } else {
            way = .encode
            raw = try RawPicture(mode, bytesPerLine: bytesPerLine, quality: quality)
        }
    }

    func take(_ frame: CapturedFrame, _ bytes: Span<UInt8>) throws(Failure) {
        let isAfterLoss = countLost(frame.sequence)
        guard !frame.isDamaged else { return drop("damaged on the way") }
        guard !bytes.isEmpty else { return drop("empty") }
        let time = time(of: frame)
        switch way {
        case .asItIs(let intake):
            intake.start(time)
            try intake.add(bytes)
            if try intake.end() { return isWhole() }
            lastDrop = intake.lastDrop
            brokenInARow += 1
        case .units:
            let before = delivery.frames
            try gatherer.add(
                bytes, FrameGatherer.Arrival(time: time, stamp: nil, isAfterLoss: isAfterLoss))
            try gatherer.end()
            if delivery.frames > before { isWhole() }
        case .encode: try encode(bytes, time)
        }
    }

    private func encode(_ bytes: Span<UInt8>, _ time: FrameTime) throws(Failure) {
        guard bytes.count >= raw?.byteCount ?? 0 else {
            return drop("cut off after \(bytes.count) bytes")
        }
        guard let picture = try raw?.encoded(bytes) else { return drop("not encoded") }
        if !hasBegun {
            try sink.begin(StreamFormat(codec: .mjpeg, width: mode.width, height: mode.height))
            hasBegun = true
        }
        try sink.startFrame(time)
        try sink.add(picture.span)
        try sink.endFrame(key: true)
        isWhole()
    }

    private func isWhole() {
        wholeCount += 1
        brokenInARow = 0
    }

    private func drop(_ reason: String) {
        lastDrop = reason
        brokenInARow += 1
        sink.dropFrame(reason)
    }

    /// True when frames are missing before this one. What the camera itself left out makes no gap
    /// in the numbers and shows in the times only.
    private func countLost(_ sequence: UInt32) -> Bool {
        defer { lastSequence = sequence }
        guard let lastSequence else { return false }
        let lost = sequence &- lastSequence &- 1
        // Counting backwards is a driver that began anew.
        guard lost > 0, lost < UInt32.max / 2 else { return false }
        for _ in 0..<min(lost, Self.lostMax) { sink.dropFrame("lost by the driver") }
        return true
    }

    /// The driver's instant of exposure, where it has one on our clock.
    private func time(of frame: CapturedFrame) -> FrameTime {
        let now = clock.monotonicNanoseconds
        var instant = now
        if let claimed = frame.monotonic, claimed <= now, now - claimed < Self.ageMax {
            instant = claimed
        }
        let age = Int64((now - instant) / 1000)
        return FrameTime(
            received: WallTime(microseconds: clock.now.microseconds - age), monotonic: instant,
            media: Int64(instant / 1000))
    }
}
