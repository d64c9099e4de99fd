package import Base
package import EvidenceFormat
internal import IndexFormat
internal import Linux
internal import Store

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
        /// The disk or a group is free: for the leader of the open group.
        static let turn = 0
        /// A thread has copied its bytes.
        static let copied = 1
        /// The group before is finished: for a leader that has written.
        static let order = 2
        /// The open group was taken: for threads that found it full.
        static let room = 3
        /// The care thread should look up.
        static let care = 4
        /// A group is finished, one condition each, so that nobody is woken for another's group.
        static func finished(_ group: Group) -> Int { 5 + group.slot }
        static let count = 5 + groupCount
        static let groupCount = 3
    }

    struct State {
        var open: Group
        var spare: [Group]
        var nextIndex: UInt64
        var groupsOpened: UInt64
        var groupsFinished: UInt64
        var writing = false
        var stop: Failure?
        var closing = false
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
    let monitor: Monitor<State>
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
        let groups = (0..<Wake.groupCount).map { Group(slot: $0, arenaBytes: options.groupBytes) }
        groups[0].reset(
            number: 1, firstIndex: start.edge.size, segment: start.segment, offset: start.offset)
        monitor = Monitor(
            State(
                open: groups[0], spare: Array(groups[1...]), nextIndex: start.edge.size,
                groupsOpened: 1, groupsFinished: 0, head: start.head, persisted: start.persisted,
                newestTime: start.newestTime),
            conditions: Wake.count)
        finisher = Finisher(start, engine: engine, identity: identity)
        writer = SegmentWriter(
            engine, epoch: epoch, origin: identity.origin, options: options, start)
        care = Care()
    }

    package var origin: String { identity.origin }
    package var rootKey: VerifierKey { identity.rootKey }
    package var keySet: KeySet { identity.keySet }

    /// The newest signed tree head.
    package var checkpoint: SignedNote { monitor.withLock { $0.head.note } }
    package var size: UInt64 { monitor.withLock { $0.head.checkpoint.size } }

    /// Why nothing is acknowledged any more; nil while all is well.
    package var stopped: Failure? { monitor.withLock { $0.stop } }

    func stop(_ failure: Failure) {
        monitor.withLock { state in
            if state.stop == nil { state.stop = failure }
        }
        for condition in 0..<Wake.count { monitor.broadcast(condition) }
    }

    /// Runs `body` with the lock held; it may wait on the monitor, so it must not keep the state.
    func locked<R>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
        monitor.lock()
        defer { monitor.unlock() }
        return try body()
    }
}
