internal import Base
internal import Linux
internal import TLS
internal import WireProtocol

/// The thread that waits for all sockets. Everything of a connection happens on it, so connections
/// need no locks; workers hand their answers over through `Mailbox`.
final class NetLoop: Sendable {
    private static let bellToken: UInt64 = 0
    private static let endingSeconds: UInt64 = 5
    /// How soon a client that is kept busy asks again.
    private static let briskNanoseconds: UInt64 = 100_000
    /// Connections that are answered before any of the answers is sent.
    private static let answeredMax = 16

    private let entrances: [Entrance]
    private let service: Service
    private let mailbox: Mailbox
    private let poller: Poller

    init(_ entrances: [Entrance], _ service: Service) throws(Failure) {
        self.entrances = entrances
        self.service = service
        mailbox = try Mailbox()
        poller = try Poller()
        try poller.add(mailbox.bell, token: Self.bellToken)
        for (i, entrance) in entrances.enumerated() {
            try poller.add(entrance.listener, token: UInt64(i + 1))
        }
    }

    func end() { mailbox.end() }

    func renew(_ context: TLSContext) { mailbox.renew(context) }

    func run() {
        var state = LoopState(entrances)
        var ready: [Poller.Ready] = []
        while true {
            wait(&state, into: &ready)
            for event in ready { handle(event, &state) }
            send(&state)
            for completion in mailbox.take() {
                guard let connection = state.connections[completion.connection] else { continue }
                connection.complete(completion)
                settle(connection, &state)
            }
            for token in mailbox.takeWoken() {
                if let connection = state.connections[token] { settle(connection, &state) }
            }
            if let context = mailbox.takeRenewal() { renew(context, &state) }
            if mailbox.isEnding { beginToEnd(&state) }
            if state.now != state.looked { look(&state) }
            if let end = state.endsAt, state.connections.isEmpty || state.now >= end { break }
        }
        for entrance in entrances { entrance.listener.remove() }
    }

    /// One client that asks again as soon as it is answered would otherwise pay for going to sleep
    /// and waking up, longer than for the answer itself. Who waited long last time sleeps at once.
    private func wait(_ state: inout LoopState, into ready: inout [Poller.Ready]) {
        let stopwatch = SystemClock()
        let began = stopwatch.monotonicNanoseconds
        if state.isBrisk {
            poller.wait(awakeFor: Self.briskNanoseconds, milliseconds: 1000, into: &ready)
        } else {
            poller.wait(milliseconds: 1000, into: &ready)
        }
        state.isBrisk = stopwatch.monotonicNanoseconds - began < Self.briskNanoseconds
        state.now = service.clock.monotonicNanoseconds / 1_000_000_000
    }

    private func handle(_ event: Poller.Ready, _ state: inout LoopState) {
        if event.token == Self.bellToken {
            mailbox.bell.silence()
        } else if event.token <= UInt64(state.entrances.count) {
            accept(from: state.entrances[Int(event.token) - 1], &state)
        } else if let connection = state.connections[event.token] {
            if event.events.contains(.read) || !event.events.isDisjoint(with: .hangUp) {
                connection.readable(state.scratch, at: state.now)
            }
            state.answered.append(connection)
            if state.answered.count == Self.answeredMax { send(&state) }
        }
    }

    /// Answers of several connections go out one after the other: a client that is kept busy need
    /// not be woken for each piece, which costs more than the answer.
    private func send(_ state: inout LoopState) {
        for connection in state.answered { settle(connection, &state) }
        state.answered.removeAll(keepingCapacity: true)
    }

    private func accept(from entrance: Entrance, _ state: inout LoopState) {
        // A bounded number at a time, so that a flood of callers leaves time for the others.
        for _ in 0..<64 {
            let socket: StreamSocket
            do throws(Failure) {
                guard let caller = try entrance.listener.accept() else { return }
                socket = caller
            } catch {
                // No descriptor is left: callers wait in the kernel until somebody hangs up.
                return
            }
            guard state.connections.count < service.options.connectionsMax else {
                turnAway(socket, entrance)
                continue
            }
            do throws(Failure) {
                try begin(socket, entrance, &state)
            } catch {
                // Out of memory or descriptors: this caller is hung up on, the others stay.
                continue
            }
        }
    }

    private func begin(
        _ socket: StreamSocket, _ entrance: Entrance, _ state: inout LoopState
    ) throws(Failure) {
        let token = state.nextToken
        state.nextToken += 1
        let connection = Connection(
            try Transport(socket, entrance.context), entrance, token: token, service: service,
            mailbox: mailbox, now: state.now)
        try poller.add(socket, token: token, connection.interest)
        state.connections[token] = connection
    }

    /// Behind TLS there is no word yet that could be said.
    private func turnAway(_ socket: StreamSocket, _ entrance: Entrance) {
        guard entrance.context == nil else { return }
        var bytes: [UInt8] = []
        WireError(.tooMany, "the server has all the connections it takes; try later")
            .append(to: &bytes, stream: 0)
        _ = socket.write(bytes.span)
    }

    /// After anything happened to a connection: sends, waits for what it waits for, or ends it.
    private func settle(_ connection: Connection, _ state: inout LoopState) {
        connection.pump(at: state.now)
        guard !connection.isOver else {
            connection.close()
            state.connections[connection.token] = nil
            return
        }
        let interest = connection.wanted
        guard interest != connection.interest else { return }
        connection.interest = interest
        do throws(Failure) {
            try poller.change(connection.transport.socket, token: connection.token, interest)
        } catch {
            connection.close()
            state.connections[connection.token] = nil
        }
    }

    /// Once a second: who is silent for too long.
    private func look(_ state: inout LoopState) {
        state.looked = state.now
        for connection in state.connections.values {
            connection.look(at: state.now)
            settle(connection, &state)
        }
    }

    private func beginToEnd(_ state: inout LoopState) {
        guard state.endsAt == nil else { return }
        state.endsAt = state.now + Self.endingSeconds
        for entrance in entrances {
            // One that cannot be removed is closed with the loop.
            do throws(Failure) { try poller.remove(entrance.listener) } catch {}
        }
        for connection in state.connections.values {
            connection.sayGoodbye("the server ends; connect again in a moment")
            settle(connection, &state)
        }
    }

    private func renew(_ context: TLSContext, _ state: inout LoopState) {
        state.entrances = state.entrances.map { $0.with(context) }
        for connection in state.connections.values where connection.transport.tls != nil {
            connection.sayGoodbye("the server has another certificate; connect again")
            settle(connection, &state)
        }
    }
}

/// What only the loop's thread touches.
private struct LoopState {
    var entrances: [Entrance]
    var connections: [UInt64: Connection] = [:]
    var nextToken: UInt64
    var now: UInt64 = 0
    var looked: UInt64 = 0
    /// The last wait was short, so the next one may be.
    var isBrisk = false
    /// Whose answers wait to be sent in this turn.
    var answered: [Connection] = []
    var endsAt: UInt64?
    /// All connections read into this; what is left of a frame that has begun is kept by its own.
    let scratch = PageBuffer(capacity: 256 << 10)

    init(_ entrances: [Entrance]) {
        self.entrances = entrances
        nextToken = UInt64(entrances.count + 1)
    }
}
