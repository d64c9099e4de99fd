internal import Linux

/// How many threads may work for one picture: a few for somebody who is alone, one each when many
/// ask at once.
final class DecodingThreads: Sendable {
    /// More would only hold more frames.
    private static let most = 4

    private let processors: Int
    private let pictures = Monitor(0)

    init(processors: Int = Thread.processors) { self.processors = processors }

    func share<Result>(_ work: (_ threads: Int) throws -> Result) rethrows -> Result {
        let atOnce = pictures.withLock { pictures in
            pictures += 1
            return pictures
        }
        defer { pictures.withLock { $0 -= 1 } }
        return try work(max(1, min(processors, Self.most) / atOnce))
    }
}
