internal import Foundation

/// How hard property tests try, and how to see the same failure again.
package enum Effort {
    /// `tools/test --quick` and the sanitizers set this.
    package static let isQuick =
        ProcessInfo.processInfo.environment["PROOFREEL_TEST_QUICK"] != nil

    /// `full` rounds, or a twentieth of them in a quick run.
    package static func rounds(_ full: Int) -> Int { isQuick ? max(1, full / 20) : full }

    /// `tools/test --deep` sets this, with an optimised build.
    package static let isDeep = ProcessInfo.processInfo.environment["PROOFREEL_TEST_DEEP"] != nil

    /// For rounds that a debug build is slow at: `full` of them in a deep run, else a twentieth.
    package static func deepRounds(_ full: Int) -> Int { isDeep ? full : rounds(full / 20) }

    /// The seed of this run: `SEED` from the environment, else a new one. Every expectation of a
    /// property test carries `Effort.replay` as its comment.
    package static let seed: UInt64 =
        ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0...UInt64(UInt32.max))

    package static var replay: String { "replay with SEED=\(seed)" }
}
