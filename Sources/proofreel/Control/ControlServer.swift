internal import Base
internal import Linux
internal import Synchronization

/// Runs callers' commands in the serving process: `DATADIR/control.sock`, which the owner of the
/// directory alone may open. One thread a caller, so that a long clip keeps nobody waiting.
final class ControlServer: Sendable {
    private static let callersMax = 32
    private static let patienceMilliseconds = 30_000
    private static let endingWaitsMax = 50

    private let socket: LocalSocket
    private let ending = Atomic(false)
    private let callers = Monitor(0)
    private let thread = Mutex<Thread?>(nil)

    init(_ directory: DataDirectory) throws(Failure) {
        socket = try LocalSocket(listeningAt: directory.controlSocket)
        thread.withLock { thread in
            thread = Thread(name: "control") { [self] in
                while !ending.load(ordering: .relaxed) { take() }
            }
        }
    }

    /// Takes no more callers, and waits a while for those that are there: what one of them still
    /// wants is refused by the log once it is closed.
    func end() {
        ending.store(true, ordering: .relaxed)
        thread.withLock { $0.take() }?.join()
        socket.remove()
        callers.lock()
        var waits = 0
        while callers.locked > 0, waits < Self.endingWaitsMax {
            if !callers.wait(milliseconds: 100) { waits += 1 }
        }
        callers.unlock()
    }

    private func take() {
        guard let connection = socket.accept(within: 200) else { return }
        connection.limit(milliseconds: Self.patienceMilliseconds)
        guard callers.withLock({ $0 < Self.callersMax }) else {
            return answer(connection, .failed, "the server is busy with others; try again")
        }
        callers.withLock { $0 += 1 }
        let caller = Thread(name: "caller") { [self] in
            serve(connection)
            callers.withLock { $0 -= 1 }
            callers.broadcast()
        }
        caller.detach()
    }

    private func answer(_ connection: LocalConnection, _ code: ExitCode, _ words: String?) {
        do throws(Failure) {
            if let words {
                let text = Array("proofreel: \(words)\n".utf8)
                try connection.send(kind: Console.Stream.aside.rawValue, text)
            }
            try connection.send(kind: ControlRequest.exit, [UInt8(code.rawValue)])
        } catch {
            // The caller has gone; nobody is left to tell.
            return
        }
    }

    private func serve(_ connection: LocalConnection) {
        do {
            guard let input = try connection.receive(limit: ControlRequest.inputMax),
                input.kind == ControlRequest.input,
                let message = try connection.receive(limit: ControlRequest.bytesMax),
                message.kind == ControlRequest.words
            else { return }
            var request = try ControlRequest(message.bytes)
            request.input = input.bytes
            answer(connection, run(request, connection), nil)
        } catch {
            answer(connection, .failed, "\(error)")
        }
    }

    private func run(_ request: ControlRequest, _ connection: LocalConnection) -> ExitCode {
        let console = Console(
            colours: request.colours.answers, errorColours: request.colours.asides,
            input: request.input
        ) { stream, bytes in
            do throws(Failure) {
                try connection.send(kind: stream.rawValue, bytes)
            } catch {
                // What was begun for a caller is finished, though he went away.
                return
            }
        }
        return Program.run(request.words, from: request.folder, console)
    }
}
