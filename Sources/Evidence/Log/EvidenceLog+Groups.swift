internal import Base
internal import EvidenceFormat
internal import Linux
internal import SegmentFormat
internal import Synchronization

/// The two threads that take groups from their last seat to their receipts. They are started when a
/// second caller first needs them, and end with the log.
///
/// They work little and wait much, so the scheduler runs them at once when the disk is ready for
/// more. A caller that has just hashed is made to wait its turn, and the disk with it.
struct CommitLines: Sendable {
    let disk: Thread
    let finish: Thread
}

/// Group commit: many callers share one write and one sync, and while one group is written the next
/// one fills and the one before is finished.
///
/// 1. closed      the next group is open; callers' copies end
/// 2. written     one write, one sync; meanwhile tree, signature and index entries are prepared
/// 3. finished    rows and index are applied and callers are answered
extension EvidenceLog {
    /// Above this a signature made on the other core while the disk works pays for waking it.
    private static let sharedBytes = 64 << 10

    /// Called by the first thread in a group after its copy: the group may go. A caller that is
    /// alone takes it to the disk itself, because a hand-over costs more than it brings.
    func sendOff(_ ticket: Ticket, bytes: Int) throws(Failure) {
        let group = ticket.group
        let shares = bytes >= Self.sharedBytes
        let leads = monitor.withLock { state in
            if state.stop != nil { return false }
            let alone =
                callers.load(ordering: .relaxed) == 1 && !state.writing && state.open === group
                && state.groupsFinished == group.number - 1
            if shares || !alone { startLines(&state) }
            guard alone else { return false }
            close(&state)
            if shares {
                group.prepared = Event()
                state.toFinish.append(group)
            }
            return true
        }
        guard leads else { return monitor.signal(Wake.disk) }
        if shares { monitor.signal(Wake.finish) }
        do {
            try write(group)
            if let prepared = group.prepared {
                prepared.wait()
            } else {
                try finisher.prepare(group)
            }
            try publish(group)
        } catch {
            stop(error)
            throw error
        }
    }

    /// The disk thread takes the open group as soon as it can.
    func handOver() {
        monitor.withLock { startLines(&$0) }
        monitor.signal(Wake.disk)
    }

    /// The open group has its last seat, and the one who closes it has the disk.
    private func close(_ state: inout State) {
        let group = state.open
        let next = state.spare.removeLast()
        let rolls = group.end >= options.segmentBytes
        next.reset(
            number: group.number + 1, firstIndex: state.nextIndex,
            segment: rolls ? group.segment + 1 : group.segment,
            offset: rolls ? UInt64(SegmentHeader.byteCount) : group.end)
        state.open = next
        state.groupsOpened = next.number
        state.writing = true
        monitor.broadcast(Wake.room)
    }

    private func write(_ group: Group) throws(Failure) {
        group.waitForCopies()
        try writer.write(group)
        monitor.withLock { state in
            state.writing = false
            group.written = true
        }
        monitor.signal(Wake.disk)
        monitor.signal(Wake.finish)
    }

    /// The group is durable and prepared: everybody is told.
    private func publish(_ group: Group) throws(Failure) {
        if let stop = stopped { throw stop }
        let (head, seal) = try finisher.publish(rows, epoch: epoch)
        let outcome = group.outcome
        let due = try monitor.withLock { state throws(Failure) in
            if let stop = state.stop { throw stop }
            precondition(state.groupsFinished == group.number - 1 && group.written)
            guard outcome.settle(.success(head)) else { preconditionFailure("settled twice") }
            state.head = head
            state.digestState = finisher.digestState
            state.groupsFinished = group.number
            state.chains.evict(finished: group.number)
            state.requests.evict(finished: group.number)
            state.spare.append(group)
            if let seal { state.unsealed.append(seal) }
            return seal != nil || head.checkpoint.size >= state.persisted + options.persistLeaves
        }
        outcome.open()
        monitor.broadcast(Wake.order)
        monitor.signal(Wake.disk)
        monitor.signal(Wake.finish)
        if due { monitor.signal(Wake.care) }
    }

    // MARK: The threads

    /// With the lock held. The threads keep the log alive only while they work for it, so that a
    /// log that is dropped without `close` goes.
    private func startLines(_ state: inout State) {
        guard state.lines == nil, !state.ended else { return }
        state.lines = CommitLines(
            disk: Thread(name: "disk", hasShortTurns: true) { [monitor, weak self] in
                while Self.waitForDisk(monitor) { self?.writeNext() }
            },
            finish: Thread(name: "finish", hasShortTurns: true) { [monitor, weak self] in
                while Self.waitForFinish(monitor) { self?.finishNext() }
            })
    }

    /// After the last commit.
    func endLines() {
        let lines = monitor.withLock { state in
            state.ended = true
            return state.lines.take()
        }
        wakeAll()
        lines?.disk.join()
        lines?.finish.join()
    }

    /// False when the thread should end.
    private static func waitForDisk(_ monitor: Monitor<State>) -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        while true {
            if monitor.locked.ended || monitor.locked.stop != nil { return false }
            if !monitor.locked.writing, !monitor.locked.spare.isEmpty,
                !monitor.locked.open.entries.isEmpty
            {
                return true
            }
            monitor.wait(on: Wake.disk)
        }
    }

    private func writeNext() {
        let group = monitor.withLock { state -> Group? in
            // A caller may have taken it in between.
            guard !state.writing, !state.spare.isEmpty, !state.open.entries.isEmpty,
                state.stop == nil
            else { return nil }
            let group = state.open
            close(&state)
            state.toFinish.append(group)
            return group
        }
        guard let group else { return }
        monitor.signal(Wake.finish)
        do throws(Failure) {
            try write(group)
        } catch {
            stop(error)
        }
    }

    /// False when the thread should end; then nobody waits for what it has not prepared.
    private static func waitForFinish(_ monitor: Monitor<State>) -> Bool {
        monitor.lock()
        defer { monitor.unlock() }
        while true {
            if monitor.locked.ended || monitor.locked.stop != nil {
                for group in monitor.locked.toFinish { group.prepared?.set() }
                return false
            }
            if let next = monitor.locked.toFinish.first,
                monitor.locked.groupsFinished == next.number - 1
            {
                return true
            }
            monitor.wait(on: Wake.finish)
        }
    }

    private func finishNext() {
        let group = monitor.withLock { $0.toFinish.removeFirst() }
        // Once it is published the group may be another one.
        let prepared = group.prepared
        defer { prepared?.set() }
        do throws(Failure) {
            if finisher.turns(at: group) { try waitUntilWritten(group) }
            try finisher.prepare(group)
            guard prepared == nil else { return }
            try waitUntilWritten(group)
            try publish(group)
        } catch {
            stop(error)
        }
    }

    private func waitUntilWritten(_ group: Group) throws(Failure) {
        try locked { () throws(Failure) in
            while !group.written {
                if let stop = monitor.locked.stop { throw stop }
                monitor.wait(on: Wake.finish)
            }
        }
    }
}
