internal import Linux

/// Threads for what blocks: commits, cameras, long searches. Started as they are needed, ended
/// together. A full queue is said to the caller; it does not grow.
package final class Workers: Sendable {
    private let threadsMax: Int
    private let waitingMax: Int
    private let name: String

    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var next = 0
        var idle = 0
        var threads: [Thread] = []
        var ending = false

        var waiting: Int { jobs.count - next }
    }

    private let state = Monitor(State())

    package init(name: String = "worker", threadsMax: Int = 32, waitingMax: Int = 1024) {
        self.name = name
        self.threadsMax = threadsMax
        self.waitingMax = waitingMax
    }

    /// False when there is no room for another job.
    package func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = state.withLock { state in
            guard !state.ending, state.waiting < waitingMax else { return false }
            state.jobs.append(job)
            if state.idle < state.waiting, state.threads.count < threadsMax {
                state.threads.append(Thread(name: name) { [self] in work() })
            }
            return true
        }
        if isTaken { state.signal() }
        return isTaken
    }

    private func work() {
        state.lock()
        while true {
            while state.locked.waiting == 0, !state.locked.ending {
                state.locked.idle += 1
                state.wait()
                state.locked.idle -= 1
            }
            guard state.locked.waiting > 0 else { break }
            let job = state.locked.jobs[state.locked.next]
            state.locked.next += 1
            // Also when there is always another one waiting: what is done must not pile up.
            if state.locked.next == state.locked.jobs.count || state.locked.next > waitingMax {
                state.locked.jobs.removeFirst(state.locked.next)
                state.locked.next = 0
            }
            state.unlock()
            job()
            state.lock()
        }
        state.unlock()
    }

    /// Waits for what runs; nothing new begins.
    package func end() {
        let threads = state.withLock { state in
            state.ending = true
            return state.threads
        }
        state.broadcast()
        for thread in threads { thread.join() }
    }
}
