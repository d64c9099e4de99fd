internal import Base
internal import Linux
internal import TestSupport

/// Stands between a client and the real server, and cuts connections after so many bytes of the
/// server's, with nothing said. The bytes at which it cuts are given; later connections live.
package final class CuttingRelay: Sendable {
    private struct State {
        var cuts: [Int]
        var connections = 0
        /// What the server said on the newest connection, as far as it was passed on.
        var passed = 0
        var isEnding = false
    }

    package let path: String
    private let server: String
    private let state: Monitor<State>
    private let thread = Monitor<Thread?>(nil)

    /// `dies`: after the last cut nobody is there any more.
    package init(_ path: String, before server: String, cuts: [Int] = [], dies: Bool = false) throws
    {
        self.path = path
        self.server = server
        state = Monitor(State(cuts: cuts))
        let listener = try Listener(path: path)
        thread.withLock {
            $0 = Thread(name: "relay") { [self] in
                while !state.withLock({ $0.isEnding || (dies && $0.cuts.isEmpty) }) {
                    do {
                        guard let client = try listener.accept() else {
                            pauseFor(milliseconds: 1)
                            continue
                        }
                        try relay(client, StreamSocket.connect(path: server))
                    } catch {
                        pauseFor(milliseconds: 1)
                    }
                }
                listener.remove()
            }
        }
    }

    package var connections: Int { state.withLock { $0.connections } }
    package var passed: Int { state.withLock { $0.passed } }

    package func end() {
        state.withLock { $0.isEnding = true }
        thread.withLock { $0.take() }?.join()
    }

    private func relay(_ client: StreamSocket, _ server: StreamSocket) throws {
        let cut = state.withLock { state in
            state.connections += 1
            state.passed = 0
            return state.cuts.first
        }
        defer { if cut != nil { state.withLock { _ = $0.cuts.removeFirst() } } }
        let buffer = PageBuffer(capacity: 64 << 10)
        while !state.withLock({ $0.isEnding }) {
            var isQuiet = true
            for (from, to) in [(client, server), (server, client)] {
                switch from.read(into: buffer, after: 0) {
                case .blocked: continue
                case .ended: return
                case .done(var count):
                    isQuiet = false
                    let isAnswer = from === server
                    let left = (cut ?? .max) - passed
                    let isCut = isAnswer && count > left
                    if isCut { count = left }
                    // Before the client can know of it.
                    if isAnswer { state.withLock { $0.passed += count } }
                    guard send(buffer, count, to), !isCut else { return }
                }
            }
            if isQuiet { pauseFor(milliseconds: 1) }
        }
    }

    private func send(_ buffer: PageBuffer, _ count: Int, _ to: StreamSocket) -> Bool {
        var done = 0
        while done < count {
            switch to.write(buffer.bytes(done..<count)) {
            case .done(let more): done += more
            case .blocked: pauseFor(milliseconds: 1)
            case .ended: return false
            }
        }
        return true
    }
}
