internal import AV
package import Base
internal import JPEG
package import Linux

/// A camera that is not there: `test:h264?size=1280x720&fps=25`. Frame n is captured at start + n /
/// fps, and shows its number (`TestPattern`); `docs/cameras.md` says what can be asked for.
package final class TestSource: Source {
    package struct Options: Hashable, Sendable {
        package var codec = Codec.h264
        package var width = 640
        package var height = 360
        package var framesPerSecond = 25.0
        package var keyInterval: Int?
        package var bFrames = 0
        package var slices = 1
        /// JPEG's, 1...100.
        package var quality = 80
        /// Shown in the pattern.
        package var code: UInt8 = 0
        /// Frames come as fast as they can be made instead of at their times.
        package var isHurried = false
        /// Ends after so many frames.
        package var frames: Int?
        /// Faults: the number of the frame where it hangs, fails, or becomes half as large.
        package var stallsAt: Int?
        package var failsAt: Int?
        package var shrinksAt: Int?

        package init() {}
    }

    package let options: Options
    private let clock: any Clock

    package init(_ options: Options, clock: any Clock = SystemClock()) {
        self.options = options
        self.clock = clock
    }

    package func run(
        into sink: any FrameSink, until stop: StopSignal
    ) throws(SourceFailure) {
        do throws(Failure) {
            switch options.codec {
            case .mjpeg: try runPictures(sink, stop)
            case .h264, .h265: try runVideo(sink, stop)
            }
        } catch {
            throw SourceFailure(
                .disk, at: .firstFrame, error.words, remedy: "see the server's disk and memory")
        }
        if let failsAt = options.failsAt, !stop.isRaised {
            throw SourceFailure(
                .camera, at: .firstFrame, "the test camera failed at frame \(failsAt), as asked",
                remedy: "take `fail` out of its URL")
        }
    }

    /// Waits until frame `number` is due; false when the source is to end before it.
    private func waits(for number: Int, since start: UInt64, _ stop: StopSignal) -> Bool {
        if stop.isRaised || number == options.frames || number == options.failsAt { return false }
        if number == options.stallsAt {
            while !stop.wait(milliseconds: 60_000) {}
            return false
        }
        let due = start + UInt64(media(number)) * 1000
        while !options.isHurried {
            let now = clock.monotonicNanoseconds
            if now >= due { break }
            let milliseconds = Int((due - now + 999_999) / 1_000_000)
            if stop.wait(milliseconds: min(milliseconds, 1000)) { return false }
        }
        return true
    }

    private func media(_ number: Int) -> Int64 {
        Int64(Double(number) * 1_000_000 / options.framesPerSecond)
    }

    /// When a frame was captured by both clocks.
    private func captured(_ number: Int, _ began: Began) -> FrameTime {
        let media = media(number)
        let wall = WallTime(microseconds: began.wall.microseconds + media)
        return FrameTime(
            received: wall, monotonic: began.monotonic + UInt64(media) * 1000, media: media,
            claim: wall)
    }

    private struct Began {
        let wall: WallTime
        let monotonic: UInt64
    }

    private func pattern(at number: Int) -> TestPattern {
        let isSmall = options.shrinksAt.map { number >= $0 } ?? false
        let (width, height) = (options.width, options.height)
        return TestPattern(
            width: isSmall ? max(TestPattern.widthMin, width / 4 * 2) : width,
            height: isSmall ? max(TestPattern.heightMin, height / 4 * 2) : height,
            code: options.code)
    }
}

// MARK: pictures and video

extension TestSource {
    private func runPictures(_ sink: any FrameSink, _ stop: StopSignal) throws(Failure) {
        let began = Began(wall: clock.now, monotonic: clock.monotonicNanoseconds)
        var encoder = try JPEGEncoder()
        var number = 0
        var width = 0
        while waits(for: number, since: began.monotonic, stop) {
            let pattern = pattern(at: number)
            if pattern.width != width {
                width = pattern.width
                try sink.begin(
                    StreamFormat(codec: .mjpeg, width: pattern.width, height: pattern.height))
            }
            let planes = pattern.draw(UInt32(truncatingIfNeeded: number))
            let picture = YUVPicture(
                width: pattern.width, height: pattern.height, subsampling: .yuv420,
                y: planes.y.span, u: planes.u.span, v: planes.v.span,
                strides: (pattern.width, pattern.width / 2, pattern.width / 2), range: .full,
                matrix: .bt601)
            let jpeg = try encoder.encode(picture, quality: options.quality)
            try sink.startFrame(captured(number, began))
            try sink.add(jpeg.span)
            try sink.endFrame(key: true)
            number += 1
        }
    }

    private func runVideo(_ sink: any FrameSink, _ stop: StopSignal) throws(Failure) {
        let began = Began(wall: clock.now, monotonic: clock.monotonicNanoseconds)
        let delivery = FrameDelivery(sink)
        var number = 0
        while true {
            let next = options.shrinksAt.flatMap { number < $0 ? $0 : nil }
            do throws(AVFailure) {
                number = try encode(from: number, to: next, began, delivery, stop)
            } catch { throw error.failure }
            if let failure = delivery.takeFailure() { throw failure }
            guard number == next else { return }
        }
    }

    /// Encodes frames of one size until `end`; returns the number of the next.
    private func encode(
        from first: Int, to end: Int?, _ began: Began, _ delivery: FrameDelivery,
        _ stop: StopSignal
    ) throws(AVFailure) -> Int {
        let pattern = pattern(at: first)
        var settings = Encoder.Settings(
            codec: options.codec, width: pattern.width, height: pattern.height,
            framesPerSecond: options.framesPerSecond,
            keyInterval: options.keyInterval ?? max(1, Int(options.framesPerSecond)))
        settings.bFrames = options.bFrames
        settings.slices = options.slices
        var encoder = try Encoder(settings)
        var packet = Packet()
        var number = first
        while number != end, waits(for: number, since: began.monotonic, stop) {
            let planes = pattern.draw(UInt32(truncatingIfNeeded: number))
            let (y, u, v) = (planes.y, planes.u, planes.v)
            try encoder.send(y: y.span, u: u.span, v: v.span, time: media(number))
            number += 1
            while try encoder.receive(into: &packet) {
                guard deliver(packet, began, delivery) else { return number }
            }
        }
        try encoder.finish()
        while try encoder.receive(into: &packet) {
            guard deliver(packet, began, delivery) else { return number }
        }
        return number
    }

    /// False when the sink did not take it.
    private func deliver(
        _ packet: borrowing Packet, _ began: Began, _ delivery: FrameDelivery
    ) -> Bool {
        let media = packet.presentation ?? 0
        let number = Int((Double(media) * options.framesPerSecond / 1_000_000).rounded())
        let bytes = packet.bytes.array()
        let units = AnnexB.units(in: bytes.span)
        let frame = FrameDelivery.Frame(
            units: units, time: captured(number, began), isKey: packet.isKey)
        return delivery.deliverKeepingFailure(frame, of: bytes, codec: options.codec)
    }
}
