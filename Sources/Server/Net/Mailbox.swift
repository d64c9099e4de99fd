internal import Base
internal import Linux
internal import TLS
internal import WireProtocol

/// An answer that a worker has found.
struct Completion: Sendable {
    let connection: UInt64
    let stream: UInt32
    let code: UInt16
    let result: Result<Answer, WireError>
}

/// Brings answers from workers to the loop's thread.
final class Mailbox: Sendable {
    private struct State {
        var completions: [Completion] = []
        /// Connections for which a feed has something new.
        var woken: Set<UInt64> = []
        var ending = false
        var renewal: TLSContext?
    }

    let bell: Doorbell
    private let state = Monitor(State())

    init() throws(Failure) { bell = try Doorbell() }

    func post(_ completion: Completion) {
        let isFirst = state.withLock { state in
            state.completions.append(completion)
            return state.completions.count == 1
        }
        if isFirst { bell.ring() }
    }

    func wake(_ connection: UInt64) {
        let isFirst = state.withLock { state in
            state.woken.insert(connection)
            return state.woken.count == 1
        }
        if isFirst { bell.ring() }
    }

    func takeWoken() -> Set<UInt64> {
        state.withLock { state in
            defer { state.woken = [] }
            return state.woken
        }
    }

    func take() -> [Completion] {
        state.withLock { state in
            let taken = state.completions
            state.completions = []
            return taken
        }
    }

    func renew(_ context: TLSContext) {
        state.withLock { $0.renewal = context }
        bell.ring()
    }

    func takeRenewal() -> TLSContext? {
        state.withLock { state in
            defer { state.renewal = nil }
            return state.renewal
        }
    }

    func end() {
        state.withLock { $0.ending = true }
        bell.ring()
    }

    var isEnding: Bool { state.withLock { $0.ending } }
}
