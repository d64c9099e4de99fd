internal import Base
internal import Crypto
internal import Linux

/// The log's housekeeping thread and what it remembers: when things were last made durable, and how
/// far the wall clock may be trusted.
final class Care: Sendable {
    struct State {
        var thread: Thread?
        var lastPersist: UInt64 = 0
        var trust: ClockTrust?
        var trustRead: UInt64 = 0
        /// Wall minus monotonic clock: constant unless somebody steps the clock.
        var clockOffset: Int64?
        /// What the housekeeping last saw; `trust` is renewed by whoever commits.
        var wasSynchronised: Bool?
        /// One thread persists at a time.
        var persisting = false
    }

    static let trustKeepNanoseconds: UInt64 = 1_000_000_000
    static let stepMicroseconds: Int64 = 100_000

    let state = Monitor(State())

    /// For record ids. They are no secrets, so they may lie in memory for a while: asked for one
    /// by one they cost as much as hashing the leaf.
    private let randomness = Monitor<[UInt8]>([])

    func random() throws(Failure) -> (UInt64, UInt64) {
        try randomness.withLock { pool throws(Failure) in
            if pool.isEmpty { pool = try randomBytes(1024) }
            let at = pool.count - 16
            defer { pool.removeLast(16) }
            return (
                pool.span.bigEndian(UInt64.self, at: at),
                pool.span.bigEndian(UInt64.self, at: at + 8)
            )
        }
    }

    /// The kernel's word on its clock, asked at most once a second.
    func trust(_ clock: any Clock) -> ClockTrust {
        let now = clock.monotonicNanoseconds
        return state.withLock { state in
            // Another thread may have asked after `now`.
            if let trust = state.trust, now < state.trustRead + Self.trustKeepNanoseconds {
                return trust
            }
            let trust = clock.trust
            state.trust = trust
            state.trustRead = now
            return trust
        }
    }
}
