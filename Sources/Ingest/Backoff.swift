internal import Base

/// How long to wait before the next attempt: doubled each time up to a limit, and never quite the
/// same, so that fifty cameras behind one switch do not come back in step.
struct Backoff {
    private static let firstMilliseconds = 500
    private static let limitMilliseconds = 30_000
    private var next = firstMilliseconds
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func wait() -> Int {
        let base = next
        next = min(next * 2, Self.limitMilliseconds)
        return base / 2 + Int(random.next() % UInt64(base))
    }

    /// It worked for a while: the next failure is a new one.
    mutating func reset() { next = Self.firstMilliseconds }
}
