internal import CLinux
internal import Glibc

/// A lock over `State` with a few conditions to wait on (`pthread_mutex`, `pthread_cond`).
/// `Synchronization.Mutex` has no condition, and group commit is made of waiting.
@safe package final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let conditions: UnsafeMutablePointer<pthread_cond_t>
    private let conditionCount: Int
    private var state: State

    package init(_ state: State, conditions count: Int = 1) {
        self.state = state
        conditionCount = count
        unsafe mutex = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        unsafe conditions = .allocate(capacity: count)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        for i in 0..<count { unsafe pthread_cond_init(conditions + i, &attributes) }
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        for i in 0..<conditionCount { unsafe pthread_cond_destroy(conditions + i) }
        unsafe pthread_mutex_destroy(mutex)
        unsafe conditions.deallocate()
        unsafe mutex.deallocate()
    }

    package func withLock<R: ~Copyable, E: Error>(_ body: (inout State) throws(E) -> R) throws(E)
        -> R
    {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// For flows that wait in the middle: between `lock` and `unlock` the caller owns `locked`.
    package func lock() { unsafe pthread_mutex_lock(mutex) }
    package func unlock() { unsafe pthread_mutex_unlock(mutex) }

    /// Only between `lock` and `unlock`.
    package var locked: State {
        _read { yield state }
        _modify { yield &state }
    }

    /// Only with the lock held; it is given up while waiting. Wakes may be spurious: test again.
    package func wait(on condition: Int = 0) {
        unsafe pthread_cond_wait(conditions + condition, mutex)
    }

    /// False when the time ran out.
    package func wait(on condition: Int = 0, milliseconds: Int) -> Bool {
        var until = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &until)
        until.tv_sec += milliseconds / 1000
        until.tv_nsec += milliseconds % 1000 * 1_000_000
        if until.tv_nsec >= 1_000_000_000 {
            until.tv_sec += 1
            until.tv_nsec -= 1_000_000_000
        }
        return unsafe pthread_cond_timedwait(conditions + condition, mutex, &until) == 0
    }

    package func signal(_ condition: Int = 0) { unsafe pthread_cond_signal(conditions + condition) }
    package func broadcast(_ condition: Int = 0) {
        unsafe pthread_cond_broadcast(conditions + condition)
    }
}
