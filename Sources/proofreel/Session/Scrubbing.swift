internal import Base
internal import Evidence
internal import Linux
internal import Synchronization

/// Reads full segments again while the log is served: one thread, slowly, a round every few days. A
/// round that a stop cut off goes on at the next start.
final class Scrubbing: Sendable {
    struct Plan {
        var megabytesPerSecond = 20
        /// 0: never.
        var days = 7
        var isOff: Bool { megabytesPerSecond == 0 || days == 0 }
    }

    private static let lookMilliseconds = 60_000

    private let log: EvidenceLog
    private let plan: Plan
    private let ending = Monitor(false)
    private let failed = Mutex<Failure?>(nil)
    private let thread = Mutex<Thread?>(nil)

    init(_ log: EvidenceLog, _ plan: Plan) {
        self.log = log
        self.plan = plan
        guard !plan.isOff else { return }
        thread.withLock { thread in
            thread = Thread(name: "scrub") { [self] in run() }
        }
    }

    /// Why there are no more rounds; nil while there are.
    var failure: Failure? { failed.withLock { $0 } }

    func end() {
        ending.withLock { $0 = true }
        ending.broadcast()
        thread.withLock { $0.take() }?.join()
    }

    private var isEnding: Bool { ending.withLock { $0 } }

    private func run() {
        do throws(Failure) {
            repeat { try round() } while !waitForEnd()
        } catch {
            failed.withLock { $0 = error }
        }
    }

    private func round() throws(Failure) {
        var limits = ScrubLimits()
        limits.bytesPerSecond = UInt64(plan.megabytesPerSecond) * 1_000_000
        if let last = try log.lastScrub() {
            if let segment = last.goesOnAt {
                limits.from = segment
            } else if SystemClock().now < last.time.adding(seconds: Int64(plan.days) * 86_400) {
                return
            }
        }
        _ = try log.scrub(limits) { _ in !isEnding }
    }

    private func waitForEnd() -> Bool {
        ending.lock()
        defer { ending.unlock() }
        if !ending.locked { _ = ending.wait(milliseconds: Self.lookMilliseconds) }
        return ending.locked
    }
}
