internal import Base
internal import Linux
internal import RocksDB

/// All shards in one RocksDB: key = table ‖ shard name ‖ key, so a shard is a range and a batch
/// over several shards is one atomic write, which is more than the seam promises.
final class Maps: Sendable {
    /// Table, one byte of shard, sixteen bytes of hash: what point lookups and posting scans share.
    private static let prefixBytes = 18

    private let path: String
    /// Nil only in a read-only store whose index is missing; the index is derived data.
    private let database: Database?
    /// Why a read-only store goes without its index.
    let damage: Failure?

    init(_ path: String, _ options: EmbeddedEngine.Options) throws(Failure) {
        self.path = path
        let files = RealFileSystem()
        let isUsable = !options.withoutMaps && files.exists("\(path)/CURRENT")
        if options.readOnly && !isUsable {
            database = nil
            damage = Failure(.notFound, "the index is missing")
            return
        }
        if !options.readOnly {
            try files.createDirectory(path)
            // From here on the sums are not true any more.
            try FileSums.discard(path)
        }
        var native = Database.Options()
        native.blockCacheBytes = options.mapCacheBytes
        native.writeBufferBytes = options.mapBufferBytes
        native.prefixByteCount = Self.prefixBytes
        native.readOnly = options.readOnly
        native.createIfMissing = !options.readOnly
        native.maxOpenFiles = 256
        do {
            try TableTail.check(tablesOf: path, files)
            database = try Database(path: path, options: native)
            damage = nil
        } catch  where options.readOnly {
            database = nil
            damage = error
        } catch {
            guard error.kind == .corrupt || error.kind == .notFound || error.kind == .io else {
                throw error
            }
            throw Failure(
                .corrupt,
                "the index does not open (\(error.words)); it is derived data: "
                    + "run proofreel admin rebuild-index")
        }
    }

    /// Removes every file of the index, readable or not.
    static func discard(_ path: String) throws(Failure) {
        let files = RealFileSystem()
        guard files.exists(path) else { return }
        for name in try files.list(path) { try files.remove("\(path)/\(name)") }
    }

    static func key(_ shard: Shard, _ key: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1 + shard.name.count + key.count)
        bytes.append(shard.table)
        bytes.append(contentsOf: shard.name)
        bytes.append(contentsOf: key)
        return bytes
    }

    /// The first key after all those that begin with `prefix`, which begins with a table below 255.
    static func end(of prefix: [UInt8]) -> [UInt8] {
        var end = prefix
        while let last = end.popLast() {
            if last < 255 { return end + [last + 1] }
        }
        preconditionFailure("a table of 255")
    }

    func get(_ key: [UInt8], in shard: Shard) throws(Failure) -> [UInt8]? {
        do {
            return try database?.get(Self.key(shard, key).span)
        } catch {
            throw Self.named(error)
        }
    }

    /// Damage that shows only when a block is read: the one who reads must hear what to do.
    private static func named(_ failure: Failure) -> Failure {
        guard failure.kind == .corrupt else { return failure }
        return Failure(
            .corrupt,
            "the index is damaged (\(failure.words)); it is derived data:"
                + " run proofreel admin rebuild-index")
    }

    func range(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] {
        do {
            return try entries(shard, from: from, to: to, descending: descending, limit: limit)
        } catch {
            throw Self.named(error)
        }
    }

    /// So many entries are no more work to read upwards first.
    private static let shortCount = 32

    private func entries(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] {
        guard let database, limit > 0 else { return [] }
        let lower = Self.key(shard, from)
        let upper = to.map { Self.key(shard, $0) } ?? Self.end(of: Self.key(shard, []))
        guard lower.lexicographicallyPrecedes(upper) else { return [] }
        let range = KeyRange(
            lower: lower, upper: upper, drop: 1 + shard.name.count,
            isOnePrefix: lower.prefix(Self.prefixBytes) == upper.prefix(Self.prefixBytes)
                && lower.count >= Self.prefixBytes)
        guard descending else {
            return try entries(database, range, descending: false, limit: limit)
        }
        // RocksDB's filters help upwards alone; downwards it looks into every file. A short list,
        // as nearly every link has, is read upwards and turned round.
        if range.isOnePrefix {
            let all = try entries(database, range, descending: false, limit: Self.shortCount)
            if all.count < Self.shortCount { return Array(all.reversed().prefix(limit)) }
        }
        return try entries(database, range, descending: true, limit: limit)
    }

    /// Keys as they are stored; the answer leaves out the first bytes, which all share.
    private struct KeyRange {
        let lower: [UInt8]
        let upper: [UInt8]
        let drop: Int
        /// Bounds alone are exact; the prefix filter helps only when both ends share the prefix.
        let isOnePrefix: Bool
    }

    private func entries(
        _ database: Database, _ range: KeyRange, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry] {
        var found: [MapEntry] = []
        var iterator = try database.iterator(
            prefixSameAsStart: range.isOnePrefix && !descending, lowerBound: range.lower,
            upperBound: range.upper)
        if descending {
            try iterator.seekForPrev(range.upper.span)
        } else {
            try iterator.seek(range.lower.span)
        }
        while iterator.isValid && found.count < limit {
            let key = Array(span: iterator.key)
            found.append(
                MapEntry(
                    key: Array(key.dropFirst(range.drop)), value: Array(span: iterator.value)))
            if descending { try iterator.previous() } else { try iterator.next() }
        }
        return found
    }

    func apply(_ writes: [ShardWrite]) throws(Failure) {
        var batch = WriteBatch()
        for write in writes {
            switch write.operation {
            case .put(let key, let value):
                batch.put(Self.key(write.shard, key).span, value.span)
            case .remove(let key):
                batch.delete(Self.key(write.shard, key).span)
            }
        }
        try write(batch)
    }

    /// A batch has its keys as they are stored here.
    func apply(_ changes: MapBatch) throws(Failure) {
        var batch = WriteBatch()
        changes.forEach { key, value in
            if let value { batch.put(key, value) } else { batch.delete(key) }
        }
        try write(batch)
    }

    private func write(_ batch: borrowing WriteBatch) throws(Failure) {
        guard let database else { throw Failure(.readOnly, "the index is open for reading only") }
        try database.write(batch)
    }

    func remove(_ shard: Shard) throws(Failure) {
        let start = Self.key(shard, [])
        var batch = WriteBatch()
        batch.deleteRange(start.span, Self.end(of: start).span)
        try write(batch)
    }

    func sync() throws(Failure) { try database?.flush() }

    func cursor() throws(Failure) -> MapCursor? {
        guard let database else { return nil }
        return try MapCursor(database)
    }

    func close(sealed: Bool) throws(Failure) {
        guard let database else { return }
        try database.close()
        if sealed { try FileSums.write(path) }
    }
}
