package import Base
internal import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import Store

extension EvidenceLog {
    func startCare() {
        care.state.withLock { state in
            state.lastPersist = clock.monotonicNanoseconds
            state.clockOffset = clockOffset
            state.wasSynchronised = clock.trust.synchronised
            guard options.careThread else { return }
            state.thread = Thread(name: "care") { [self] in
                while waitForCare() {
                    do throws(Failure) {
                        try careOnce()
                    } catch {
                        stop(error)
                        return
                    }
                }
            }
        }
    }

    /// False when the log closes or has stopped.
    private func waitForCare() -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        if monitor.locked.closing || monitor.locked.stop != nil { return false }
        let size = monitor.locked.head.checkpoint.size
        let due = size - monitor.locked.persisted >= options.persistLeaves
        if !due && monitor.locked.unsealed.isEmpty {
            _ = monitor.wait(on: Wake.care, milliseconds: 1000)
        }
        return !monitor.locked.closing && monitor.locked.stop == nil
    }

    /// One round of housekeeping: seals, clock, and what bounds the work after a crash.
    package func careOnce() throws(Failure) {
        try sealSegments()
        try watchClock()
        let (size, persisted) = monitor.withLock { ($0.head.checkpoint.size, $0.persisted) }
        let now = clock.monotonicNanoseconds
        let last = care.state.withLock { $0.lastPersist }
        let old = now >= last + options.persistSeconds * 1_000_000_000
        if size - persisted >= options.persistLeaves || (old && size > persisted) { try persist() }
    }

    func sealSegments() throws(Failure) {
        while let seal = monitor.withLock({ $0.unsealed.first }) {
            var draft = Draft(.segmentSeal, by: .server)
            draft.fields = [
                ("segment", .int(Int64(seal.segment))), ("first", .int(Int64(seal.first))),
                ("count", .int(Int64(seal.count))), ("len", .int(Int64(seal.bytes))),
                ("digest", .string(seal.digest.hex)),
            ]
            _ = try commit(draft)
            monitor.withLock { _ = $0.unsealed.removeFirst() }
        }
    }

    /// Makes rows and index durable up to now and records the checkpoint: recovery starts there.
    ///
    /// 1. sync the rows      crash after: recovery starts at the older checkpoint
    /// 2. sync the maps      the same; fewer leaves to index again
    /// 3. record and sync the checkpoint
    package func persist() throws(Failure) {
        guard
            care.state.withLock({ state in
                if state.persisting { return false }
                state.persisting = true
                return true
            })
        else { return }
        defer { care.state.withLock { $0.persisting = false } }
        if let stop = stopped { throw stop }
        let (head, from, digest) = monitor.withLock { ($0.head, $0.persisted, $0.digestState) }
        let size = head.checkpoint.size
        guard size > from else { return }
        do throws(Failure) {
            try rows.sync(from, size, epoch: epoch)
            try engine.apply(
                [ShardWrite(Table.metaShard, put: Table.digestKey, digest)], epoch: epoch)
            try engine.syncMaps(epoch: epoch)
            try record(head)
        } catch {
            // A second try could succeed without the bytes that the first one lost.
            stop(error)
            throw error
        }
        monitor.withLock { $0.persisted = max($0.persisted, size) }
        care.state.withLock { $0.lastPersist = clock.monotonicNanoseconds }
    }

    private func record(_ head: SignedHead) throws(Failure) {
        var end: UInt64 = 0
        if let last = try CheckpointRecord.last(engine) {
            end = last.end
        } else {
            do {
                try engine.create(Names.checkpoints, epoch: epoch)
            } catch {
                guard error.kind == .alreadyExists else { throw error }
            }
        }
        let bytes = CheckpointRecord.encode(head.note)
        try engine.append(bytes.span, to: Names.checkpoints, at: end, epoch: epoch)
        try engine.sync(Names.checkpoints, epoch: epoch)
    }

    /// A stepped or lost clock is a fact that readers of `t_srv` need.
    private func watchClock() throws(Failure) {
        let trust = clock.trust
        let offset = clockOffset
        let before = care.state.withLock { state in
            defer {
                state.clockOffset = offset
                state.wasSynchronised = trust.synchronised
                state.trust = trust
                state.trustRead = clock.monotonicNanoseconds
            }
            return (state.clockOffset, state.wasSynchronised)
        }
        if let known = before.0, abs(offset - known) > Care.stepMicroseconds {
            try clockLeaf("step", offset - known)
        }
        if let known = before.1, known != trust.synchronised {
            try clockLeaf(trust.synchronised ? "sync-regained" : "sync-lost", 0)
        }
    }

    /// Wall minus monotonic clock, in microseconds.
    private var clockOffset: Int64 {
        clock.now.microseconds - Int64(clock.monotonicNanoseconds / 1000)
    }

    private func clockLeaf(_ what: String, _ step: Int64) throws(Failure) {
        var draft = Draft(.clock, by: .server)
        draft.fields = [("what", .string(what)), ("step_us", .int(step))]
        _ = try commit(draft)
    }

    /// Ends in order: what was acknowledged is durable already; this makes the next start fast.
    package func close() throws(Failure) {
        monitor.withLock { $0.closing = true }
        wakeAll()
        care.state.withLock { $0.thread.take() }?.join()
        var failure = stopped
        if failure == nil {
            do throws(Failure) {
                try finishWriting()
            } catch {
                failure = error
            }
        }
        endLines()
        try engine.close()
        if let failure { throw failure }
    }

    private func finishWriting() throws(Failure) {
        try sealSegments()
        try waitForGroups()
        try persist()
        try writer.finish()
    }
}
