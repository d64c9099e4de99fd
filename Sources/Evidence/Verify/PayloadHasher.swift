internal import Base
internal import Crypto
internal import Linux
internal import SegmentFormat
internal import Store

/// Reads payloads and private sections again and hashes them on threads of its own, while the
/// leaves are being read: hashing is most of the work of a deep check.
final class PayloadHasher: @unchecked Sendable {
    struct Job {
        let leaf: UInt64
        let object: ObjectName
        let offset: UInt64
        let count: Int
        let expected: Digest
        let isPrivate: Bool
    }

    struct Mismatch {
        let job: Job
        /// All bytes are zero, as after an erasure.
        let isErased: Bool
    }

    private struct State {
        var jobs: [Job] = []
        var busy = 0
        var ended = false
        var mismatches: [Mismatch] = []
        var failure: Failure?
        var bytes: UInt64 = 0
    }

    private static let queueMax = 64
    private static let workSet = 0
    private static let roomLeft = 1

    private let engine: any StorageEngine
    private let state = Monitor(State(), conditions: 2)
    private var threads: [Thread] = []

    init(_ engine: any StorageEngine, threads count: Int = 2) {
        self.engine = engine
        threads = (0..<count).map { i in Thread(name: "hash-\(i)") { [self] in work() } }
    }

    /// Waits while the queue is full.
    func submit(_ job: Job) {
        state.lock()
        while state.locked.jobs.count >= Self.queueMax { state.wait(on: Self.roomLeft) }
        state.locked.jobs.append(job)
        state.unlock()
        state.signal(Self.workSet)
    }

    /// Waits for the end of all work; every mismatch, in no special order, and the bytes hashed.
    func finish() throws(Failure) -> (mismatches: [Mismatch], bytes: UInt64) {
        state.withLock { $0.ended = true }
        state.broadcast(Self.workSet)
        for thread in threads { thread.join() }
        let end = state.withLock { $0 }
        if let failure = end.failure { throw failure }
        return (end.mismatches, end.bytes)
    }

    private func next() -> Job? {
        state.lock()
        defer { state.unlock() }
        while state.locked.jobs.isEmpty {
            if state.locked.ended { return nil }
            state.wait(on: Self.workSet)
        }
        let job = state.locked.jobs.removeFirst()
        state.signal(Self.roomLeft)
        return job
    }

    private func work() {
        var buffer: [UInt8] = []
        while let job = next() {
            do throws(Failure) {
                try engine.read(job.object, at: job.offset, count: job.count, into: &buffer)
                let right = SHA256.hash(buffer.span) == job.expected
                let erased = !right && buffer.allSatisfy { $0 == 0 }
                state.withLock { state in
                    state.bytes += UInt64(job.count)
                    if !right { state.mismatches.append(Mismatch(job: job, isErased: erased)) }
                }
            } catch {
                state.withLock { $0.failure = error }
            }
        }
    }
}
