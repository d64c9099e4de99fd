internal import Synchronization

/// Counts the calls and iterators inside a database, so that closing never frees what one of them
/// still uses. Two uncontended atomic additions a call.
struct Gate: ~Copyable {
    /// The high bit says closed; the rest counts who is inside.
    private let state = Atomic<UInt64>(0)
    private static let closed: UInt64 = 1 << 63

    /// False after `close()`; then the caller must not `leave()`.
    func enter() -> Bool {
        let before = state.add(1, ordering: .acquiring).oldValue
        if before & Self.closed == 0 { return true }
        leave()
        return false
    }

    func leave() { state.subtract(1, ordering: .releasing) }

    /// True for the one call that closes it.
    func close() -> Bool {
        let before = state.bitwiseOr(Self.closed, ordering: .acquiringAndReleasing).oldValue
        guard before & Self.closed == 0 else { return false }
        precondition(
            before == 0, "a database was closed while a call or an iterator was still inside it")
        return true
    }
}
