internal import Base
internal import Linux

/// Hashes a bundle's large files, each once, on threads of its own, in the order in which they
/// stand on the disk; meanwhile the caller checks leaves. Made, started and joined by one thread.
final class BundleHasher: Sendable {
    struct Mismatch: Sendable {
        let file: Int
        let actual: Digest
    }

    private struct State {
        var next = 0
        var running = 0
        var mismatches: [Mismatch] = []
        var mismatchCount = 0
        var failures: [(file: Int, failure: Failure)] = []
        var bytes: UInt64 = 0
    }

    static let mismatchesMax = 1000
    /// Files are taken so many at a time, so that the lock is not felt.
    private static let turnCount = 16

    private let source: BundleSource
    private let work: [UInt32]
    private let expected: [Digest]
    private let state = Monitor(State())

    /// `work`: which files, in order; `expected` has a hash for every file of the bundle.
    init(_ source: BundleSource, _ work: [UInt32], expected: [Digest]) {
        self.source = source
        self.work = work
        self.expected = expected
    }

    /// Bytes hashed so far.
    var byteCount: UInt64 { state.withLock { $0.bytes } }

    func start(threads count: Int) -> [Thread] {
        state.withLock { $0.running = count }
        return (0..<count).map { i in Thread(name: "hash-\(i)") { [self] in run() } }
    }

    /// After the threads have ended: what is not as expected, and what could not be read.
    var result: (mismatches: [Mismatch], count: Int, failures: [(file: Int, failure: Failure)]) {
        state.withLock { ($0.mismatches, $0.mismatchCount, $0.failures) }
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
            for file in turn.map({ Int(work[$0]) }) {
                do throws(Failure) {
                    let actual = try hash(file)
                    guard actual != expected[file] else { continue }
                    note(Mismatch(file: file, actual: actual))
                } catch {
                    state.withLock { state in
                        if state.failures.count < Self.mismatchesMax {
                            state.failures.append((file, error))
                        }
                    }
                }
            }
        }
    }

    private func note(_ mismatch: Mismatch) {
        state.withLock { state in
            state.mismatchCount += 1
            if state.mismatches.count < Self.mismatchesMax { state.mismatches.append(mismatch) }
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
