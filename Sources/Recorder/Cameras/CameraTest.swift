package import Base
internal import FragmentFormat
package import Ingest
internal import Linux

/// Finds out, rung by rung, how far a camera can be reached and what it sends: one plain sentence
/// for each, and what to do about the one that does not hold.
package struct CameraTest: Sendable {
    package static let rungNames: [Rung: String] = [
        .address: "address", .route: "network", .port: "port", .reply: "reply", .login: "log-in",
        .path: "path", .codec: "codec", .firstFrame: "picture", .keyframes: "key frames",
        .clock: "clock",
    ]

    package struct Outcome: Sendable {
        package var steps: [Ladder.Step] = []
        /// What the camera shows; nil when it did not come so far.
        package var picture: [UInt8]?
        package var works: Bool { steps.allSatisfy(\.holds) && picture != nil }
    }

    private let url: CameraURL
    private let settings: [String: String]
    private let clock: any Clock
    private let seconds: Int

    /// `url` with its credentials; they are in no sentence.
    package init(
        _ url: CameraURL, _ settings: [String: String] = [:], clock: any Clock, seconds: Int = 12
    ) {
        self.url = url
        self.settings = settings
        self.clock = clock
        self.seconds = seconds
    }

    /// Tells of each rung as soon as it is known.
    package func run(_ tell: (Ladder.Step) -> Void) -> Outcome {
        var outcome = Outcome()
        func add(_ step: Ladder.Step) {
            outcome.steps.append(step)
            tell(step)
        }
        let stop = StopSignal()
        if url.scheme.isNetwork, let port = url.port ?? url.scheme.defaultPort {
            for step in Ladder(host: url.host, port: UInt16(clamping: port)).climb(until: stop) {
                add(step)
            }
            guard outcome.steps.allSatisfy(\.holds) else { return outcome }
        }
        let sink = ProbeSink(frames: 120, stop)
        let timer = Thread(name: "camera-test") { [seconds] in
            stop.wait(milliseconds: seconds * 1000)
            stop.raise()
        }
        var failure: SourceFailure?
        do throws(SourceFailure) {
            try SourceMaker.make(url, settings, clock: clock).run(into: sink, until: stop)
        } catch {
            failure = error
        }
        stop.raise()
        timer.join()
        for step in climbed(sink, failure) { add(step) }
        if let format = sink.format, sink.frames > 0 {
            do throws(Failure) {
                outcome.picture = try Self.picture(format, sink.group)
            } catch {
                add(
                    Ladder.Step(
                        .firstFrame, holds: false, "its pictures cannot be decoded: \(error.words)",
                        remedy: "choose another codec on the camera, such as H.264"))
            }
        }
        return outcome
    }

    private func climbed(_ sink: ProbeSink, _ failure: SourceFailure?) -> [Ladder.Step] {
        guard let format = sink.format, sink.frames > 0 else {
            guard let failure else {
                return [
                    Ladder.Step(
                        .firstFrame, holds: false, "no picture came within \(seconds) s",
                        remedy: "look whether the camera shows one in its own page or program")
                ]
            }
            return [
                Ladder.Step(failure.rung, holds: false, failure.words, remedy: failure.remedy)
            ]
        }
        var steps = [
            Ladder.Step(
                .codec, holds: true,
                "it sends \(format.codec.rawValue) at \(format.width)x\(format.height)"),
            pictures(sink),
        ]
        if let failure {
            steps.append(
                Ladder.Step(failure.rung, holds: false, failure.words, remedy: failure.remedy))
        }
        if !format.codec.isIntra { steps.append(keyFrames(sink)) }
        if let step = clockStep(sink) { steps.append(step) }
        return steps
    }

    private func pictures(_ sink: ProbeSink) -> Ladder.Step {
        var words = "\(sink.frames) pictures came"
        if let first = sink.first, let last = sink.last, last.monotonic > first.monotonic {
            let length = Double(last.monotonic - first.monotonic) / 1e9
            let rate = Double(sink.frames - 1) / length
            let bits = Double(sink.bytes) * 8 / length / 1e6
            words += ", \(Self.tenths(rate)) a second, \(Self.tenths(bits)) Mbit/s"
        }
        let dropped = sink.dropped.values.reduce(0, +)
        guard dropped == 0 else {
            let most = sink.dropped.max { $0.value < $1.value }?.key ?? ""
            return Ladder.Step(
                .firstFrame, holds: dropped * 10 < sink.frames,
                "\(words); \(dropped) were dropped: \(most)",
                remedy: "look at the network between camera and server, then at the camera")
        }
        return Ladder.Step(.firstFrame, holds: true, words)
    }

    private func keyFrames(_ sink: ProbeSink) -> Ladder.Step {
        let intervals = zip(sink.keys, sink.keys.dropFirst()).map { Double($1 - $0) / 1e9 }
        guard let longest = intervals.max(), let shortest = intervals.min() else {
            let length = sink.last.flatMap { last in
                sink.keys.first.map { Double(last.monotonic - $0) / 1e9 }
            }
            let seen = Self.tenths(length ?? 0)
            return (length ?? 0) > 4
                ? Ladder.Step(
                    .keyframes, holds: true, "no second key frame came within \(seen) s: long",
                    remedy: Self.keyRemedy)
                : Ladder.Step(.keyframes, holds: true, "one key frame in \(seen) s")
        }
        if longest > 5 || longest > shortest * 2 + 0.5 {
            return Ladder.Step(
                .keyframes, holds: true,
                "key frames come every \(Self.tenths(shortest)) to \(Self.tenths(longest)) s:"
                    + (longest > 5 ? " long" : " it varies"), remedy: Self.keyRemedy)
        }
        return Ladder.Step(
            .keyframes, holds: true, "a key frame comes every \(Self.tenths(longest)) s")
    }

    private static let keyRemedy =
        "set a fixed key frame interval of 1 to 2 s on the camera, and no \"smart\" codec"

    private func clockStep(_ sink: ProbeSink) -> Ladder.Step? {
        guard let last = sink.last, let claim = last.claim else { return nil }
        let offset = claim.microseconds - last.received.microseconds
        let words =
            "the camera's clock is \(Self.tenths(abs(Double(offset)) / 1e6)) s "
            + (offset < 0 ? "behind ours" : "ahead of ours")
        return abs(offset) < 2_000_000
            ? Ladder.Step(.clock, holds: true, words)
            : Ladder.Step(
                .clock, holds: true, words + "; pictures are chosen by ours, so they are right",
                remedy: "give the camera a time server (NTP)")
    }

    private static func picture(
        _ format: StreamFormat, _ group: [(bytes: [UInt8], media: Int64)]
    ) throws(Failure) -> [UInt8]? {
        guard let newest = group.last else { return nil }
        if format.codec.isIntra { return newest.bytes }
        return try FrameRenderer.render(format, samples: group, wanted: newest.media).jpeg
    }

    private static func tenths(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
