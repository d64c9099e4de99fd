package import Base
internal import CArchive

/// What a bundle is packed in.
package enum Container: String, CaseIterable, Sendable {
    /// Entries as they are, so that any part of it can be read without the rest.
    case zip
    case tarZstd = "tar.zst"
}

/// Packs files into one stream (`archive_write`). What was packed goes to `sink` as it comes about;
/// no file is needed and nothing is kept. The same entries give the same bytes. One thread.
@safe package final class ArchiveWriter {
    private let raw: OpaquePointer
    private let outlet: Outlet
    private var isOpen = true
    private var left: Int64 = 0

    package init(
        _ container: Container, _ sink: @escaping (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        guard let raw = unsafe archive_write_new() else {
            throw Failure(.io, "libarchive does not start. Check the memory of this machine")
        }
        unsafe self.raw = raw
        outlet = Outlet(sink)
        let isSet =
            switch container {
            case .zip:
                unsafe archive_write_set_format_zip(raw) == ARCHIVE_OK
                    && archive_write_zip_set_compression_store(raw) == ARCHIVE_OK
            case .tarZstd:
                unsafe archive_write_set_format_pax_restricted(raw) == ARCHIVE_OK
                    && archive_write_add_filter_zstd(raw) == ARCHIVE_OK
                    && archive_write_set_filter_option(raw, "zstd", "compression-level", "1")
                        == ARCHIVE_OK
            }
        // Blocks are for tapes; without them large pieces are handed on as they are.
        let isUnblocked = unsafe archive_write_set_bytes_per_block(raw, 0) == ARCHIVE_OK
        guard isSet, isUnblocked else { throw failure("set up the container") }
        let context = unsafe Unmanaged.passUnretained(outlet).toOpaque()
        let code = unsafe archive_write_open(
            raw, context, nil,
            { _, context, bytes, count in
                guard let context = unsafe context, let bytes = unsafe bytes else { return -1 }
                let outlet = unsafe Unmanaged<Outlet>.fromOpaque(context).takeUnretainedValue()
                let buffer = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
                return unsafe outlet.take(buffer.bindMemory(to: UInt8.self).span) ? count : -1
            }, nil)
        guard code == ARCHIVE_OK else { throw failure("begin the container") }
    }

    deinit { unsafe archive_write_free(raw) }

    /// Begins a file of `size` bytes, all of which `write` must bring before the next one.
    package func begin(_ name: String, size: Int, time: WallTime) throws(Failure) {
        precondition(left == 0 && isOpen)
        guard let entry = unsafe archive_entry_new() else {
            throw Failure(.io, "libarchive has no memory for \(name)")
        }
        defer { unsafe archive_entry_free(entry) }
        unsafe archive_entry_set_pathname(entry, name)
        unsafe archive_entry_set_size(entry, Int64(size))
        // AE_IFREG; the macro's cast is beyond what Swift imports.
        unsafe archive_entry_set_filetype(entry, 0o100000)
        unsafe archive_entry_set_perm(entry, 0o644)
        unsafe archive_entry_set_mtime(entry, Int(time.microseconds / 1_000_000), 0)
        guard unsafe archive_write_header(raw, entry) == ARCHIVE_OK else {
            throw failure("begin \(name)")
        }
        left = Int64(size)
    }

    package func write(_ bytes: Span<UInt8>) throws(Failure) {
        precondition(Int64(bytes.count) <= left)
        guard !bytes.isEmpty else { return }
        let written = unsafe bytes.withUnsafeBytes { buffer in
            unsafe archive_write_data(raw, buffer.baseAddress, buffer.count)
        }
        guard written == bytes.count else { throw failure("write") }
        left -= Int64(bytes.count)
    }

    package func add(_ name: String, _ bytes: Span<UInt8>, time: WallTime) throws(Failure) {
        try begin(name, size: bytes.count, time: time)
        try write(bytes)
    }

    /// Writes the end; nothing may follow.
    package func finish() throws(Failure) {
        precondition(left == 0 && isOpen)
        isOpen = false
        guard unsafe archive_write_close(raw) == ARCHIVE_OK else {
            throw failure("end the container")
        }
    }

    /// Without an end: what was packed so far is of no use. Nothing more goes to the sink.
    package func abandon() {
        isOpen = false
        outlet.close()
        unsafe archive_write_fail(raw)
    }

    private func failure(_ doing: String) -> Failure {
        if let failure = outlet.failure { return failure }
        return Failure(.io, "libarchive could not \(doing): \(unsafe words(of: raw))")
    }

    private func words(of raw: OpaquePointer) -> String {
        guard let text = unsafe archive_error_string(raw) else { return "no reason given" }
        return unsafe String(cString: text)
    }
}

/// Where libarchive's callback leaves what it gets, and the sink its failure.
private final class Outlet {
    private let sink: (Span<UInt8>) throws(Failure) -> Void
    private var isClosed = false
    private(set) var failure: Failure?

    init(_ sink: @escaping (Span<UInt8>) throws(Failure) -> Void) { self.sink = sink }

    func close() { isClosed = true }

    func take(_ bytes: Span<UInt8>) -> Bool {
        if isClosed { return true }
        do throws(Failure) {
            try sink(bytes)
            return true
        } catch {
            failure = failure ?? error
            return false
        }
    }
}
