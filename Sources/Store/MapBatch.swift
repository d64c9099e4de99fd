package import Base

/// Changes to shards in the order they were made, one after the other in one stretch of memory: a
/// leaf changes ten keys, and an array for each of their parts costs more than what is done with
/// them. Owned by whoever fills it; limit `count` there.
package struct MapBatch: Sendable {
    private struct Entry {
        let start: Int
        let nameBytes: Int
        let keyBytes: Int
        /// Nil removes the key.
        let valueBytes: Int?
    }

    /// Of every change: table, shard name, key, value.
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []

    package init() {}

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// Empties it and keeps the memory for the next round.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }

    package mutating func put(
        _ shard: Shard, key: (inout [UInt8]) -> Void, value: (inout [UInt8]) -> Void = { _ in }
    ) {
        let (start, keyBytes) = begin(shard, key)
        let valueStart = bytes.count
        value(&bytes)
        entries.append(
            Entry(
                start: start, nameBytes: shard.name.count, keyBytes: keyBytes,
                valueBytes: bytes.count - valueStart))
    }

    package mutating func put(_ shard: Shard, _ key: [UInt8], _ value: [UInt8] = []) {
        put(shard, key: { $0 += key }, value: { $0 += value })
    }

    package mutating func remove(_ shard: Shard, key: (inout [UInt8]) -> Void) {
        let (start, keyBytes) = begin(shard, key)
        entries.append(
            Entry(
                start: start, nameBytes: shard.name.count, keyBytes: keyBytes, valueBytes: nil))
    }

    private mutating func begin(
        _ shard: Shard, _ key: (inout [UInt8]) -> Void
    ) -> (start: Int, keyBytes: Int) {
        let start = bytes.count
        bytes.append(shard.table)
        bytes += shard.name
        let keyStart = bytes.count
        key(&bytes)
        return (start, bytes.count - keyStart)
    }

    /// Table, shard name and key in one; and the value, nil where the key is removed.
    package func forEach(_ body: (_ key: Span<UInt8>, _ value: Span<UInt8>?) -> Void) {
        for entry in entries {
            let end = entry.start + 1 + entry.nameBytes + entry.keyBytes
            let key = bytes.span.extracting(entry.start..<end)
            if let valueBytes = entry.valueBytes {
                body(key, bytes.span.extracting(end..<(end + valueBytes)))
            } else {
                body(key, nil)
            }
        }
    }

    /// The same one by one.
    package var writes: [ShardWrite] {
        entries.map { entry in
            let nameStart = entry.start + 1
            let keyStart = nameStart + entry.nameBytes
            let end = keyStart + entry.keyBytes
            let shard = Shard(table: bytes[entry.start], name: Array(bytes[nameStart..<keyStart]))
            let key = Array(bytes[keyStart..<end])
            guard let valueBytes = entry.valueBytes else { return ShardWrite(shard, remove: key) }
            return ShardWrite(shard, put: key, Array(bytes[end..<(end + valueBytes)]))
        }
    }
}

extension StorageEngine {
    package func apply(_ batch: MapBatch, epoch: Epoch) throws(Failure) {
        try apply(batch.writes, epoch: epoch)
    }
}
