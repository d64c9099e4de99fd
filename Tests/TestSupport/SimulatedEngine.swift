package import Base
internal import Glibc
internal import Linux
package import Store
internal import Synchronization

/// What a `SimulatedEngine` talks to: the storage machines, which outlive the process.
package final class SimulatedCluster: Sendable {
    struct Object {
        var bytes: [UInt8] = []
        /// Appends that no sync covers yet end here, oldest first.
        var durable = 0
    }
    struct State {
        var epoch: UInt64 = 0
        var objects: [ObjectName: Object] = [:]
        var maps: [Shard: [[UInt8]: [UInt8]]] = [:]
        var durableMaps: [Shard: [[UInt8]: [UInt8]]] = [:]
        /// Map writes since the last sync, oldest first.
        var unsynced: [MapChange] = []
        var writes = 0
        /// The same for each thread: the tries of one write follow each other there.
        var writesOfThread: [UInt: Int] = [:]
        var doubts: Doubts = .none
    }
    enum MapChange {
        case writes([ShardWrite])
        case removeShard(Shard)
    }

    /// Which writes end in `.unknownOutcome`.
    package enum Doubts: Sendable {
        case none
        /// Every one, and again so often before it is known to have happened.
        case every(repeats: Int, happened: Bool)
        /// One in three, some of them happened.
        case some(seed: UInt64)
        /// From the n-th write on none is known to have happened, and some have.
        case silent(from: Int, seed: UInt64)
    }

    let state = Monitor(State())

    package init() {}

    package func set(_ doubts: Doubts) {
        state.withLock { state in
            state.doubts = doubts
            state.writes = 0
            state.writesOfThread = [:]
        }
    }

    package var writeCount: Int { state.withLock { $0.writes } }

    /// The storage machines lose power: unsynced appends and map writes survive as a prefix.
    package func powerCut(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        state.withLock { state in
            for name in state.objects.keys.sorted(by: { $0.description < $1.description }) {
                guard var object = state.objects[name] else { continue }
                let length = Int.random(in: object.durable...object.bytes.count, using: &random)
                object.bytes.removeLast(object.bytes.count - length)
                object.durable = length
                state.objects[name] = object
            }
            let kept = Int.random(in: 0...state.unsynced.count, using: &random)
            var maps = state.durableMaps
            for change in state.unsynced.prefix(kept) { change.apply(to: &maps) }
            state.maps = maps
            state.durableMaps = maps
            state.unsynced = []
        }
    }
}

extension SimulatedCluster.MapChange {
    func apply(to maps: inout [Shard: [[UInt8]: [UInt8]]]) {
        switch self {
        case .writes(let writes):
            for write in writes {
                switch write.operation {
                case .put(let key, let value): maps[write.shard, default: [:]][key] = value
                case .remove(let key): maps[write.shard]?[key] = nil
                }
            }
        case .removeShard(let shard): maps[shard] = nil
        }
    }
}

/// An engine in memory that behaves as one over a network does: the machines check every write's
/// epoch, any write may end in `.unknownOutcome`, and nothing can be erased inside an object.
package final class SimulatedEngine: StorageEngine {
    let cluster: SimulatedCluster
    private let isClosed = Atomic<Bool>(false)

    package init(_ cluster: SimulatedCluster) { self.cluster = cluster }

    private func requireOpen() throws(Failure) {
        guard !isClosed.load(ordering: .sequentiallyConsistent) else {
            throw Failure(.stopped, "the store is closed")
        }
    }

    /// One write: refused for an old epoch, made or not, and answered or not.
    func write<R>(
        _ epoch: Epoch?, _ body: (inout SimulatedCluster.State) throws(Failure) -> R
    ) throws(Failure) -> R {
        try requireOpen()
        return try cluster.state.withLock { state throws(Failure) in
            if let epoch, epoch.number != state.epoch {
                throw Failure(
                    .fenced, "another writer has taken over this store; this one must stop")
            }
            let number = state.writes
            state.writes += 1
            let thread = UInt(pthread_self())
            let ofThread = state.writesOfThread[thread, default: 0]
            state.writesOfThread[thread] = ofThread + 1
            switch state.doubts.fate(of: number, ofThread: ofThread) {
            case .answered: return try body(&state)
            case .lost: throw Self.unknown
            case .unanswered:
                _ = try body(&state)
                throw Self.unknown
            }
        }
    }

    private static let unknown = Failure(
        .unknownOutcome, "no answer from the storage machines; repeat the write")

    package func claim() throws(Failure) -> Epoch {
        try write(nil) { state in
            state.epoch += 1
            return Epoch(state.epoch)
        }
    }

    // MARK: Objects

    package func create(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try write(epoch) { state throws(Failure) in
            guard state.objects[object] == nil else {
                throw Failure(.alreadyExists, "\(object) exists already")
            }
            state.objects[object] = SimulatedCluster.Object()
        }
    }

    package func length(of object: ObjectName) throws(Failure) -> UInt64 {
        try cluster.state.withLock { state throws(Failure) in
            UInt64(try Self.object(object, state).bytes.count)
        }
    }

    private static func object(
        _ name: ObjectName, _ state: SimulatedCluster.State
    ) throws(Failure) -> SimulatedCluster.Object {
        guard let object = state.objects[name] else {
            throw Failure(.notFound, "there is no object \(name)")
        }
        return object
    }

    package func read(
        _ object: ObjectName, at offset: UInt64, count: Int, into buffer: inout [UInt8]
    ) throws(Failure) {
        buffer = try cluster.state.withLock { state throws(Failure) in
            let bytes = try Self.object(object, state).bytes
            let from = Int(min(offset, UInt64(bytes.count)))
            return Array(bytes[from..<min(from + count, bytes.count)])
        }
    }

    package func append(
        _ bytes: Span<UInt8>, to object: ObjectName, at offset: UInt64, epoch: Epoch
    ) throws(Failure) {
        try append(Array(span: bytes), object, offset, epoch, durable: false)
    }

    func append(
        _ bytes: [UInt8], _ name: ObjectName, _ offset: UInt64, _ epoch: Epoch, durable: Bool
    ) throws(Failure) {
        try write(epoch) { state throws(Failure) in
            var object = try Self.object(name, state)
            try object.cut(to: offset, name)
            object.bytes.append(contentsOf: bytes)
            if durable { object.durable = object.bytes.count }
            state.objects[name] = object
        }
    }

    package func sync(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try write(epoch) { state throws(Failure) in
            var kept = try Self.object(object, state)
            kept.durable = kept.bytes.count
            state.objects[object] = kept
        }
    }

    package func appender(
        for object: ObjectName, from length: UInt64, capacity: UInt64, epoch: Epoch
    ) throws(Failure) -> any ObjectAppender {
        try write(epoch) { state throws(Failure) in
            var kept = try Self.object(object, state)
            try kept.cut(to: length, object)
            kept.durable = kept.bytes.count
            state.objects[object] = kept
        }
        return SimulatedAppender(self, object, epoch, length)
    }

    package func remove(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try write(epoch) { state throws(Failure) in
            _ = try Self.object(object, state)
            state.objects[object] = nil
        }
    }

    package func erase(_ place: Locator, epoch: Epoch) throws(Failure) {
        try write(epoch) { state throws(Failure) in _ = try Self.object(place.object, state) }
        throw Failure(.unsupported, "this storage cannot erase inside \(place.object)")
    }

    // MARK: Maps

    package func get(_ key: [UInt8], in shard: Shard) throws(Failure) -> [UInt8]? {
        cluster.state.withLock { $0.maps[shard]?[key] }
    }

    package func range(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] {
        let entries = cluster.state.withLock { $0.maps[shard] ?? [:] }
        let inside = entries.keys.filter { key in
            !key.lexicographicallyPrecedes(from)
                && (to.map { key.lexicographicallyPrecedes($0) } ?? true)
        }
        let ascending = inside.sorted { $0.lexicographicallyPrecedes($1) }
        let keys = descending ? Array(ascending.reversed()) : ascending
        return keys.prefix(max(0, limit)).compactMap { key in
            entries[key].map { MapEntry(key: key, value: $0) }
        }
    }

    private static func apply(
        _ change: SimulatedCluster.MapChange, _ state: inout SimulatedCluster.State
    ) {
        change.apply(to: &state.maps)
        state.unsynced.append(change)
    }

    package func apply(_ writes: [ShardWrite], epoch: Epoch) throws(Failure) {
        try write(epoch) { state in Self.apply(.writes(writes), &state) }
    }

    package func putIfAbsent(
        _ key: [UInt8], _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> [UInt8] {
        try write(epoch) { state in
            if let present = state.maps[shard]?[key] { return present }
            Self.apply(.writes([ShardWrite(shard, put: key, value)]), &state)
            return value
        }
    }

    package func compareAndSet(
        _ key: [UInt8], expected: [UInt8]?, _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> Bool {
        try write(epoch) { state in
            guard state.maps[shard]?[key] == expected else { return false }
            Self.apply(.writes([ShardWrite(shard, put: key, value)]), &state)
            return true
        }
    }

    package func removeShard(_ shard: Shard, epoch: Epoch) throws(Failure) {
        try write(epoch) { state in Self.apply(.removeShard(shard), &state) }
    }

    package func syncMaps(epoch: Epoch) throws(Failure) {
        try write(epoch) { state in
            state.durableMaps = state.maps
            state.unsynced = []
        }
    }

    package func inspect(_ report: (EngineFinding) -> Void) throws(Failure) {}

    package func close() throws(Failure) { isClosed.store(true, ordering: .sequentiallyConsistent) }
}

extension SimulatedCluster.Object {
    mutating func cut(to offset: UInt64, _ name: ObjectName) throws(Failure) {
        guard bytes.count >= offset else {
            throw Failure(
                .dataLoss, "\(name) has \(bytes.count) bytes where \(offset) were written")
        }
        bytes.removeLast(bytes.count - Int(offset))
        durable = min(durable, bytes.count)
    }
}

extension SimulatedCluster.Doubts {
    enum Fate { case answered, unanswered, lost }

    func fate(of number: Int, ofThread: Int) -> Fate {
        switch self {
        case .none: return .answered
        case .every(let repeats, let happened):
            return ofThread % (repeats + 1) == repeats ? .answered : happened ? .unanswered : .lost
        case .some(let seed):
            var random = SeededRandom(seed: seed &+ UInt64(number))
            switch random.next() % 6 {
            case 0: return .unanswered
            case 1: return .lost
            default: return .answered
            }
        case .silent(let from, let seed):
            if number < from { return .answered }
            var random = SeededRandom(seed: seed &+ UInt64(number))
            return random.next() % 2 == 0 ? .unanswered : .lost
        }
    }
}

private final class SimulatedAppender: ObjectAppender {
    private let engine: SimulatedEngine
    private let object: ObjectName
    private let epoch: Epoch
    private let end: Atomic<UInt64>

    init(_ engine: SimulatedEngine, _ object: ObjectName, _ epoch: Epoch, _ length: UInt64) {
        self.engine = engine
        self.object = object
        self.epoch = epoch
        end = Atomic(length)
    }

    var length: UInt64 { end.load(ordering: .sequentiallyConsistent) }

    func append(_ arena: PageArena) throws(Failure) {
        try engine.append(Array(span: arena.bytes), object, length, epoch, durable: true)
        end.wrappingAdd(UInt64(arena.count), ordering: .sequentiallyConsistent)
    }

    func finish() throws(Failure) { try engine.write(epoch) { _ in } }
}
