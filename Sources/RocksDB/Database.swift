package import Base
internal import CRocksDB

/// One open RocksDB database. Owns the `rocksdb_t`; any thread may call any method.
///
/// `@unchecked Sendable`, because RocksDB promises: "A database may only be opened by one process
/// at a time. […] Within a single process, the same rocksdb::DB object may be safely shared by
/// multiple concurrent threads" (RocksDB wiki, Basic Operations, Concurrency). Iterators and
/// batches are not shared, and are not copyable.
///
/// There is no write-ahead log here. The log that the caller keeps is the journal: what is not
/// flushed when the process dies is gone, and the caller writes it again.
@safe package final class Database: @unchecked Sendable {
    package let path: String
    package let options: Options
    let raw: OpaquePointer
    let gate = Gate()
    private let writeOptions: OpaquePointer
    private let readOptions: OpaquePointer

    /// Opens it, or makes it (`rocksdb_open`, `rocksdb_open_for_read_only`). `.busy`: someone else
    /// has it open.
    package init(path: String, options: Options = Options()) throws(Failure) {
        self.path = path
        self.options = options
        do throws(Failure) {
            unsafe raw = try Self.open(path, NativeOptions(options, compressed: true), options)
        } catch {
            // This build of RocksDB has no LZ4 or no Zstandard: it says so, before it makes a file.
            guard error.kind == .invalid, error.words.contains("is not linked") else { throw error }
            unsafe raw = try Self.open(path, NativeOptions(options, compressed: false), options)
        }
        unsafe writeOptions = rocksdb_writeoptions_create()
        unsafe rocksdb_writeoptions_disable_WAL(writeOptions, 1)
        unsafe readOptions = rocksdb_readoptions_create()
        unsafe rocksdb_readoptions_set_verify_checksums(readOptions, 1)
    }

    private static func open(
        _ path: String, _ native: borrowing NativeOptions, _ options: Options
    ) throws(Failure) -> OpaquePointer {
        let native = unsafe native.raw
        let raw = unsafe try checked("open", at: path) { message in
            unsafe options.readOnly
                ? rocksdb_open_for_read_only(native, path, 0, message)
                : rocksdb_open(native, path, message)
        }
        guard let raw = unsafe raw else {
            throw Failure(.io, "open the database \(path): RocksDB gave no reason. Try again")
        }
        return unsafe raw
    }

    /// Without `close()` a failure to flush goes unheard; RocksDB still flushes and frees the LOCK.
    deinit {
        if gate.close() { unsafe rocksdb_close(raw) }
        unsafe rocksdb_readoptions_destroy(readOptions)
        unsafe rocksdb_writeoptions_destroy(writeOptions)
    }

    /// Flushes and frees the LOCK (`rocksdb_close`, which reports nothing, hence the flush first).
    /// Closed even when the flush fails. Nobody may be inside a call or hold an iterator; calls
    /// that come later fail with `.stopped`. A second close does nothing.
    package func close() throws(Failure) {
        defer { if gate.close() { unsafe rocksdb_close(raw) } }
        guard gate.enter() else { return }
        defer { gate.leave() }
        if !options.readOnly { try flushInside(wait: true) }
    }

    /// Runs `call` with the database kept open.
    func inside<Result: ~Copyable>(
        _ call: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        guard gate.enter() else {
            throw Failure(.stopped, "the database \(path) is closed. Open it again")
        }
        defer { gate.leave() }
        return try call()
    }

    /// All of the batch or nothing of it, in memory only (`rocksdb_write`): see `flush()`.
    package func write(_ batch: borrowing WriteBatch) throws(Failure) {
        let batch = unsafe batch.raw
        try inside { () throws(Failure) in
            try unsafe checked("write", at: path) { message in
                unsafe rocksdb_write(raw, writeOptions, batch, message)
            }
        }
    }

    /// The value, copied once, or nil if there is no such key (`rocksdb_get_pinned`). An empty
    /// value is an empty array.
    package func get(_ key: Span<UInt8>) throws(Failure) -> [UInt8]? {
        try inside { () throws(Failure) in try getInside(key) }
    }

    private func getInside(_ key: Span<UInt8>) throws(Failure) -> [UInt8]? {
        try unsafe withChars(key) { key, count throws(Failure) -> [UInt8]? in
            let slice = unsafe try checked("get", at: path) { message in
                unsafe rocksdb_get_pinned(raw, readOptions, key, count, message)
            }
            guard let slice = unsafe slice else { return nil }
            defer { unsafe rocksdb_pinnableslice_destroy(slice) }
            var valueCount = 0
            let value = unsafe rocksdb_pinnableslice_value(slice, &valueCount)
            return unsafe Array(UnsafeRawBufferPointer(start: value, count: valueCount))
        }
    }
}
