internal import Base
internal import Linux

/// How many bundles are being made: each has a thread, and reads as fast as its client takes.
final class Exports: Sendable {
    static let countMax = 4

    private let running = Monitor(0)

    func begin() throws(Failure) {
        try running.withLock { running throws(Failure) in
            guard running < Self.countMax else {
                throw Failure(.busy, "\(running) exports run already; try again in a while")
            }
            running += 1
        }
    }

    func end() { running.withLock { $0 -= 1 } }
}
