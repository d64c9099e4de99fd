internal import Base
internal import CLinux
internal import Glibc

/// Page-aligned memory in which one group of frames is put together, ready for `O_DIRECT`.
///
/// The first page is headroom: a file that ends in the middle of a page is continued by writing
/// that page again, so the bytes it already holds are laid before the new ones. `base` is where
/// they start; new bytes begin at the file's offset modulo the page.
///
/// Reservations are made under the owner's lock; reserved ranges are disjoint, so threads may fill
/// theirs at the same time without one. That discipline is what `@unchecked Sendable` claims.
@safe package final class PageArena: @unchecked Sendable {
    package static let pageBytes = 4096

    private var memory: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes of the page before that the file holds already.
    package private(set) var carried = 0
    package private(set) var count = 0

    package init(capacity: Int) {
        self.capacity = Self.mapped(Self.roundedUp(capacity) + 2 * Self.pageBytes)
        unsafe memory = Self.allocate(self.capacity)
    }

    deinit { unsafe munmap(memory, capacity) }

    /// A large arena is whole huge pages: the kernel then pins and maps a write of megabytes in a
    /// few steps instead of one for each 4 KiB, which halves what a large `O_DIRECT` write costs.
    private static let hugePageBytes = 2 << 20

    private static func mapped(_ bytes: Int) -> Int {
        guard bytes >= hugePageBytes else { return bytes }
        return (bytes + hugePageBytes - 1) & ~(hugePageBytes - 1)
    }

    /// `bytes` is what `mapped` gave.
    private static func allocate(_ bytes: Int) -> UnsafeMutableRawPointer {
        let huge = bytes >= hugePageBytes
        // The kernel promises alignment to 4 KiB alone, so more is asked for and the ends go back.
        let slack = huge ? hugePageBytes : 0
        let mapping = unsafe mmap(
            nil, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard unsafe mapping != MAP_FAILED, let mapping = unsafe mapping else {
            preconditionFailure("out of memory: \(bytes) bytes for a commit buffer")
        }
        guard huge else { return unsafe mapping }
        let before = -Int(bitPattern: mapping) & (hugePageBytes - 1)
        let memory = unsafe mapping + before
        if before > 0 { unsafe munmap(mapping, before) }
        if before < slack { unsafe munmap(memory + bytes, slack - before) }
        unsafe proofreel_huge_pages(memory, bytes)
        return unsafe memory
    }

    static func roundedUp(_ count: Int) -> Int { (count + pageBytes - 1) & ~(pageBytes - 1) }

    package var spaceLeft: Int { capacity - 2 * Self.pageBytes - carried - count }

    /// Empties the arena. New bytes will stand `phase` bytes into their first page of the file.
    package func reset(phase: Int) {
        precondition((0..<Self.pageBytes).contains(phase))
        count = 0
        carried = phase
    }

    /// Lays what the file's last page holds already before the new bytes.
    package func carry(_ bytes: Span<UInt8>) {
        precondition(bytes.count == carried)
        unsafe bytes.withUnsafeBytes { bytes in
            if let source = bytes.baseAddress { unsafe memcpy(memory, source, bytes.count) }
        }
    }

    /// Only while empty: makes room for one large payload.
    package func grow(to bytes: Int) {
        precondition(count == 0)
        guard bytes > spaceLeft else { return }
        unsafe munmap(memory, capacity)
        capacity = Self.mapped(Self.roundedUp(bytes) + 3 * Self.pageBytes)
        unsafe memory = Self.allocate(capacity)
    }

    /// The offset of the reserved bytes; the caller has looked at `spaceLeft`.
    package func reserve(_ bytes: Int) -> Int {
        precondition(bytes <= spaceLeft)
        defer { count += bytes }
        return count
    }

    package func write(_ bytes: Span<UInt8>, at offset: Int) {
        // Not `count`, which another thread's reservation may be changing at this moment.
        precondition(offset >= 0 && carried + offset + bytes.count <= capacity)
        unsafe bytes.withUnsafeBytes { source in
            if let from = source.baseAddress {
                unsafe memcpy(memory + carried + offset, from, source.count)
            }
        }
    }

    /// Carried and new bytes.
    private var contents: Span<UInt8> {
        @_lifetime(borrow self) get {
            let pointer = unsafe memory.assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: pointer, count: carried + count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The new bytes alone.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self) get { contents.extracting(carried..<(carried + count)) }
    }

    /// Carried bytes, new bytes and zeros up to the next page: what `O_DIRECT` writes.
    package var pages: Span<UInt8> {
        @_lifetime(borrow self) get {
            let used = carried + count
            let padded = Self.roundedUp(used)
            unsafe memset(memory + used, 0, padded - used)
            let pointer = unsafe memory.assumingMemoryBound(to: UInt8.self)
            let span = unsafe Span(_unsafeStart: pointer, count: padded)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The last partial page after these bytes: what the next arena carries.
    package var tail: [UInt8] {
        let used = carried + count
        return Array(span: contents.extracting((used & ~(Self.pageBytes - 1))..<used))
    }
}
