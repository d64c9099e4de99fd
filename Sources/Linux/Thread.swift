internal import CLinux
internal import Glibc

/// A named operating-system thread. What blocks gets one; `join` is its end.
@safe package final class Thread: @unchecked Sendable {
    private var handle: pthread_t = 0
    private var joined = false

    private final class Start {
        let name: String
        let hasShortTurns: Bool
        let body: @Sendable () -> Void
        init(_ name: String, _ hasShortTurns: Bool, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.hasShortTurns = hasShortTurns
            self.body = body
        }
    }

    /// `hasShortTurns`: for a thread that works little and waits much, so that it runs soon after
    /// each wait although others keep the processors busy.
    ///
    /// Never inlined: Swift 6.3.1 would put an object that does not leave its function on the
    /// stack, without a header, and free it as if it were on the heap.
    @inline(never)
    package init(
        name: String, hasShortTurns: Bool = false, _ body: @escaping @Sendable () -> Void
    ) {
        let start = unsafe Unmanaged.passRetained(Start(name, hasShortTurns, body)).toOpaque()
        let code = unsafe pthread_create(
            &handle, nil,
            { argument in
                let start = unsafe Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                _ = unsafe proofreel_name_thread(start.name)
                if start.hasShortTurns { proofreel_short_turns() }
                start.body()
                return nil
            }, start)
        precondition(code == 0, "the system has no thread left to give (errno \(code))")
    }

    /// Whoever does not join lets the thread go: its memory is freed when it ends.
    deinit { if !joined { pthread_detach(handle) } }

    /// How many can work at the same time.
    package static var processors: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

    package static func sleep(nanoseconds: UInt64) {
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }

    /// For a thread that nobody waits for by name.
    package func detach() {
        guard !joined else { return }
        joined = true
        pthread_detach(handle)
    }

    package func join() {
        guard !joined else { return }
        joined = true
        pthread_join(handle, nil)
    }
}
