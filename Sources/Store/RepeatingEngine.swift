package import Base
package import Linux

/// Repeats writes whose outcome is unknown, so that nobody above meets that answer unless it stays.
/// The seam makes repeating safe; here is what it takes to tell the second answer from the first: a
/// name that exists was made by the first try, and one that is gone was removed by it.
package final class RepeatingEngine: StorageEngine {
    static let attemptsMax = 5

    private let engine: any StorageEngine

    package init(_ engine: any StorageEngine) { self.engine = engine }

    /// `done` is the kind of failure which says that an earlier try had happened.
    static func persistently<R>(
        _ done: (kind: FailureKind, result: R)? = nil, _ body: () throws(Failure) -> R
    ) throws(Failure) -> R {
        var attempt = 1
        while true {
            do {
                return try body()
            } catch {
                if attempt > 1, let done, error.kind == done.kind { return done.result }
                guard error.kind == .unknownOutcome, attempt < attemptsMax else { throw error }
                attempt += 1
            }
        }
    }

    /// Every claim that happened counts; the newest is ours.
    package func claim() throws(Failure) -> Epoch {
        try Self.persistently { () throws(Failure) in try engine.claim() }
    }

    package func create(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try Self.persistently((.alreadyExists, ())) { () throws(Failure) in
            try engine.create(object, epoch: epoch)
        }
    }

    package func length(of object: ObjectName) throws(Failure) -> UInt64 {
        try engine.length(of: object)
    }

    package func read(
        _ object: ObjectName, at offset: UInt64, count: Int, into buffer: inout [UInt8]
    ) throws(Failure) {
        try engine.read(object, at: offset, count: count, into: &buffer)
    }

    package func slice(_ place: Locator) throws(Failure) -> FileSlice? {
        try engine.slice(place)
    }

    package func append(
        _ bytes: Span<UInt8>, to object: ObjectName, at offset: UInt64, epoch: Epoch
    ) throws(Failure) {
        try Self.persistently { () throws(Failure) in
            try engine.append(bytes, to: object, at: offset, epoch: epoch)
        }
    }

    package func sync(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try Self.persistently { () throws(Failure) in try engine.sync(object, epoch: epoch) }
    }

    package func appender(
        for object: ObjectName, from length: UInt64, capacity: UInt64, epoch: Epoch
    ) throws(Failure) -> any ObjectAppender {
        let appender = try Self.persistently { () throws(Failure) in
            try engine.appender(for: object, from: length, capacity: capacity, epoch: epoch)
        }
        return RepeatingAppender(appender)
    }

    package func remove(_ object: ObjectName, epoch: Epoch) throws(Failure) {
        try Self.persistently((.notFound, ())) { () throws(Failure) in
            try engine.remove(object, epoch: epoch)
        }
    }

    package func erase(_ place: Locator, epoch: Epoch) throws(Failure) {
        try Self.persistently { () throws(Failure) in try engine.erase(place, epoch: epoch) }
    }

    package func get(_ key: [UInt8], in shard: Shard) throws(Failure) -> [UInt8]? {
        try engine.get(key, in: shard)
    }

    package func range(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] {
        try engine.range(shard, from: from, to: to, descending: descending, limit: limit)
    }

    package func apply(_ writes: [ShardWrite], epoch: Epoch) throws(Failure) {
        try Self.persistently { () throws(Failure) in try engine.apply(writes, epoch: epoch) }
    }

    package func apply(_ batch: MapBatch, epoch: Epoch) throws(Failure) {
        try Self.persistently { () throws(Failure) in try engine.apply(batch, epoch: epoch) }
    }

    package func putIfAbsent(
        _ key: [UInt8], _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> [UInt8] {
        try Self.persistently { () throws(Failure) in
            try engine.putIfAbsent(key, value, in: shard, epoch: epoch)
        }
    }

    /// After a first try without an answer, finding `value` counts as having put it there.
    package func compareAndSet(
        _ key: [UInt8], expected: [UInt8]?, _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> Bool {
        var attempts = 0
        return try Self.persistently { () throws(Failure) in
            attempts += 1
            let done = try engine.compareAndSet(
                key, expected: expected, value, in: shard, epoch: epoch)
            if done || attempts == 1 { return done }
            return try engine.get(key, in: shard) == value
        }
    }

    package func removeShard(_ shard: Shard, epoch: Epoch) throws(Failure) {
        try Self.persistently { () throws(Failure) in try engine.removeShard(shard, epoch: epoch) }
    }

    package func syncMaps(epoch: Epoch) throws(Failure) {
        try Self.persistently { () throws(Failure) in try engine.syncMaps(epoch: epoch) }
    }

    package func inspect(_ report: (EngineFinding) -> Void) throws(Failure) {
        try engine.inspect(report)
    }

    package func close() throws(Failure) { try engine.close() }
}

private final class RepeatingAppender: ObjectAppender {
    private let appender: any ObjectAppender

    init(_ appender: any ObjectAppender) { self.appender = appender }

    var length: UInt64 { appender.length }

    func append(_ arena: PageArena) throws(Failure) {
        try RepeatingEngine.persistently { () throws(Failure) in try appender.append(arena) }
    }

    func finish() throws(Failure) {
        try RepeatingEngine.persistently { () throws(Failure) in try appender.finish() }
    }
}
