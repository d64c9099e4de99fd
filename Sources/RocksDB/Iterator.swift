package import Base
internal import CRocksDB

extension Database {
    /// A view of the database as it is now, in order of key bytes.
    ///
    /// - prefixSameAsStart: seek with a key, and the iteration ends where keys stop sharing its
    ///   prefix; filters spare the files that have none. Without it the whole order is seen.
    /// - lowerBound, upperBound: no key before the one, none at or after the other.
    /// - verifyChecksums: off only for data that the reader checks itself.
    /// - fillCache: off for scans, which would push out what queries need.
    package func iterator(
        prefixSameAsStart: Bool = false, lowerBound: [UInt8]? = nil, upperBound: [UInt8]? = nil,
        verifyChecksums: Bool = true, fillCache: Bool = true
    ) throws(Failure) -> Iterator {
        precondition(!prefixSameAsStart || options.prefixByteCount > 0, "no prefixes in this one")
        guard gate.enter() else {
            throw Failure(.stopped, "the database \(path) is closed. Open it again")
        }
        return Iterator(
            self, prefixSameAsStart, Bound(lowerBound), Bound(upperBound), verifyChecksums,
            fillCache)
    }

    /// A place in the order of keys. Owns the `rocksdb_iterator_t`, keeps the database from being
    /// closed, and belongs to one thread. The functions that move it throw if the disk failed or
    /// bytes were changed, so `!isValid` after one of them means the end and nothing else.
    @safe package struct Iterator: ~Copyable {
        private let database: Database
        private let raw: OpaquePointer
        /// RocksDB keeps pointers to these as long as the iterator lives.
        private let readOptions: OpaquePointer
        private let lowerBound: Bound?
        private let upperBound: Bound?

        /// The caller has entered the gate of `database`.
        fileprivate init(
            _ database: Database, _ prefixSameAsStart: Bool, _ lowerBound: Bound?,
            _ upperBound: Bound?, _ verifyChecksums: Bool, _ fillCache: Bool
        ) {
            self.database = database
            self.lowerBound = lowerBound
            self.upperBound = upperBound
            let options = unsafe rocksdb_readoptions_create()!
            unsafe rocksdb_readoptions_set_verify_checksums(options, verifyChecksums ? 1 : 0)
            unsafe rocksdb_readoptions_set_fill_cache(options, fillCache ? 1 : 0)
            unsafe rocksdb_readoptions_set_prefix_same_as_start(options, prefixSameAsStart ? 1 : 0)
            // Otherwise a seek would ask the prefix filters, and stop where they know no more.
            unsafe rocksdb_readoptions_set_total_order_seek(options, prefixSameAsStart ? 0 : 1)
            if let lowerBound {
                unsafe rocksdb_readoptions_set_iterate_lower_bound(
                    options, lowerBound.chars.baseAddress, lowerBound.chars.count)
            }
            if let upperBound {
                unsafe rocksdb_readoptions_set_iterate_upper_bound(
                    options, upperBound.chars.baseAddress, upperBound.chars.count)
            }
            unsafe readOptions = options
            unsafe raw = rocksdb_create_iterator(database.raw, options)
        }

        deinit {
            unsafe rocksdb_iter_destroy(raw)
            unsafe rocksdb_readoptions_destroy(readOptions)
            database.gate.leave()
        }

        /// To the first key at or after `key` (`rocksdb_iter_seek`).
        package mutating func seek(_ key: Span<UInt8>) throws(Failure) {
            unsafe withChars(key) { key, count in unsafe rocksdb_iter_seek(raw, key, count) }
            try check()
        }

        /// To the last key at or before `key` (`rocksdb_iter_seek_for_prev`).
        package mutating func seekForPrev(_ key: Span<UInt8>) throws(Failure) {
            unsafe withChars(key) { key, count in
                unsafe rocksdb_iter_seek_for_prev(raw, key, count)
            }
            try check()
        }

        /// Of the whole order (`rocksdb_iter_seek_to_first`): a prefix needs a key to start from.
        package mutating func seekToFirst() throws(Failure) {
            unsafe rocksdb_iter_seek_to_first(raw)
            try check()
        }

        /// Of the whole order (`rocksdb_iter_seek_to_last`).
        package mutating func seekToLast() throws(Failure) {
            unsafe rocksdb_iter_seek_to_last(raw)
            try check()
        }

        package mutating func next() throws(Failure) {
            precondition(isValid, "there is no next after the end")
            unsafe rocksdb_iter_next(raw)
            try check()
        }

        package mutating func previous() throws(Failure) {
            precondition(isValid, "there is nothing before the end")
            unsafe rocksdb_iter_prev(raw)
            try check()
        }

        /// False at either end, before the first seek, and after a failure.
        package var isValid: Bool { unsafe rocksdb_iter_valid(raw) != 0 }

        /// Throws what stopped the iteration, if anything did (`rocksdb_iter_get_error`). The
        /// moving functions have asked already; ask again only where such a throw was caught.
        package func check() throws(Failure) {
            if isValid { return }
            try unsafe checked("read", at: database.path) { message in
                unsafe rocksdb_iter_get_error(raw, message)
            }
        }

        /// Lent until the iterator moves.
        package var key: Span<UInt8> {
            @_lifetime(borrow self) get {
                precondition(isValid, "there is no key here")
                var count = 0
                let chars = unsafe rocksdb_iter_key(raw, &count)
                return unsafe _overrideLifetime(span(chars, count), borrowing: self)
            }
        }

        /// Lent until the iterator moves.
        package var value: Span<UInt8> {
            @_lifetime(borrow self) get {
                precondition(isValid, "there is no value here")
                var count = 0
                let chars = unsafe rocksdb_iter_value(raw, &count)
                return unsafe _overrideLifetime(span(chars, count), borrowing: self)
            }
        }

        @_lifetime(borrow self)
        private func span(_ chars: UnsafePointer<CChar>?, _ count: Int) -> Span<UInt8> {
            guard let chars = unsafe chars else { return Span() }
            let bytes = unsafe UnsafeRawPointer(chars).assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: bytes, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}

/// A copy of a key at a fixed address, for as long as an iterator is bounded by it.
@safe private final class Bound {
    let chars: UnsafeMutableBufferPointer<CChar>

    init?(_ key: [UInt8]?) {
        guard let key else { return nil }
        unsafe chars = .allocate(capacity: key.count)
        _ = unsafe chars.initialize(fromContentsOf: key.map { CChar(bitPattern: $0) })
    }

    deinit { unsafe chars.deallocate() }
}
