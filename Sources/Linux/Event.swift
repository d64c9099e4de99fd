internal import CLinux
internal import Synchronization

/// A door that opens once and lets everybody through who waits at it, without a lock on either side
/// (`futex`). What was written before `set` is seen after `wait`.
///
/// Waiting threads of a group commit are many and wake together: with a condition variable each of
/// them would first queue for the lock again.
@safe package final class Event: @unchecked Sendable {
    private static let closed: UInt32 = 0
    private static let open: UInt32 = 1
    /// Closed, and somebody may be asleep.
    private static let awaited: UInt32 = 2

    private let word: UnsafeMutablePointer<Atomic<UInt32>>

    package init() {
        unsafe word = .allocate(capacity: 1)
        unsafe word.initialize(to: Atomic(Self.closed))
    }

    deinit {
        unsafe word.deinitialize(count: 1)
        unsafe word.deallocate()
    }

    package var isSet: Bool { unsafe word.pointee.load(ordering: .acquiring) == Self.open }

    /// A second call does nothing.
    package func set() {
        let before = unsafe word.pointee.exchange(Self.open, ordering: .acquiringAndReleasing)
        if before == Self.awaited { unsafe proofreel_futex_wake_all(word) }
    }

    package func wait() {
        while true {
            let seen = unsafe word.pointee.compareExchange(
                expected: Self.closed, desired: Self.awaited, ordering: .acquiringAndReleasing
            ).original
            if seen == Self.open { return }
            unsafe proofreel_futex_wait(word, Self.awaited)
        }
    }
}
