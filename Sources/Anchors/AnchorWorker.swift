internal import Base
internal import Crypto
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import TimeStamp

/// Asks one source, in its interval and on request, on a thread of its own: a source that hangs
/// costs neither the log nor the other sources anything.
///
/// One confirmation, and what a stop after each step leaves:
/// 1. the checkpoint is written to `NAME.due`     the next start asks at once
/// 2. the source is asked                         the same; asking twice does no harm
/// 3. its answer and what goes with it are files  the next start finds them and goes on at 4
/// 4. the `anchor` leaf                           the next start sees the leaf and goes on at 5
/// 5. `NAME.due` is removed
final class AnchorWorker: Sendable {
    /// Without anything new in the log, an anchor more often than this says nothing.
    static let idleSeconds: Int64 = 3600
    private static let retrySecondsMax: Int64 = 300
    private static let lookMilliseconds = 60_000

    struct State {
        var confirmed: AnchorLeaf?
        var isAsked = false
        /// A checkpoint that the source has cosigned, brought by a person.
        var carried: SignedNote?
        var isBusy = false
        /// Ended attempts, for whoever waits for one.
        var attempts: UInt64 = 0
        var failures = 0
        var lastAttempt: UInt64 = 0
        var failure: Failure?
        /// What should never happen, until an anchor is confirmed again.
        var alarm: String?
        /// The source's clock minus ours.
        var offsetSeconds: Int64?
    }

    let source: AnchorSource
    private let log: EvidenceLog
    private let folder: AnchorFolder
    private let clock: any Clock
    private let outside: OutsideTime
    private let say: @Sendable (String) -> Void
    private let stop = StopSignal()
    private let state = Monitor(State())
    private let thread = Monitor<Thread?>(nil)

    init(_ source: AnchorSource, _ setting: AnchorSetting) throws(Failure) {
        self.source = source
        log = setting.log
        folder = setting.folder
        clock = setting.clock
        outside = setting.outside
        say = setting.say
        let archive = setting.archive
        let newest = try archive.newest(of: source.name)
        state.withLock { $0.confirmed = newest }
    }

    func start() {
        let started = Thread(name: "anchor-\(source.name.prefix(8))") { [self] in run() }
        thread.withLock { $0 = started }
    }

    func end() {
        stop.raise()
        state.broadcast()
        thread.withLock { $0.take() }?.join()
    }

    var current: State { state.withLock { $0 } }

    // MARK: On request

    /// Asks now, or takes what was `carried` here; returns when that attempt has ended, with what
    /// it came to.
    func confirmNow(
        milliseconds: Int, carried: SignedNote? = nil
    ) throws(Failure) -> AnchorLeaf {
        state.lock()
        defer { state.unlock() }
        // One that is under way may be of an older checkpoint.
        let awaited = state.locked.attempts + (state.locked.isBusy ? 2 : 1)
        state.locked.isAsked = true
        state.locked.carried = carried ?? state.locked.carried
        state.broadcast()
        let start = clock.monotonicNanoseconds
        while state.locked.attempts < awaited, !stop.isRaised {
            let gone = Int((clock.monotonicNanoseconds - start) / 1_000_000)
            guard gone < milliseconds, state.wait(milliseconds: milliseconds - gone) else { break }
        }
        if let failure = state.locked.failure { throw failure }
        guard state.locked.attempts >= awaited, let leaf = state.locked.confirmed else {
            throw Failure(
                .busy,
                "\(source.name) has not answered yet; proofreel anchor list shows when it has")
        }
        return leaf
    }

    // MARK: The thread

    private func run() {
        takeUp()
        while !stop.isRaised {
            let milliseconds = waitMilliseconds()
            if milliseconds == 0 {
                attempt()
                continue
            }
            state.lock()
            if !state.locked.isAsked, !stop.isRaised {
                _ = state.wait(milliseconds: min(milliseconds, Self.lookMilliseconds))
            }
            state.unlock()
        }
    }

    private func waitMilliseconds() -> Int {
        let state = current
        if state.isAsked { return 0 }
        if source.isCarried { return Self.lookMilliseconds }
        if state.failures > 0 {
            let gone = Int64(clock.monotonicNanoseconds - state.lastAttempt) / 1_000_000
            return Int(max(0, retrySeconds(state.failures) * 1000 - gone))
        }
        guard let confirmed = state.confirmed else { return 0 }
        let interval = source.interval(isIdle: !log.hasNews(since: confirmed))
        let due = confirmed.time.adding(seconds: interval)
        return Int(max(0, (due.microseconds - clock.now.microseconds) / 1000))
    }

    private func retrySeconds(_ failures: Int) -> Int64 {
        min(5 << Int64(min(failures - 1, 10)), Self.retrySecondsMax, source.interval)
    }

    private func attempt() {
        let carried = state.withLock { state in
            defer { state.carried = nil }
            state.isAsked = false
            state.isBusy = true
            return state.carried
        }
        let result: Result<AnchorLeaf, Failure>
        do throws(Failure) {
            if let carried {
                result = .success(try take(carried))
            } else if source.isCarried {
                throw Failure(
                    .refused,
                    "\(source.name) cannot be asked; carry a checkpoint there and bring its answer:"
                        + " proofreel anchor now \(source.name) --cosigned FILE")
            } else {
                let note = log.checkpoint
                // 1.
                try folder.setDue(source.name, note)
                result = .success(try confirm(note))
            }
        } catch {
            result = .failure(error)
        }
        ended(result)
    }

    private func ended(_ result: Result<AnchorLeaf, Failure>) {
        if case .failure(let failure) = result, failure.kind == .stopped, stop.isRaised { return }
        var words: String?
        state.withLock { state in
            state.isBusy = false
            state.attempts += 1
            state.lastAttempt = clock.monotonicNanoseconds
            switch result {
            case .success(let leaf):
                if state.failures > 0 { words = "\(source.name) confirms again" }
                // What was brought twice may be older.
                if leaf.size >= state.confirmed?.size ?? 0 { state.confirmed = leaf }
                state.failures = 0
                state.failure = nil
                state.alarm = nil
            case .failure(let failure):
                if state.failure?.words != failure.words {
                    words = "\(source.name) does not confirm: \(failure.words)"
                }
                state.failures += 1
                state.failure = failure
            }
        }
        state.broadcast()
        if let words { say(words) }
    }

    // MARK: One confirmation

    private func confirm(_ note: SignedNote) throws(Failure) -> AnchorLeaf {
        let head = try Checkpoint(text: note.text)
        let stem = AnchorFolder.stem(head.size, source.name)
        let inquiry = Inquiry(stop: stop)
        let file = "\(stem).\(source.type.suffix)"
        let proof: [UInt8]
        switch source.way {
        case .stamp(let authority, let policy):
            let client = StampClient(
                url: source.url, authority: authority, policy: policy, inquiry: inquiry)
            // 2.
            let reply = try client.stamp(note)
            try take(reply.time)
            // 3. The reply last: with it, all is there.
            if let list = client.revocations(reply) { try folder.write("\(stem).crl", list) }
            try folder.write("\(stem).pem", authority.adding(reply.certificates).pem)
            try folder.write("\(stem).note", note.encode())
            proof = reply.bytes
        case .witness(let key):
            let client = WitnessClient(url: source.url, key: key, inquiry: inquiry)
            let (cosigned, time) = try cosign(note, head, client)
            try take(time)
            proof = cosigned.encode()
        }
        try folder.write(file, proof)
        return try conclude(head, file, try sums(stem, proof))
    }

    /// Steps 1, 3, 4 and 5 with an answer that was brought: maybe of an older tree of this log, but
    /// of a larger one than this source confirmed before.
    private func take(_ carried: SignedNote) throws(Failure) -> AnchorLeaf {
        guard case .witness(let key) = source.way, let time = try key.time(on: carried) else {
            throw Failure(
                .refused,
                "that checkpoint is not cosigned by \(source.name) under the key that was given for"
                    + " it; cosign it with proofreel witness --file")
        }
        let head = try log.keySet.open(carried)
        let stem = AnchorFolder.stem(head.size, source.name)
        let file = "\(stem).\(source.type.suffix)"
        if let known = try log.anchor(file: file) { return known }
        guard head.size <= log.size, try log.root(at: head.size) == head.root else {
            let words =
                "the witness \(source.name) has cosigned \(head.size) leaves that are not those of"
                + " this log: it is an older copy, or one of the two was rewritten"
            try raise("fork", words)
            throw Failure(.corrupt, words)
        }
        guard head.size > current.confirmed?.size ?? 0 else {
            throw Failure(.refused, "\(source.name) has confirmed a larger tree already")
        }
        try folder.setDue(source.name, carried)
        let proof = carried.encode()
        try folder.write(file, proof)
        let leaf = try conclude(
            head, file, try sums(AnchorFolder.stem(head.size, source.name), proof))
        outside.note(time)
        return leaf
    }

    /// Of the files as they are now.
    private func sums(_ stem: String, _ proof: [UInt8]) throws(Failure) -> AnchorSums {
        let chain = source.type == .stamp ? try folder.read("\(stem).pem") : nil
        let list = source.type == .stamp ? try folder.read("\(stem).crl") : nil
        return AnchorSums(
            proof: SHA256.hash(proof.span), chain: chain.map { SHA256.hash($0.span) },
            revocations: list.map { SHA256.hash($0.span) })
    }

    /// 4 and 5.
    private func conclude(
        _ head: Checkpoint, _ file: String, _ sums: AnchorSums
    ) throws(Failure) -> AnchorLeaf {
        let receipt = try log.addAnchor(
            type: source.type.rawValue, head, file: file, sums)
        guard let leaf = AnchorLeaf(receipt.leaf, index: receipt.index) else {
            preconditionFailure("the log made another leaf than an anchor")
        }
        try folder.clearDue(source.name)
        return leaf
    }

    /// A time before one that this very checkpoint already contains is false, whoever signed it.
    private func take(_ time: WallTime) throws(Failure) {
        let offset = (time.microseconds - clock.now.microseconds) / 1_000_000
        state.withLock { $0.offsetSeconds = offset }
        if let newest = outside.newest,
            time < newest.adding(seconds: -Bracket.clockSeconds)
        {
            let words =
                "\(source.name) states \(time), but this checkpoint contains an anchor of"
                + " \(newest): one of the two clocks is wrong"
            try raise("anchor-time", words)
            throw Failure(.refused, words)
        }
        outside.note(time)
    }

    private func cosign(
        _ note: SignedNote, _ head: Checkpoint, _ client: WitnessClient
    ) throws(Failure) -> (SignedNote, WallTime) {
        var old = min(current.confirmed?.size ?? 0, head.size)
        // The second round starts from where the witness says that it is.
        for round in 0..<2 {
            let proof = try log.consistency(from: old, to: head)
            switch try client.add(AddCheckpoint(oldSize: old, proof: proof, note: note)) {
            case .cosigned(let cosigned, let time): return (cosigned, time)
            case .inconsistent:
                let words =
                    "the witness \(source.name) saw another history of \(old) leaves than this log"
                    + " has: one of the two was rewritten, or two servers use one key"
                try raise("fork", words)
                throw Failure(.corrupt, words)
            case .conflict(let size) where size > head.size:
                let words =
                    "the witness \(source.name) saw \(size) leaves of this log, which has"
                    + " \(head.size): this is an older copy, or two servers use one key"
                try raise("rollback", words)
                throw Failure(.dataLoss, words)
            case .conflict(let size) where size == old:
                let words =
                    "the witness \(source.name) saw another tree of \(size) leaves than this log"
                    + " has: its history was rewritten, or two servers use one key"
                try raise("fork", words)
                throw Failure(.corrupt, words)
            case .conflict(let size):
                guard round == 0 else {
                    throw Failure(
                        .busy, "the witness \(source.name) is being asked by another server, too")
                }
                old = size
            }
        }
        preconditionFailure("two rounds end in an answer or a failure")
    }

    /// Stands in the log, in the status and on the console; once, until it is mended.
    private func raise(_ what: String, _ words: String) throws(Failure) {
        let isNew = state.withLock { state in
            defer { state.alarm = words }
            return state.alarm != words
        }
        guard isNew else { return }
        try log.recordIncident(what, String(words.prefix(900)))
    }

    // MARK: What a stop left

    private func takeUp() {
        do throws(Failure) {
            guard let note = try folder.due(source.name) else { return }
            let head = try Checkpoint(text: note.text)
            let stem = AnchorFolder.stem(head.size, source.name)
            let file = "\(stem).\(source.type.suffix)"
            if try log.anchor(file: file) != nil { return try folder.clearDue(source.name) }
            let proof = try folder.read(file)
            if source.isCarried, proof == nil { return try folder.clearDue(source.name) }
            state.withLock { $0.isAsked = true }
            guard let proof, try log.root(at: head.size) == head.root else {
                return
            }
            let sums = try sums(stem, proof)
            let leaf = AnchorLeaf(
                type: source.type.rawValue, head, file: file, sums, time: clock.now)
            let time = try AnchorFile(leaf, in: folder).time(AnchorTrust([source]))
            try take(time)
            ended(.success(try conclude(head, file, sums)))
            state.withLock { $0.isAsked = false }
        } catch {
            // Whatever it is, asking again makes it whole.
            state.withLock { $0.isAsked = true }
            say("what \(source.name) answered before the last stop is of no use: \(error.words)")
        }
    }
}

/// The newest instant that any outside clock has stated for this log.
final class OutsideTime: Sendable {
    private let time = Monitor<WallTime?>(nil)

    var newest: WallTime? { time.withLock { $0 } }

    func note(_ new: WallTime) { time.withLock { $0 = max($0 ?? new, new) } }
}

/// What all workers share.
struct AnchorSetting: Sendable {
    let log: EvidenceLog
    let folder: AnchorFolder
    let archive: AnchorArchive
    let clock: any Clock
    let outside: OutsideTime
    let say: @Sendable (String) -> Void
}

extension AnchorSource {
    func interval(isIdle: Bool) -> Int64 {
        isIdle ? max(interval, AnchorWorker.idleSeconds) : interval
    }
}

extension EvidenceLog {
    private static let anchorsLookedAtMax: UInt64 = 32

    /// Whether anything but anchors came after what this one vouches for.
    func hasNews(since anchor: AnchorLeaf) -> Bool {
        let size = self.size
        guard size > anchor.size else { return false }
        guard size - anchor.size <= Self.anchorsLookedAtMax else { return true }
        do throws(Failure) {
            for index in anchor.size..<size where try leaf(at: index).kind != .anchor {
                return true
            }
            return false
        } catch {
            return true
        }
    }

    /// Between two trees of this log, neither of which need be the newest.
    func consistency(from old: UInt64, to head: Checkpoint) throws(Failure) -> [Digest] {
        try consistency(from: old, to: head.size, root: head.root)
    }
}
