package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import Store
internal import Synchronization

/// The evidence log: leaves and payloads in segments, the tree over them, and the index to find
/// them.
///
/// Invariants (`docs/storage-format.md` numbers them):
/// - A leaf is acknowledged only when its frame is durable, the tree contains it, a checkpoint that
///   covers it is signed, and the index finds it. One sync per group of leaves.
/// - A checkpoint is signed only after everything it covers is durable; a smaller tree is never
///   signed again.
/// - After the first failed write or sync nothing is acknowledged or signed until the log is opened
///   again; reading goes on.
///
/// Any thread may call any method. Threads that append take turns at writing; see `+Commit`.
package final class EvidenceLog: Sendable {
    package struct Options: Sendable {
        package var site = "site"
        package var segmentBytes: UInt64 = 256 << 20
        /// A group takes no further leaf beyond this; one larger payload makes its own group.
        package var groupBytes = 16 << 20
        /// What a crash may leave to be replayed.
        package var persistLeaves: UInt64 = 20_000
        package var persistSeconds: UInt64 = 60
        /// How far the clock may stand before the newest leaf at start.
        package var clockBackSeconds: Int64 = 300
        package var version = "0.1"
        package var binary = Digest.zero
        package var configuration = Digest.zero
        /// Off in tests that drive upkeep by hand.
        package var careThread = true
        package init() {}
    }

    /// Conditions of `monitor`.
    enum Wake {
        /// There is a group to write, and room for the next one: for the disk thread.
        static let disk = 0
        /// A group was closed, or is written: for the finishing thread.
        static let finish = 1
        /// A group is finished: for whoever waits until all are.
        static let order = 2
        /// The open group was taken: for threads that found it full.
        static let room = 3
        /// The care thread should look up.
        static let care = 4
        static let count = 5
    }

    /// One fills, one is written, one is finished, and one is ready when both of these are late.
    private static let groupCount = 4

    struct State {
        var open: Group
        var spare: [Group]
        var nextIndex: UInt64
        var groupsOpened: UInt64
        var groupsFinished: UInt64
        /// Somebody has the disk: the disk thread, or a caller that is alone.
        var writing = false
        /// Closed groups in order, until the finishing thread takes them.
        var toFinish: [Group] = []
        var lines: CommitLines?
        var stop: Failure?
        var closing = false
        /// Nothing can come any more: the threads end.
        var ended = false
        var head: SignedHead
        var chains = ChainCache()
        var requests = RequestCache()
        /// Segments that are full and wait for their seal leaf.
        var unsealed: [SegmentSeal] = []
        /// What survives a power cut without replay.
        var persisted: UInt64
        /// The open segment's digest as it stands at `head`.
        var digestState: [UInt8] = []
        var newestTime: WallTime
        var holds: [ActiveHold] = []
        var policies = PolicyHistory()
    }

    let engine: any StorageEngine
    let epoch: Epoch
    let identity: LogIdentity
    let clock: any Clock
    package let options: Options
    let rows: TreeRows
    let cache = ReadCache()
    let monitor: Monitor<State>
    let groups: [Group]
    /// Threads inside `commit`.
    let callers = Atomic<Int>(0)
    /// Touched only by the thread whose turn it is to finish a group.
    let finisher: Finisher
    /// Touched only by the thread whose turn it is to write.
    let writer: SegmentWriter
    let care: Care
    /// Held while a hold, a release, a policy or a removal is decided and written down, so that
    /// none of them is decided on what another one is just changing.
    let decisions = Monitor(false)

    init(
        engine: any StorageEngine, epoch: Epoch, identity: LogIdentity, clock: any Clock,
        options: Options, start: LogStart
    ) {
        self.engine = engine
        self.epoch = epoch
        self.identity = identity
        self.clock = clock
        self.options = options
        rows = start.rows
        groups = (0..<Self.groupCount).map { _ in Group(arenaBytes: options.groupBytes) }
        groups[0].reset(
            number: 1, firstIndex: start.edge.size, segment: start.segment, offset: start.offset)
        monitor = Monitor(
            State(
                open: groups[0], spare: Array(groups[1...]), nextIndex: start.edge.size,
                groupsOpened: 1, groupsFinished: 0, head: start.head, persisted: start.persisted,
                newestTime: start.newestTime),
            conditions: Wake.count)
        finisher = Finisher(start, engine: engine, identity: identity, cache: cache)
        writer = SegmentWriter(
            engine, epoch: epoch, origin: identity.origin, options: options, start)
        care = Care()
    }

    /// The threads hold the log only while they work, so that they cannot be inside it now.
    deinit {
        monitor.withLock { $0.ended = true }
        wakeAll()
    }

    package var origin: String { identity.origin }
    /// The clock that leaves are dated by.
    package var now: WallTime { clock.now }
    package var rootKey: VerifierKey { identity.rootKey }
    package var keySet: KeySet { identity.keySet }

    /// The newest signed tree head.
    package var checkpoint: SignedNote { monitor.withLock { $0.head.note } }
    package var size: UInt64 { monitor.withLock { $0.head.checkpoint.size } }

    /// Why nothing is acknowledged any more; nil while all is well.
    package var stopped: Failure? { monitor.withLock { $0.stop } }

    /// The first failure counts. Whoever waits for a group hears of it.
    func stop(_ failure: Failure) {
        let ended = monitor.withLock { state in
            let reason = state.stop ?? failure
            state.stop = reason
            return groups.filter { $0.number > state.groupsFinished }.map(\.outcome)
                .filter { $0.settle(.failure(reason)) }
        }
        for outcome in ended { outcome.open() }
        wakeAll()
    }

    func wakeAll() {
        for condition in 0..<Wake.count { monitor.broadcast(condition) }
    }

    /// Runs `body` with the lock held; it may wait on the monitor, so it must not keep the state.
    func locked<R>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
        monitor.lock()
        defer { monitor.unlock() }
        return try body()
    }
}
