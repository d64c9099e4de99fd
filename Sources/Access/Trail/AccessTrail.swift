package import Base
package import Evidence
internal import EvidenceFormat
internal import Linux

/// Who looked at what: gathered in memory, and put into the evidence log in batches, each one leaf
/// of kind `access`. Whoever reads first notes it here; when that is refused, so is the read.
///
/// Any thread may note. The thread `trail` writes: two seconds after the first entry of a batch, or
/// when it is large. A crash loses what was noted since, see `docs/security.md`.
package final class AccessTrail: Sendable {
    package struct Options: Sendable {
        package var batchBytes = 256 << 10
        package var batchMilliseconds = 2000
        package var bytesMax = 8 << 20
        package var turnedAwaySeconds: Int64 = 60
        package init() {}
    }

    private enum Wake {
        /// There is something to write, or nothing will come any more.
        static let work = 0
        /// A batch is written, or nothing is written any more.
        static let done = 1
        static let count = 2
    }

    /// A class, so that getting at it through the lock copies nothing: 20,000 notes a second.
    /// Touched with the lock held.
    private final class State {
        var batch = TrailBatch()
        /// Log-ins that are not even tried, by where they come from.
        var turnedAway: [String: TrailLine] = [:]
        /// Batches taken, and batches that ended well.
        var taken = 0
        var written = 0
        var hurries = false
        var ended = false
        var failure: Failure?
    }

    private let log: EvidenceLog
    private let clock: any Clock
    private let options: Options
    private let state = Monitor(State(), conditions: Wake.count)
    private let thread = Monitor<Thread?>(nil)

    package init(_ log: EvidenceLog, clock: any Clock, options: Options = Options()) {
        self.log = log
        self.clock = clock
        self.options = options
        let started = Thread(name: "trail") { [self] in run() }
        thread.withLock { $0 = started }
    }

    /// Throws `.denied` once the trail cannot be written, `.full` when too much waits for the disk:
    /// then what was to be noted must not be done.
    package func note(_ entry: TrailEntry) throws(Failure) {
        let now = clock.now
        state.lock()
        defer { state.unlock() }
        let locked = state.locked
        if let failure = locked.failure { throw failure }
        guard !locked.ended else {
            throw Failure(.stopped, "the server is ending; try again when it is back")
        }
        let wasEmpty = locked.batch.isEmpty
        guard locked.batch.add(entry, at: now, bytesMax: options.bytesMax) else {
            throw Failure(
                .full,
                "the access trail has \(options.bytesMax >> 20) MB waiting for the disk, so nothing"
                    + " can be read now; try again in a second")
        }
        if wasEmpty || locked.batch.bytes >= options.batchBytes { state.signal(Wake.work) }
    }

    /// Of these sources at a time; all others share a line.
    private static let sourcesMax = 1000

    /// A log-in that was not even tried, because name or source guess too much. However many there
    /// are, they are one line for each source and minute, so nobody can flood the trail with them.
    package func note(turnedAway name: String, from source: String) throws(Failure) {
        let now = clock.now
        state.lock()
        defer { state.unlock() }
        let locked = state.locked
        if let failure = locked.failure { throw failure }
        let isKnown = locked.turnedAway[source] != nil
        let source = isKnown || locked.turnedAway.count < Self.sourcesMax ? source : "elsewhere"
        if var line = locked.turnedAway[source] {
            line.count += 1
            line.to = max(line.to, now)
            locked.turnedAway[source] = line
        } else {
            locked.turnedAway[source] = TrailLine(
                TrailEntry(
                    who: name, kind: .person, .logIn, "", peer: source,
                    refusal: "locked out after too many failed log-ins"), at: now)
            // The thread looks at the clock from now on.
            state.signal(Wake.work)
        }
    }

    /// With the lock held: those whose minute is over join the batch, or all of them.
    private func gatherTurnedAway(all: Bool) {
        let locked = state.locked
        let now = clock.now
        for (source, line) in locked.turnedAway {
            let end = line.from.adding(seconds: options.turnedAwaySeconds)
            // The clock may have been set back.
            guard all || now >= end || now < line.from else { continue }
            locked.turnedAway[source] = nil
            locked.batch.add(line)
        }
    }

    /// Why nothing can be noted, and so nothing read, until the server was started again.
    package var stopped: Failure? { state.withLock { $0.failure } }

    /// Returns when everything noted before is in the log.
    package func flush() throws(Failure) {
        state.lock()
        defer { state.unlock() }
        gatherTurnedAway(all: true)
        let target = state.locked.taken + (state.locked.batch.isEmpty ? 0 : 1)
        while state.locked.written < target {
            if let failure = state.locked.failure { throw failure }
            state.locked.hurries = true
            state.signal(Wake.work)
            state.wait(on: Wake.done)
        }
    }

    /// Writes what is there and takes nothing any more.
    package func close() throws(Failure) {
        state.withLock { $0.ended = true }
        state.signal(Wake.work)
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    // MARK: The thread

    private func run() {
        while let batch = take() {
            do throws(Failure) {
                try write(batch)
                state.withLock { $0.written += 1 }
            } catch {
                let failure = Failure(
                    .denied,
                    "the access trail cannot be written (\(error.words)), so nothing can be read"
                        + " any more; mend that and start the server again")
                state.withLock { $0.failure = $0.failure ?? failure }
            }
            state.broadcast(Wake.done)
        }
        state.broadcast(Wake.done)
    }

    /// The next batch, when it is time; nil at the end.
    private func take() -> TrailBatch? {
        state.lock()
        defer { state.unlock() }
        while state.locked.batch.isEmpty {
            gatherTurnedAway(all: state.locked.ended)
            guard state.locked.batch.isEmpty else { break }
            if state.locked.ended || state.locked.failure != nil { return nil }
            if state.locked.turnedAway.isEmpty {
                state.wait(on: Wake.work)
            } else {
                _ = state.wait(on: Wake.work, milliseconds: 1000)
            }
        }
        var waited = 0
        while !isDue, waited < options.batchMilliseconds {
            // A wake without a cause only makes a batch end a little sooner.
            if !state.wait(on: Wake.work, milliseconds: options.batchMilliseconds - waited) {
                waited = options.batchMilliseconds
            } else if !isDue {
                waited += 100
            }
        }
        gatherTurnedAway(all: state.locked.ended)
        let batch = state.locked.batch
        state.locked.batch = TrailBatch(expecting: batch.lines.count)
        state.locked.taken += 1
        state.locked.hurries = false
        return batch
    }

    /// With the lock held.
    private var isDue: Bool {
        state.locked.hurries || state.locked.ended || state.locked.failure != nil
            || state.locked.batch.bytes >= options.batchBytes
    }

    private func write(_ batch: TrailBatch) throws(Failure) {
        let (from, to) = batch.span
        _ = try log.addAccessBatch(
            from: from, to: to, lines: batch.lines.count, count: batch.count, batch.encode())
    }
}
