internal import CRocksDB

/// Changes that become visible together. Owns the `rocksdb_writebatch_t`; one thread at a time.
///
/// It grows with what is put into it, so whoever fills it sets the limit on `byteCount`.
@safe package struct WriteBatch: ~Copyable {
    let raw: OpaquePointer

    package init() { unsafe raw = rocksdb_writebatch_create() }

    deinit { unsafe rocksdb_writebatch_destroy(raw) }

    package mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) {
        unsafe withChars(key) { key, keyCount in
            unsafe withChars(value) { value, valueCount in
                unsafe rocksdb_writebatch_put(raw, key, keyCount, value, valueCount)
            }
        }
    }

    package mutating func delete(_ key: Span<UInt8>) {
        unsafe withChars(key) { key, keyCount in
            unsafe rocksdb_writebatch_delete(raw, key, keyCount)
        }
    }

    /// Deletes `start..<end` with one marker, however many keys are in it.
    package mutating func deleteRange(_ start: Span<UInt8>, _ end: Span<UInt8>) {
        unsafe withChars(start) { start, startCount in
            unsafe withChars(end) { end, endCount in
                unsafe rocksdb_writebatch_delete_range(raw, start, startCount, end, endCount)
            }
        }
    }

    /// Empties it and keeps the memory for the next round.
    package mutating func clear() { unsafe rocksdb_writebatch_clear(raw) }

    /// Changes in it; a range counts once.
    package var count: Int { unsafe Int(rocksdb_writebatch_count(raw)) }

    package var byteCount: Int {
        var size = 0
        _ = unsafe rocksdb_writebatch_data(raw, &size)
        return size
    }
}
