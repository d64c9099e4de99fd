package import Base
internal import CArchive

/// Unpacks a `.tar.zst` that somebody else has made (`archive_read`): regular files alone, within
/// limits that are checked before anything is believed. One thread.
@safe package final class ArchiveReader {
    package struct Limits: Sendable {
        package var entriesMax: Int
        /// Of everything unpacked together: a bomb of a few kilobytes holds terabytes.
        package var bytesMax: UInt64

        package init(entriesMax: Int, bytesMax: UInt64) {
            self.entriesMax = entriesMax
            self.bytesMax = bytesMax
        }
    }

    private static let pieceBytes = 256 << 10

    private let raw: OpaquePointer
    private let limits: Limits
    private var entries = 0
    private var bytes: UInt64 = 0

    package init(opening path: String, limits: Limits) throws(Failure) {
        guard let raw = unsafe archive_read_new() else {
            throw Failure(.io, "libarchive does not start. Check the memory of this machine")
        }
        unsafe self.raw = raw
        self.limits = limits
        guard unsafe archive_read_support_filter_zstd(raw) == ARCHIVE_OK,
            unsafe archive_read_support_format_tar(raw) == ARCHIVE_OK,
            unsafe archive_read_open_filename(raw, path, Self.pieceBytes) == ARCHIVE_OK
        else { throw failure("open \(path)") }
    }

    deinit { unsafe archive_read_free(raw) }

    /// The name of the next file; nil at the end. What is no regular file is refused.
    package func next() throws(Failure) -> String? {
        var entry: OpaquePointer?
        let code = unsafe archive_read_next_header(raw, &entry)
        if code == ARCHIVE_EOF { return nil }
        guard code == ARCHIVE_OK, let entry = unsafe entry else {
            throw failure("read its next entry")
        }
        entries += 1
        guard entries <= limits.entriesMax else {
            throw Failure(.invalid, "the archive has more than \(limits.entriesMax) files")
        }
        guard let text = unsafe archive_entry_pathname(entry) else {
            throw Failure(.invalid, "the archive has a name that is not plain text")
        }
        let name = unsafe String(cString: text)
        let isLink =
            unsafe archive_entry_hardlink(entry) != nil || archive_entry_symlink(entry) != nil
        // AE_IFMT and AE_IFREG; the macros' casts are beyond what Swift imports.
        let isFile = unsafe archive_entry_filetype(entry) & 0o170000 == 0o100000
        guard isFile, !isLink else {
            throw Failure(
                .invalid, "the archive has \(name), which is a link, a folder or a device")
        }
        return name
    }

    /// The next bytes of the file that `next` named; empty at its end.
    package func read(into buffer: inout [UInt8]) throws(Failure) {
        if buffer.count != Self.pieceBytes {
            buffer = [UInt8](repeating: 0, count: Self.pieceBytes)
        }
        let got = unsafe buffer.withUnsafeMutableBytes { bytes in
            unsafe archive_read_data(raw, bytes.baseAddress, bytes.count)
        }
        guard got >= 0 else { throw failure("read a file") }
        bytes += UInt64(got)
        guard bytes <= limits.bytesMax else {
            throw Failure(
                .invalid,
                "the archive unpacks to more than \(limits.bytesMax) bytes, which no bundle of its"
                    + " size does")
        }
        buffer.removeLast(buffer.count - got)
    }

    private func failure(_ doing: String) -> Failure {
        guard let text = unsafe archive_error_string(raw) else {
            return Failure(.corrupt, "libarchive could not \(doing)")
        }
        return Failure(.corrupt, "libarchive could not \(doing): \(unsafe String(cString: text))")
    }
}
