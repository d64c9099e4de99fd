internal import Linux

/// How many threads decode for one picture: a few for somebody who is alone, one each when many ask
/// at once. Frames of a video build on each other, so libavcodec's threads start one frame while
/// the one before it is not done yet; with two it takes five eighths of the time, and little more
/// work.
final class DecodingThreads: Sendable {
    /// More would only hold more frames.
    private static let most = 4

    private let processors: Int
    private let pictures = Monitor(0)

    init(processors: Int = Thread.processors) { self.processors = processors }

    func share<Result>(_ decode: (_ threads: Int) throws -> Result) rethrows -> Result {
        let atOnce = pictures.withLock { pictures in
            pictures += 1
            return pictures
        }
        defer { pictures.withLock { $0 -= 1 } }
        return try decode(max(1, min(processors, Self.most) / atOnce))
    }
}
