internal import Base
internal import Linux

/// Hashes a bundle's large files, each once, on threads of its own, in the order in which they
/// stand on the disk; meanwhile the caller reads what the hashes should be, and checks leaves.
/// Made, started and joined by one thread.
final class BundleHasher: Sendable {
    private struct State {
        var next = 0
        var running = 0
        /// Of `work`, in its order.
        var digests: [Digest]
        var failures: [Int: Failure] = [:]
        var bytes: UInt64 = 0
    }

    static let failuresMax = 1000
    /// Files are taken so many at a time, so that the lock is not felt.
    private static let turnCount = 16

    /// Which files, in order.
    let work: [UInt32]
    private let source: BundleSource
    private let state: Monitor<State>

    init(_ source: BundleSource, _ work: [UInt32]) {
        self.source = source
        self.work = work
        state = Monitor(State(digests: Array(repeating: .zero, count: work.count)))
    }

    /// Bytes hashed so far.
    var byteCount: UInt64 { state.withLock { $0.bytes } }

    func start(threads count: Int) -> [Thread] {
        state.withLock { $0.running = count }
        return (0..<count).map { i in Thread(name: "hash-\(i)") { [self] in run() } }
    }

    /// Nobody wants to know any more.
    func stop() { state.withLock { $0.next = work.count } }

    /// After the threads have ended: the hashes of `work`, and why some could not be made.
    var result: (digests: [Digest], failures: [Int: Failure]) {
        state.withLock { ($0.digests, $0.failures) }
    }

    /// Returns when all threads are done; `progress` is told of bytes a few times a second.
    func wait(_ progress: (UInt64) -> Void) {
        state.lock()
        defer { state.unlock() }
        while state.locked.running > 0 {
            _ = state.wait(milliseconds: 200)
            progress(state.locked.bytes)
        }
    }

    private func run() {
        defer {
            state.withLock { $0.running -= 1 }
            state.broadcast()
        }
        while let turn = nextTurn() {
            for place in turn { take(place) }
        }
    }

    private func take(_ place: Int) {
        let file = Int(work[place])
        do throws(Failure) {
            let digest = try hash(file)
            state.withLock { $0.digests[place] = digest }
        } catch {
            state.withLock { state in
                if state.failures.count < Self.failuresMax { state.failures[file] = error }
            }
        }
    }

    private func nextTurn() -> Range<Int>? {
        state.withLock { state in
            guard state.next < work.count else { return nil }
            let turn = state.next..<min(work.count, state.next + Self.turnCount)
            state.next = turn.upperBound
            return turn
        }
    }

    private func hash(_ file: Int) throws(Failure) -> Digest {
        let open = try source.open(file)
        return try open.hash(0..<open.byteCount) { count in state.withLock { $0.bytes += count } }
    }
}
