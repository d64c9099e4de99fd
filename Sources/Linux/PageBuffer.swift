internal import Base
internal import Glibc

/// Page-aligned memory of a fixed size, touched only as far as it is used. One thread writes at
/// ranges that no other reads yet; what is published is not written again until everyone is done.
/// That discipline, kept by the owner's lock, is what `@unchecked Sendable` claims.
@safe package final class PageBuffer: @unchecked Sendable {
    package static let pageBytes = 4096
    package let capacity: Int
    private let memory: UnsafeMutableRawPointer

    package init(capacity: Int) {
        self.capacity = (capacity + Self.pageBytes - 1) & ~(Self.pageBytes - 1)
        let mapped = unsafe mmap(
            nil, self.capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped = unsafe mapped, unsafe mapped != MAP_FAILED else {
            preconditionFailure("the system has no memory left to give (\(capacity) bytes)")
        }
        unsafe memory = mapped
    }

    deinit { unsafe munmap(memory, capacity) }

    package func write(_ bytes: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset + bytes.count <= capacity)
        unsafe bytes.withUnsafeBytes { source in
            if let from = source.baseAddress {
                unsafe memcpy(memory + offset, from, source.count)
            }
        }
    }

    /// Within the buffer or from another one.
    package func write(from other: PageBuffer, _ range: Range<Int>, at offset: Int) {
        precondition(range.lowerBound >= 0 && range.upperBound <= other.capacity)
        precondition(offset >= 0 && offset + range.count <= capacity)
        unsafe memmove(memory + offset, other.memory + range.lowerBound, range.count)
    }

    package func zero(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        unsafe memset(memory + range.lowerBound, 0, range.count)
    }

    /// Lends the room behind `filled` to a system call that says how much of it it used.
    func fill(after filled: Int, _ body: (UnsafeMutableRawPointer, Int) -> Int) -> Int {
        precondition(filled >= 0 && filled < capacity)
        return unsafe body(memory + filled, capacity - filled)
    }

    /// Lends the room behind `filled` to whoever fills it.
    package func withRoom<R, E: Error>(
        after filled: Int, _ body: (inout MutableSpan<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        precondition(filled >= 0 && filled < capacity)
        let pointer = unsafe memory.assumingMemoryBound(to: UInt8.self) + filled
        var room = unsafe MutableSpan(_unsafeStart: pointer, count: capacity - filled)
        return try body(&room)
    }

    /// Gives the memory behind `offset` back to the system; it reads as zero from then on.
    package func release(from offset: Int) {
        let start = (offset + Self.pageBytes - 1) & ~(Self.pageBytes - 1)
        guard start < capacity else { return }
        unsafe madvise(memory + start, capacity - start, MADV_DONTNEED)
    }

    @_lifetime(borrow self)
    package func bytes(_ range: Range<Int>) -> Span<UInt8> {
        precondition(range.lowerBound >= 0 && range.upperBound <= capacity)
        let pointer = unsafe memory.assumingMemoryBound(to: UInt8.self) + range.lowerBound
        let span = unsafe Span(_unsafeStart: pointer, count: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }
}
