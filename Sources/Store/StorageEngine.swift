package import Base
package import Linux

/// The seam. Log, payloads, rings and index reach storage through this and nothing else.
///
/// It offers only what both an embedded engine (files and RocksDB) and a distributed one (RADOS)
/// can do: named objects that grow at their end, and ordered maps cut into named shards. There is
/// no transaction over two objects, no rename, and no listing as a source of truth. Every write
/// carries the writer's epoch and is refused with `.fenced` once somebody newer has claimed the
/// store. Any write may end in `.unknownOutcome`; repeating it with the same arguments is always
/// safe. The contract is executable: `Tests/StoreTests/EngineContract.swift` runs against every
/// engine.
package protocol StorageEngine: AnyObject, Sendable {
    /// Takes the store over: older epochs can write no more.
    func claim() throws(Failure) -> Epoch

    // Objects

    /// Exclusive: `.alreadyExists` when the name is taken. Durable when it returns.
    func create(_ object: ObjectName, epoch: Epoch) throws(Failure)
    /// `.notFound` when there is no such object.
    func length(of object: ObjectName) throws(Failure) -> UInt64
    /// Fewer bytes come back only at the end of the object.
    func read(
        _ object: ObjectName, at offset: UInt64, count: Int, into buffer: inout [UInt8]
    ) throws(Failure)
    /// The bytes as something that can be sent without reading it first; nil where the engine keeps
    /// them elsewhere than in files of this machine. A capability, not part of the contract.
    func slice(_ place: Locator) throws(Failure) -> FileSlice?
    /// Adds bytes at `offset`, which is the length the writer believes in. Longer leftovers of a
    /// crash are dropped first. Survives this process at once, and a power cut after `sync`.
    func append(
        _ bytes: Span<UInt8>, to object: ObjectName, at offset: UInt64, epoch: Epoch
    ) throws(Failure)
    func sync(_ object: ObjectName, epoch: Epoch) throws(Failure)
    /// A path for large durable appends; one per object at a time. Drops what lies past `length`.
    func appender(
        for object: ObjectName, from length: UInt64, capacity: UInt64, epoch: Epoch
    ) throws(Failure) -> any ObjectAppender
    func remove(_ object: ObjectName, epoch: Epoch) throws(Failure)
    /// Makes the bytes read as zero and frees their space; `.unsupported` where the engine cannot.
    func erase(_ place: Locator, epoch: Epoch) throws(Failure)

    // Ordered maps, each within one shard

    func get(_ key: [UInt8], in shard: Shard) throws(Failure) -> [UInt8]?
    /// Entries with `from <= key < to` in key order, or against it when `descending`.
    func range(
        _ shard: Shard, from: [UInt8], to: [UInt8]?, descending: Bool, limit: Int
    ) throws(Failure) -> [MapEntry]
    /// Atomic within each shard. What survives a power cut is a prefix of all applied writes:
    /// if one survives, so do those that were applied before it.
    func apply(_ writes: [ShardWrite], epoch: Epoch) throws(Failure)
    /// The same for many writes.
    func apply(_ batch: MapBatch, epoch: Epoch) throws(Failure)
    /// The value that stands there now: `value` itself, or the one that was there first.
    func putIfAbsent(
        _ key: [UInt8], _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> [UInt8]
    /// False, and nothing changed, when the value there is not `expected`.
    func compareAndSet(
        _ key: [UInt8], expected: [UInt8]?, _ value: [UInt8], in shard: Shard, epoch: Epoch
    ) throws(Failure) -> Bool
    func removeShard(_ shard: Shard, epoch: Epoch) throws(Failure)
    /// After this, all applied writes survive a power cut.
    func syncMaps(epoch: Epoch) throws(Failure)

    /// Looks for damage that only the engine can see, and for things that do not belong there.
    func inspect(_ report: (EngineFinding) -> Void) throws(Failure)
    /// Ends cleanly. The engine is unusable afterwards.
    func close() throws(Failure)
}

extension StorageEngine {
    package func slice(_ place: Locator) throws(Failure) -> FileSlice? { nil }
}

/// Durable appends to one object. Used by one thread at a time.
package protocol ObjectAppender: AnyObject, Sendable {
    var length: UInt64 { get }
    /// The arena's phase is `length` modulo its page, so that an engine can write whole pages.
    /// Writes the arena's bytes at the end; they survive a power cut when this returns. After
    /// `.unknownOutcome` the same arena may be appended again. After any other error the appender
    /// refuses everything: what reached the disk is not known.
    func append(_ arena: PageArena) throws(Failure)
    /// Gives reserved space back; nothing may be appended any more.
    func finish() throws(Failure)
}

/// Who may write: grows by one with every `claim`.
package struct Epoch: Hashable, Comparable, Sendable {
    package let number: UInt64
    package init(_ number: UInt64) { self.number = number }
    package static func < (a: Epoch, b: Epoch) -> Bool { a.number < b.number }
}

/// A name such as `seg/00000017`: lower-case letters, digits, `-` and `/`, nothing that could
/// climb.
package struct ObjectName: Hashable, Sendable, CustomStringConvertible {
    package static let byteCountMax = 200
    package let description: String

    package init(_ name: String) {
        let allowed = name.utf8.allSatisfy { c in
            (0x61...0x7A).contains(c) || (0x30...0x39).contains(c) || c == 0x2D || c == 0x2F
        }
        precondition(
            allowed && !name.isEmpty && name.utf8.count <= Self.byteCountMax
                && !name.hasPrefix("/") && !name.hasSuffix("/") && !name.contains("//"),
            "not an object name: \(name)")
        description = name
    }
}

/// Where bytes stand, in words every engine understands.
package struct Locator: Hashable, Sendable {
    package let object: ObjectName
    package let offset: UInt64
    package let count: Int

    package init(_ object: ObjectName, offset: UInt64, count: Int) {
        self.object = object
        self.offset = offset
        self.count = count
    }
}

/// One named, bounded piece of an ordered map. `table` is one byte of the caller's choosing,
/// below 255, so that every shard ends before some key; all shard names of one table have the same
/// length.
package struct Shard: Hashable, Sendable {
    package let table: UInt8
    package let name: [UInt8]

    package init(table: UInt8, name: [UInt8]) {
        precondition(name.count <= 32 && table < 255)
        self.table = table
        self.name = name
    }
}

package struct MapEntry: Hashable, Sendable {
    package let key: [UInt8]
    package let value: [UInt8]

    package init(key: [UInt8], value: [UInt8]) {
        self.key = key
        self.value = value
    }
}

package struct ShardWrite: Sendable {
    package enum Operation: Sendable {
        case put([UInt8], [UInt8])
        case remove([UInt8])
    }
    package let shard: Shard
    package let operation: Operation

    package init(_ shard: Shard, put key: [UInt8], _ value: [UInt8]) {
        self.shard = shard
        operation = .put(key, value)
    }

    package init(_ shard: Shard, remove key: [UInt8]) {
        self.shard = shard
        operation = .remove(key)
    }
}

/// Damage or a stranger, named for people.
package struct EngineFinding: Sendable {
    package enum Severity: Sendable { case note, damage }
    package let severity: Severity
    package let place: String
    package let words: String

    package init(_ severity: Severity, _ place: String, _ words: String) {
        self.severity = severity
        self.place = place
        self.words = words
    }
}
