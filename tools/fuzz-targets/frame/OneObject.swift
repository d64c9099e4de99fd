import Base
import Linux
import Store

/// A store of one object, whatever it is asked for; for reading alone.
final class OneObject: StorageEngine {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func length(of object: ObjectName) throws(Failure) -> UInt64 { UInt64(bytes.count) }

    func read(
        _ object: ObjectName, at offset: UInt64, count: Int, into buffer: inout [UInt8]
    ) throws(Failure) {
        let start = Int(min(offset, UInt64(bytes.count)))
        buffer = Array(bytes[start..<min(start + count, bytes.count)])
    }

    private var refusal: Failure { Failure(.readOnly, "this store is for reading") }

    func claim() throws(Failure) -> Epoch { throw refusal }
    func create(_ object: ObjectName, epoch: Epoch) throws(Failure) { throw refusal }
    func append(
        _ bytes: Span<UInt8>, to object: ObjectName, at offset: UInt64, epoch: Epoch
    ) throws(Failure) { throw refusal }
    func sync(_ object: ObjectName, epoch: Epoch) throws(Failure) { throw refusal }
    func appender(
        for object: ObjectName, from length: UInt64, capacity: UInt64, epoch: Epoch
    ) throws(Failure) -> any ObjectAppender { throw refusal }
    func remove(_ object: ObjectName, epoch: Epoch) throws(Failure) { throw refusal }
    func erase(_ place: Locator, epoch: Epoch) throws(Failure) { throw refusal }
    func get(_ key: [UInt8], in shard: Shard) throws(Failure) -> [UInt8]? { nil }
    func range(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] { [] }
    func apply(_ writes: [ShardWrite], epoch: Epoch) throws(Failure) { throw refusal }
    func putIfAbsent(
        _ key: [UInt8], _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> [UInt8] { throw refusal }
    func compareAndSet(
        _ key: [UInt8], expected: [UInt8]?, _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> Bool { throw refusal }
    func removeShard(_ shard: Shard, epoch: Epoch) throws(Failure) { throw refusal }
    func syncMaps(epoch: Epoch) throws(Failure) { throw refusal }
    func inspect(_ report: (EngineFinding) -> Void) throws(Failure) {}
    func close() throws(Failure) {}
}
