/// A thread that stands by, so that a piece of work can begin beside the caller at once. A thread
/// that is made only then often begins a millisecond later, on the caller's own processor.
///
/// One caller at a time; whoever begins a work waits for its end.
package final class Companion: Sendable {
    private struct State {
        var work: (@Sendable () -> Void)?
        var isBusy = false
        var isDismissed = false
    }

    private let state = Monitor(State())
    private let thread: Thread

    package init(name: String) {
        let state = state
        thread = Thread(name: name) { Self.serve(state) }
    }

    deinit {
        state.withLock { $0.isDismissed = true }
        state.broadcast()
    }

    package func begin(_ work: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.work = work
            state.isBusy = true
        }
        state.broadcast()
    }

    package func wait() {
        state.lock()
        while state.locked.isBusy { state.wait() }
        state.unlock()
    }

    private static func serve(_ state: Monitor<State>) {
        while true {
            state.lock()
            while state.locked.work == nil, !state.locked.isDismissed { state.wait() }
            let work = state.locked.work
            state.locked.work = nil
            state.unlock()
            guard let work else { return }
            work()
            state.withLock { $0.isBusy = false }
            state.broadcast()
        }
    }
}
