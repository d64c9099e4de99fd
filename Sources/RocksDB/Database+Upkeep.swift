package import Base
internal import CRocksDB

extension Database {
    /// Puts everything written so far on the disk, synced, and waits for it (`rocksdb_flush`).
    package func flush() throws(Failure) {
        try inside { () throws(Failure) in try flushInside(wait: true) }
    }

    /// Starts the same and returns. A failure shows up in the next `write` or `flush`.
    package func flushInBackground() throws(Failure) {
        try inside { () throws(Failure) in try flushInside(wait: false) }
    }

    func flushInside(wait: Bool) throws(Failure) {
        let flushOptions = unsafe rocksdb_flushoptions_create()
        defer { unsafe rocksdb_flushoptions_destroy(flushOptions) }
        unsafe rocksdb_flushoptions_set_wait(flushOptions, wait ? 1 : 0)
        try unsafe checked("flush", at: path) { message in
            unsafe rocksdb_flush(raw, flushOptions, message)
        }
    }

    /// Rewrites all files into the last level, without deleted keys (`rocksdb_compact_range`). The
    /// C function reports nothing, so the count of background errors is asked before and after.
    package func compactAll() throws(Failure) {
        try inside { () throws(Failure) in
            let errors = number("rocksdb.background-errors")
            unsafe rocksdb_compact_range(raw, nil, 0, nil, 0)
            guard number("rocksdb.background-errors") == errors else {
                throw Failure(
                    .io,
                    "compact the database \(path): it failed. The reason is in \(path)/LOG")
            }
        }
    }

    /// A property such as `rocksdb.stats`, nil if there is none (`rocksdb_property_value`).
    package func property(_ name: String) throws(Failure) -> String? {
        try inside { () throws(Failure) in
            guard let text = unsafe rocksdb_property_value(raw, name) else { return nil }
            defer { unsafe rocksdb_free(text) }
            return unsafe String(cString: text)
        }
    }

    /// Bytes in memtables, in the block cache and in open tables; an estimate, for metrics.
    package func approximateMemory() throws(Failure) -> Int {
        try inside { () throws(Failure) in
            [
                "rocksdb.cur-size-all-mem-tables", "rocksdb.block-cache-usage",
                "rocksdb.estimate-table-readers-mem",
            ].reduce(0) { $0 + Int(clamping: number($1) ?? 0) }
        }
    }

    private func number(_ property: String) -> UInt64? {
        var value: UInt64 = 0
        return unsafe rocksdb_property_int(raw, property, &value) == 0 ? value : nil
    }

    /// Removes a closed database and its files (`rocksdb_destroy_db`). Nothing there: nothing done.
    package static func destroy(path: String) throws(Failure) {
        let options = NativeOptions(Options(), compressed: false)
        let raw = unsafe options.raw
        try unsafe checked("destroy", at: path) { message in
            unsafe rocksdb_destroy_db(raw, path, message)
        }
        _ = consume options
    }
}
