internal import CRocksDB

extension Database {
    /// What the owner of a database decides; everything else is fixed in `NativeOptions`.
    package struct Options: Sendable {
        package var createIfMissing = true
        /// The bound on what reads keep: data, index and filter blocks all live in this cache.
        package var blockCacheBytes = 32 << 20
        /// One memtable. Two exist while one is being flushed, so twice this is the bound on what
        /// writes keep, and once this is the work that a restart repeats.
        package var writeBufferBytes = 16 << 20
        /// Keys with the same first bytes are found by `iterator(prefixSameAsStart:)` with help of
        /// filters. A shorter key is its own prefix. 0 = none. Constant for the life of a database.
        package var prefixByteCount = 0
        package var maxOpenFiles = 512
        /// Takes no LOCK and writes nothing, so it may stand beside a process that writes; it sees
        /// the database as it was flushed when it was opened.
        package var readOnly = false
        /// Zstandard on the last level, where nine tenths of the bytes are, LZ4 above. A library
        /// built without them stores plain bytes.
        package var zstdBottom = true
        /// Threads for flushes and compactions, shared by all databases of the process.
        package var backgroundThreads = 2

        package init() {}
    }
}

/// Owns a `rocksdb_options_t` and what it refers to; lives only while a database opens, because
/// RocksDB copies what it needs and counts references to the cache and the filter.
@safe struct NativeOptions: ~Copyable {
    let raw: OpaquePointer
    private let table: OpaquePointer
    private let cache: OpaquePointer

    init(_ options: Database.Options, compressed: Bool) {
        unsafe raw = rocksdb_options_create()
        unsafe table = rocksdb_block_based_options_create()
        unsafe cache = Self.cache(options.blockCacheBytes)
        setTable()
        setMemory(options)
        setWork(options)
        if options.prefixByteCount > 0 { setPrefix(options.prefixByteCount) }
        unsafe rocksdb_options_set_create_if_missing(raw, options.createIfMissing ? 1 : 0)
        unsafe rocksdb_options_set_compression(
            raw, CInt(compressed ? rocksdb_lz4_compression : rocksdb_no_compression))
        if compressed && options.zstdBottom {
            unsafe rocksdb_options_set_bottommost_compression(raw, CInt(rocksdb_zstd_compression))
        }
    }

    deinit {
        unsafe rocksdb_cache_destroy(cache)
        unsafe rocksdb_block_based_options_destroy(table)
        unsafe rocksdb_options_destroy(raw)
    }

    /// Shards of 4 MiB: RocksDB's own choice is so many that a shard holds next to nothing.
    private static func cache(_ bytes: Int) -> OpaquePointer {
        let settings = unsafe rocksdb_lru_cache_options_create()
        defer { unsafe rocksdb_lru_cache_options_destroy(settings) }
        unsafe rocksdb_lru_cache_options_set_capacity(settings, bytes)
        let bits = min(6, Int.bitWidth - 1 - max(1, bytes >> 22).leadingZeroBitCount)
        unsafe rocksdb_lru_cache_options_set_num_shard_bits(settings, CInt(bits))
        return unsafe rocksdb_cache_create_lru_opts(settings)
    }

    private func setTable() {
        unsafe rocksdb_block_based_options_set_block_cache(table, cache)
        // Without this, indexes and filters of every open file stay in memory outside the cache.
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
        // A scan must not push them out; not pinned either, or many files would outgrow the cache.
        unsafe rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(
            table, 1)
        // 10 bits a key: 1 % false positives. Bloom on level 0, where speed of flush counts, ribbon
        // below, which takes 30 % less memory. The table owns the policy.
        unsafe rocksdb_block_based_options_set_filter_policy(
            table, rocksdb_filterpolicy_create_ribbon_hybrid(10, 1))
        unsafe rocksdb_block_based_options_set_whole_key_filtering(table, 1)
        // In pieces of 4 KiB under a small index: the filter of a whole file is larger than a shard
        // of the cache, so that every lookup read it from the file again, megabytes each.
        unsafe rocksdb_block_based_options_set_index_type(
            table, CInt(rocksdb_block_based_table_index_type_two_level_index_search))
        unsafe rocksdb_block_based_options_set_partition_filters(table, 1)
        unsafe rocksdb_block_based_options_set_pin_top_level_index_and_filter(table, 1)
        unsafe rocksdb_options_set_block_based_table_factory(raw, table)
    }

    private func setMemory(_ options: Database.Options) {
        unsafe rocksdb_options_set_write_buffer_size(raw, options.writeBufferBytes)
        unsafe rocksdb_options_set_max_write_buffer_number(raw, 2)
        unsafe rocksdb_options_set_memtable_prefix_bloom_size_ratio(raw, 0.1)
        unsafe rocksdb_options_set_memtable_whole_key_filtering(raw, 1)
        unsafe rocksdb_options_set_max_open_files(raw, CInt(options.maxOpenFiles))
    }

    private func setWork(_ options: Database.Options) {
        unsafe rocksdb_options_increase_parallelism(raw, CInt(max(1, options.backgroundThreads)))
        // Merging can wait for whoever looks something up; nobody waits for merging.
        let environment = unsafe rocksdb_create_default_env()
        unsafe rocksdb_env_lower_thread_pool_cpu_priority(environment)
        unsafe rocksdb_env_destroy(environment)
        unsafe rocksdb_options_set_level_compaction_dynamic_level_bytes(raw, 1)
        // The owner flushes often, so files of level 0 are small; merging more of them at once
        // writes the next level less often. Filters keep what a lookup asks them cheap.
        unsafe rocksdb_options_set_level0_file_num_compaction_trigger(raw, 8)
        unsafe rocksdb_options_set_level0_slowdown_writes_trigger(raw, 32)
        unsafe rocksdb_options_set_level0_stop_writes_trigger(raw, 48)
        unsafe rocksdb_options_set_paranoid_checks(raw, 1)
        // Writes back as it goes: one large sync at the end would hold up everyone else's syncs.
        unsafe rocksdb_options_set_bytes_per_sync(raw, 1 << 20)
        // RocksDB's own log: warnings only, and never more than 2 MB of it.
        unsafe rocksdb_options_set_info_log_level(raw, 2)
        unsafe rocksdb_options_set_max_log_file_size(raw, 1 << 20)
        unsafe rocksdb_options_set_keep_log_file_num(raw, 2)
        unsafe rocksdb_options_set_stats_dump_period_sec(raw, 0)
        unsafe rocksdb_options_set_stats_persist_period_sec(raw, 0)
    }

    /// A prefix of at most `count` bytes. RocksDB's own fixed prefix reads beyond a key that is
    /// shorter, its capped one is missing from the C API; so these three functions are ours. The
    /// name is stored in every file and tells RocksDB whether a file's filter can be used.
    private func setPrefix(_ count: Int) {
        let state = PrefixState.allocate(capacity: 1)
        let name = Array("proofreel.capped.\(count)".utf8CString)
        let nameCopy = UnsafeMutablePointer<CChar>.allocate(capacity: name.count)
        unsafe nameCopy.initialize(from: name, count: name.count)
        unsafe state.initialize(to: (count, nameCopy))
        unsafe rocksdb_options_set_prefix_extractor(
            raw,
            rocksdb_slicetransform_create(
                state,
                { raw in
                    guard let state = unsafe raw?.assumingMemoryBound(to: PrefixState.Pointee.self)
                    else { return }
                    unsafe state.pointee.name.deallocate()
                    unsafe state.deallocate()
                },
                { raw, key, count, resultCount in
                    let state = unsafe raw!.assumingMemoryBound(to: PrefixState.Pointee.self)
                    unsafe resultCount!.pointee = min(count, state.pointee.count)
                    return unsafe UnsafeMutablePointer(mutating: key)
                },
                { _, _, _ in 1 },
                { _, _, _ in 1 },
                { raw in
                    let state = unsafe raw!.assumingMemoryBound(to: PrefixState.Pointee.self)
                    return unsafe UnsafePointer(state.pointee.name)
                }))
    }
}

/// Freed by RocksDB together with the last file that uses it.
private typealias PrefixState = UnsafeMutablePointer<
    (count: Int, name: UnsafeMutablePointer<CChar>)
>
