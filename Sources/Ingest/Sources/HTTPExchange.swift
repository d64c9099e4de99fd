internal import Base
internal import FragmentFormat
internal import HTTPClient
internal import Linux

/// What comes back from an HTTP camera: decides by the answer's header what it is, cuts it into
/// pictures and watches that they keep coming. One for all exchanges of a source, on its thread.
final class HTTPExchange: HTTPReceiver {
    private enum Mode {
        case undecided, still
        case stream(MultipartParser)
    }

    private let sink: any FrameSink
    private let intake: JPEGIntake
    private let clock: any Clock
    private let stop: StopSignal
    private let options: HTTPSource.Options
    private var mode = Mode.undecided
    private var head: HTTPHead?
    private var partHeader = PartHeader()
    private var hasClosed = false
    private var isIdentified = false
    /// When the last whole picture came, or the source began.
    private var lastWhole: UInt64
    private(set) var isStill = false
    /// Why the source is to fail, once it is.
    private(set) var verdict: SourceFailure?

    init(
        _ sink: any FrameSink, clock: any Clock, stop: StopSignal, options: HTTPSource.Options
    ) {
        self.sink = sink
        intake = JPEGIntake(sink)
        self.clock = clock
        self.stop = stop
        self.options = options
        lastWhole = clock.monotonicNanoseconds
    }

    var wholeCount: Int { intake.wholeCount }
    var wakeDescriptor: Int32? { stop.descriptor }

    /// Before each exchange.
    func begin() {
        mode = .undecided
        head = nil
        hasClosed = false
    }

    // MARK: - HTTPReceiver

    func answered(_ head: HTTPHead) throws(Failure) {
        self.head = head
        identify(head)
        let type = head.mediaType
        if type.hasPrefix("multipart/") {
            guard options.shape != .stills else { throw wrongShape("a stream of pictures") }
            mode = .stream(MultipartParser(boundary: head.parameter("boundary")))
            isStill = false
            return
        }
        // Small cameras call a picture anything, or nothing at all.
        guard
            ["image/jpeg", "image/jpg", "image/pjpeg", "application/octet-stream", ""].contains(
                type)
        else { return try notAPicture(type) }
        guard options.shape != .stream else { throw wrongShape("single pictures") }
        mode = .still
        isStill = true
        if head.contentLength ?? 0 > JPEGIntake.pictureBytesMax { try tooLarge() }
    }

    /// A still is an exchange of its own; the device behind them is asked for once.
    private func identify(_ head: HTTPHead) {
        guard !isIdentified else { return }
        isIdentified = true
        let bare = DeviceTraits(name: head.server)
        sink.identify(options.host.map { .network($0, name: head.server) } ?? bare)
    }

    func received(_ bytes: Span<UInt8>) throws(Failure) {
        switch mode {
        case .undecided: break
        case .still:
            if !intake.isInPicture { intake.start(time(claim: head?.date)) }
            try intake.add(bytes)
            if intake.pictureByteCount > JPEGIntake.pictureBytesMax { try tooLarge() }
        case .stream(var parser):
            // Moved out and back, so that it is never copied.
            mode = .undecided
            defer { mode = .stream(parser) }
            var position = 0
            while try step(&parser, bytes, &position) {}
        }
    }

    func checkpoint() throws(Failure) {
        if stop.isRaised { throw Failure(.stopped, "told to stop") }
        // Before the header the client has better words.
        guard head != nil else { return }
        judge()
        if let verdict { throw Failure(.stopped, verdict.words) }
    }

    // MARK: - Pictures

    /// The exchange ended as HTTP should.
    func finish() {
        do throws(Failure) {
            switch mode {
            case .undecided: break
            case .still:
                if !intake.isInPicture { intake.start(time(claim: head?.date)) }
                try endPicture()
            case .stream:
                try endPicture()
                if !hasClosed { throw fail(closed) }
            }
        } catch {
            verdict = verdict ?? SourceFailure(storing: error)
        }
    }

    /// The exchange broke off. A picture with its end marker is whole all the same: the length that
    /// the camera gave was wrong.
    func breakOff() {
        guard intake.isInPicture else { return }
        do throws(Failure) {
            if intake.isWhole { try endPicture() } else { intake.drop("broken off") }
        } catch {
            verdict = verdict ?? SourceFailure(storing: error)
        }
    }

    /// Sets the verdict if good pictures have stopped coming.
    func judge() {
        if intake.droppedInARow >= options.brokenInARowMax { verdict = verdict ?? onlyBroken }
        let silence = (clock.monotonicNanoseconds - lastWhole) / 1_000_000
        guard silence > UInt64(options.stallMilliseconds) else { return }
        if intake.droppedInARow > 0 { verdict = verdict ?? onlyBroken }
        if intake.isInPicture { intake.drop("not finished in time") }
        verdict =
            verdict
            ?? SourceFailure(
                .camera, at: .firstFrame,
                "the camera answers, but no whole picture has come for "
                    + "\(options.stallMilliseconds / 1000) s",
                remedy: "restart the camera; if it stays, lower its picture size or rate")
    }

    private func time(claim: WallTime?) -> FrameTime {
        let monotonic = clock.monotonicNanoseconds
        return FrameTime(
            received: clock.now, monotonic: monotonic, media: Int64(monotonic / 1000),
            claim: claim)
    }

    /// One event of the stream; false when the input is used up.
    private func step(
        _ parser: inout MultipartParser, _ bytes: Span<UInt8>, _ position: inout Int
    ) throws(Failure) -> Bool {
        switch parser.next(bytes, &position) {
        case .needsMore: return false
        case .partBegan(let header):
            partHeader = header
            if header.contentLength ?? 0 > JPEGIntake.pictureBytesMax { try tooLarge() }
            hasPartTime = false
        case .body(let range): try add(bytes.extracting(range))
        case .heldBody(let range):
            let held = parser.held
            try add(held.span.extracting(range))
        case .partEnded:
            if !hasPartTime { startPart() }
            try endPicture()
        case .ended:
            hasClosed = true
            return false
        case .failed(let words):
            throw fail(
                SourceFailure(
                    .camera, at: .codec, "the camera's stream is no series of pictures: \(words)",
                    remedy: "look in the camera's manual for the path of its MJPEG stream"))
        }
        return true
    }

    /// Whether the part in hand has been given its time, and with it a picture.
    private var hasPartTime = false

    private func startPart() {
        hasPartTime = true
        intake.start(time(claim: partHeader.timestamp ?? head?.date))
    }

    private func add(_ bytes: Span<UInt8>) throws(Failure) {
        if !hasPartTime { startPart() }
        guard intake.isInPicture else { return }
        try intake.add(bytes)
        // Whole, and as long as it said, if it said so: there is no need to wait for the next
        // boundary, which may come only with the next picture.
        let length = partHeader.contentLength ?? intake.pictureByteCount
        if intake.isWhole, intake.pictureByteCount == length { try endPicture() }
        if intake.pictureByteCount > 2 * JPEGIntake.pictureBytesMax { try tooLarge() }
    }

    private func endPicture() throws(Failure) {
        guard intake.isInPicture else { return }
        if try intake.end() {
            lastWhole = clock.monotonicNanoseconds
        } else {
            judge()
            if let verdict { throw Failure(.stopped, verdict.words) }
        }
    }

    // MARK: - Verdicts

    private func fail(_ verdict: SourceFailure) -> Failure {
        if intake.isInPicture { intake.drop("given up") }
        self.verdict = self.verdict ?? verdict
        return Failure(.stopped, verdict.words)
    }

    private var closed: SourceFailure {
        SourceFailure(
            .camera, at: .firstFrame,
            "the camera closed the stream after \(intake.wholeCount) pictures",
            remedy: "nothing to do if it comes back; else look at how many viewers it allows")
    }

    private var onlyBroken: SourceFailure {
        SourceFailure(
            .camera, at: .codec,
            "\(intake.droppedInARow) pictures in a row cannot be used (the last one: "
                + "\(intake.lastDrop))",
            remedy: "restart the camera; if it stays, check its cable and its picture settings")
    }

    private func tooLarge() throws(Failure) {
        if intake.isInPicture { intake.drop("too large") }
        throw fail(
            SourceFailure(
                .camera, at: .codec,
                "the camera announces a picture of more than \(JPEGIntake.pictureBytesMax >> 20) "
                    + "MiB",
                remedy: "set a smaller picture size in the camera"))
    }

    private func wrongShape(_ found: String) -> Failure {
        fail(
            SourceFailure(
                .configuration, at: .path, "this path gives \(found)",
                remedy: "leave the kind of source open, or give the other path"))
    }

    /// From a camera that has given pictures, a page is a hiccup.
    private func notAPicture(_ type: String) throws(Failure) {
        if intake.wholeCount > 0, isStill {
            intake.start(time(claim: head?.date))
            intake.drop("\(type) instead of a picture")
            return
        }
        throw fail(
            SourceFailure(
                .configuration, at: .codec, "this path gives \(type), not a picture",
                remedy: "look in the camera's manual for the path of its JPEG or MJPEG pictures"))
    }
}
