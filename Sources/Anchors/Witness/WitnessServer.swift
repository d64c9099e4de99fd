package import Base
internal import EvidenceFormat
package import Linux

/// A witness on the network: one thread, a few dozen callers at a time, one request each, ten
/// seconds for it. Plain HTTP: what it signs and what it is sent are signed texts; where the sizes
/// of a log are a secret, a proxy with TLS stands before it.
package final class WitnessServer: Sendable {
    private static let callersMax = 64
    private static let callerNanoseconds: UInt64 = 10_000_000_000
    private static let listenerToken: UInt64 = 0
    private static let bellToken: UInt64 = 1

    private let witness: Witness
    private let listener: Listener
    private let poller: Poller
    private let bell: Doorbell
    private let clock: any Clock
    private let thread = Monitor<Thread?>(nil)
    private let isEnding = Monitor(false)
    private let say: @Sendable (String) -> Void

    package var port: UInt16 { listener.port }

    package init(
        _ witness: Witness, at address: IPAddress, port: UInt16, clock: any Clock,
        say: @escaping @Sendable (String) -> Void
    ) throws(Failure) {
        self.witness = witness
        self.clock = clock
        self.say = say
        listener = try Listener(address, port: port)
        poller = try Poller()
        bell = try Doorbell()
        try poller.add(listener, token: Self.listenerToken)
        try poller.add(bell, token: Self.bellToken)
        let started = Thread(name: "witness") { [self] in run() }
        thread.withLock { $0 = started }
    }

    package func end() {
        isEnding.withLock { $0 = true }
        bell.ring()
        thread.withLock { $0.take() }?.join()
    }

    // MARK: The thread

    private final class Caller {
        let socket: StreamSocket
        let deadline: UInt64
        var reader = WitnessRequestReader()
        var sending: [UInt8] = []
        var sent = 0
        /// Bytes that follow are read and thrown away, so that the answer is not lost with a reset.
        var isAnswered = false

        init(_ socket: StreamSocket, deadline: UInt64) {
            self.socket = socket
            self.deadline = deadline
        }
    }

    private func run() {
        var callers: [UInt64: Caller] = [:]
        var nextToken = Self.bellToken + 1
        var ready: [Poller.Ready] = []
        let buffer = PageBuffer(capacity: 1 << 16)
        var hasRoom = true
        while !isEnding.withLock({ $0 }) {
            poller.wait(milliseconds: 500, into: &ready)
            for event in ready {
                switch event.token {
                case Self.bellToken: bell.silence()
                case Self.listenerToken: accept(&callers, &nextToken)
                default:
                    guard let caller = callers[event.token] else { continue }
                    if !serve(caller, event.token, buffer) {
                        leave(caller)
                        callers[event.token] = nil
                    }
                }
            }
            let now = clock.monotonicNanoseconds
            for (token, caller) in callers where caller.deadline <= now {
                leave(caller)
                callers[token] = nil
            }
            // Who does not fit waits in the kernel's queue.
            let fits = callers.count < Self.callersMax
            if fits != hasRoom {
                hasRoom = fits
                do throws(Failure) {
                    if fits {
                        try poller.add(listener, token: Self.listenerToken)
                    } else {
                        try poller.remove(listener)
                    }
                } catch {
                    say("the witness cannot watch its socket: \(error.words)")
                }
            }
        }
    }

    private func accept(_ callers: inout [UInt64: Caller], _ nextToken: inout UInt64) {
        do throws(Failure) {
            while callers.count < Self.callersMax, let socket = try listener.accept() {
                let deadline = clock.monotonicNanoseconds + Self.callerNanoseconds
                let caller = Caller(socket, deadline: deadline)
                try poller.add(socket, token: nextToken, .read)
                callers[nextToken] = caller
                nextToken += 1
            }
        } catch {
            say("a caller could not be let in: \(error.words)")
        }
    }

    private func leave(_ caller: Caller) {
        do throws(Failure) {
            try poller.remove(caller.socket)
        } catch {
            // It goes with its descriptor.
        }
    }

    /// False when there is nothing more to do for it.
    private func serve(_ caller: Caller, _ token: UInt64, _ buffer: PageBuffer) -> Bool {
        reading: while true {
            switch caller.socket.read(into: buffer, after: 0) {
            case .ended: return false
            case .blocked: break reading
            case .done(let count):
                if caller.isAnswered { continue }
                take(caller, buffer.bytes(0..<count))
            }
        }
        return send(caller, token)
    }

    private func take(_ caller: Caller, _ bytes: Span<UInt8>) {
        let answer: WitnessAnswer
        switch caller.reader.take(bytes) {
        case .more: return
        case .goOn:
            caller.sending += Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
            return
        case .refuse(let status, let words): answer = WitnessAnswer(status, words)
        case .request(let request):
            answer = witness.answer(request)
            if case .add(let request) = request {
                let head = request.note.text.split(separator: "\n").prefix(2)
                say("\(caller.socket.peer): \(head.joined(separator: " ")): \(answer.status)")
            }
        }
        caller.isAnswered = true
        caller.sending += answer.bytes
    }

    private func send(_ caller: Caller, _ token: UInt64) -> Bool {
        while caller.sent < caller.sending.count {
            let bytes = caller.sending
            switch caller.socket.write(bytes.span.extracting(caller.sent..<bytes.count)) {
            case .done(let count): caller.sent += count
            case .ended: return false
            case .blocked:
                do throws(Failure) {
                    try poller.change(caller.socket, token: token, [.read, .write])
                } catch { return false }
                return true
            }
        }
        if caller.isAnswered { caller.socket.finishWriting() }
        return true
    }
}
