package import Base
internal import Linux

extension EmbeddedEngine {
    package func get(_ key: [UInt8], in shard: Shard) throws(Failure) -> [UInt8]? {
        try maps.get(key, in: shard)
    }

    package func range(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] {
        try maps.range(shard, from: from, to: to, descending: descending, limit: limit)
    }

    package func apply(_ writes: [ShardWrite], epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        try maps.apply(writes)
    }

    package func apply(_ batch: MapBatch, epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        try maps.apply(batch)
    }

    package func putIfAbsent(
        _ key: [UInt8], _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> [UInt8] {
        try guardWrite(epoch)
        return try exclusively { () throws(Failure) in
            if let present = try maps.get(key, in: shard) { return present }
            try maps.apply([ShardWrite(shard, put: key, value)])
            return value
        }
    }

    package func compareAndSet(
        _ key: [UInt8], expected: [UInt8]?, _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> Bool {
        try guardWrite(epoch)
        return try exclusively { () throws(Failure) in
            guard try maps.get(key, in: shard) == expected else { return false }
            try maps.apply([ShardWrite(shard, put: key, value)])
            return true
        }
    }

    /// Read-then-write must not interleave with another one; plain puts need no such care.
    private func exclusively<R>(_ body: () throws(Failure) -> R) throws(Failure) -> R {
        try conditionalWrites.withLock { _ throws(Failure) in try body() }
    }

    package func removeShard(_ shard: Shard, epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        try maps.remove(shard)
    }

    package func syncMaps(epoch: Epoch) throws(Failure) {
        try guardWrite(epoch)
        try maps.sync()
    }

    /// Nil when there is no index to read.
    package func mapCursor() throws(Failure) -> MapCursor? { try maps.cursor() }
}
