internal import Access
internal import Base
internal import Linux
internal import WireProtocol

/// One client: its socket, its session, and what is on the way in either direction. Only the loop's
/// thread touches it; that is what `@unchecked Sendable` claims.
final class Connection: @unchecked Sendable {
    /// Answers that wait to be sent beyond this keep further requests from being read.
    private static let queuedBytesMax = 1 << 20
    private static let leaving = "you said that you leave"
    private static let uploadBytesMax = 64 << 20

    private struct Upload: Sendable {
        let operation: Operation
        let payload: [UInt8]
        var body: [UInt8] = []
        /// What it holds of the server's room for uploads.
        var reserved = 0
    }

    let transport: Transport
    let token: UInt64
    var interest = Poller.Interest.read
    private let service: Service
    private let mailbox: Mailbox
    private var session = ServerSession()
    /// The beginning of a frame whose rest has not come.
    private var begun: [UInt8] = []
    private var queue = SendQueue()
    private var outgoing: [Outgoing] = []
    private var uploads: [UInt32: Upload] = [:]
    private var admission: Admission
    private var caller: Caller?
    /// Of the book, when the identity was last looked up.
    private var generation: UInt64 = 0
    private var running = 0
    private var heard: UInt64
    /// When the client last took something, or had nothing to take.
    private var took: UInt64
    private let since: UInt64
    /// Nothing new begins; what runs is finished.
    private var isLeaving = false
    /// Why the client was told to connect again.
    private var goodbye: String?
    /// The error that ends the connection is said; nothing follows it.
    private var hasFailed = false
    private var hasPinged = false
    private var hasGone = false

    init(
        _ transport: Transport, _ entrance: Entrance, token: UInt64, service: Service,
        mailbox: Mailbox, now: UInt64
    ) {
        self.transport = transport
        admission = Admission(service.gate, entrance.kind, transport.socket.peer)
        self.token = token
        self.service = service
        self.mailbox = mailbox
        heard = now
        took = now
        since = now
    }

    private var isFull: Bool { queue.byteCount > Self.queuedBytesMax }

    private var isBusy: Bool { running > 0 || !outgoing.isEmpty || !uploads.isEmpty }

    /// A client that leaves may still give credit for what it waits for, and end its uploads.
    private var listens: Bool { !hasGone && !hasFailed && !isFull && (!isLeaving || isBusy) }

    /// Nothing is left to do for it.
    var isOver: Bool { hasGone || queue.isEmpty && (hasFailed || isLeaving && !isBusy) }

    var wanted: Poller.Interest {
        let awaits = transport.awaits
        return Poller.Interest(
            reads: listens, writes: !queue.isEmpty && transport.isReady && awaits == .none,
            and: awaits)
    }

    func close() {
        admission.abandon()
        transport.close()
        for upload in uploads.values { service.release(upload.reserved) }
        uploads = [:]
    }

    // MARK: Reading

    func readable(_ scratch: PageBuffer, at now: UInt64) {
        guard prepare() else { return }
        repeat { readOnce(scratch, at: now) } while transport.hasPending && !isFull && !hasGone
    }

    /// The handshake, where there is one.
    private func prepare() -> Bool {
        guard !transport.isReady else { return !isFull }
        if case .ended = transport.prepare() { hasGone = true }
        return transport.isReady
    }

    private func readOnce(_ scratch: PageBuffer, at now: UInt64) {
        switch transport.read(into: scratch) {
        case .blocked: return
        case .ended: hasGone = true
        case .done(let count):
            heard = now
            hasPinged = false
            if begun.isEmpty {
                let used = consume(scratch.bytes(0..<count))
                begun.append(span: scratch.bytes(used..<count))
            } else {
                begun.append(span: scratch.bytes(0..<count))
                consumeBegun()
            }
        }
    }

    private func consumeBegun() {
        let input = begun
        let used = consume(input.span)
        begun = Array(input[used...])
    }

    /// Handles whole frames; how many bytes they were.
    private func consume(_ input: Span<UInt8>) -> Int {
        var position = 0
        while listens {
            switch session.next(input, &position) {
            case .needsMore: return position
            case .hello(let range): greet(input.extracting(range))
            case .auth(let range): admit(input.extracting(range))
            case .request(let stream, let code, let range, let last):
                request(stream, code, input.extracting(range), last: last)
            case .body(let stream, let range, let last):
                receive(input.extracting(range), stream, last: last)
            case .cancelled(let stream): cancel(stream)
            case .ping(let range):
                queue.add(
                    FrameHeader(.pong, payloadBytes: range.count),
                    input.extracting(range).array())
            case .goAway:
                isLeaving = true
                endFeeds(Self.leaving)
            case .credited, .skipped: continue
            case .refused(let stream, let error): refuse(stream, error)
            case .violated(let error): refuse(0, error)
            }
        }
        return position
    }

    /// On stream 0 it is the connection's end.
    private func refuse(_ stream: UInt32, _ error: WireError) {
        var bytes: [UInt8] = []
        error.append(to: &bytes, stream: stream)
        queue.add(bytes)
        if stream == 0 {
            hasFailed = true
            outgoing = []
        } else {
            session.answered(stream)
        }
    }

    // MARK: Log-in

    private func greet(_ payload: Span<UInt8>) {
        do throws(WireError) {
            let fields = try Fields(payload)
            guard fields.ints(.version).contains(WireLimits.version) else {
                throw WireError(
                    .unsupportedVersion,
                    "this server speaks version \(WireLimits.version); update the older side")
            }
            session.greeted(
                clientWindow: Int(clamping: fields.int(.window) ?? Int64(WireLimits.windowMin)))
            var answer = FieldWriter()
            answer.add(.version, WireLimits.version)
            answer.add(.name, service.options.name)
            answer.add(.origin, service.origin)
            for method in admission.methods(transport.tls) { answer.add(.method, method) }
            answer.add(.window, Int64(WireLimits.windowDefault))
            answer.add(.streamsMax, Int64(WireLimits.streamsMax))
            answer.add(.idleSeconds, Int64(service.options.idleSeconds))
            answer.add(.payloadMax, Int64(Self.uploadBytesMax))
            queue.add(
                FrameHeader(.welcome, payloadBytes: answer.bytes.count), answer.bytes)
        } catch {
            refuse(0, error)
        }
    }

    private func admit(_ payload: Span<UInt8>) {
        do throws(WireError) {
            let step = try admission.step(try Fields(payload), transport.tls)
            var answer = FieldWriter()
            switch step {
            case .challenge(let sasl):
                answer.add(.sasl, sasl)
                queue.add(FrameHeader(.challenge, payloadBytes: answer.bytes.count), answer.bytes)
            case .admitted(let identity, let sasl):
                generation = service.gate.book.generation
                caller = Caller(
                    identity: identity, peer: transport.socket.peer.description,
                    session: "wire-\(token)")
                session.admitted()
                answer.add(.name, identity.actor)
                for role in identity.roles { answer.add(.role, role.rawValue) }
                for right in identity.rights.list { answer.add(.right, right.rawValue) }
                if identity.mustChange { answer.add(.mustChange) }
                if let sasl { answer.add(.sasl, sasl) }
                queue.add(FrameHeader(.admitted, payloadBytes: answer.bytes.count), answer.bytes)
            }
        } catch {
            refuse(0, error)
        }
    }

    /// Rights that were taken back end at the next request, not at the next log-in.
    private func renewed(_ caller: Caller) throws(Failure) -> Caller {
        let current = service.gate.book.generation
        if current == generation {
            try caller.identity.requireCurrent(at: service.clock.now)
            return caller
        }
        let renewed = Caller(
            identity: try service.gate.book.renew(caller.identity), peer: caller.peer,
            session: caller.session)
        generation = current
        self.caller = renewed
        return renewed
    }

    // MARK: Requests

    private func request(
        _ stream: UInt32, _ code: UInt16, _ payload: Span<UInt8>, last: Bool
    ) {
        if let goodbye { return refuse(stream, WireError(.goingAway, goodbye)) }
        guard let operation = Operation(rawValue: code), let known = caller else {
            return refuse(
                stream, WireError(.unknownOperation, "this server knows no operation \(code)"))
        }
        let caller: Caller
        do throws(Failure) {
            caller = try renewed(known)
        } catch {
            return refuse(0, WireError(.notAdmitted, error.words))
        }
        if Desk.takesBody(operation) {
            uploads[stream] = Upload(operation: operation, payload: payload.array())
            if last { finish(stream) }
            return
        }
        guard last else {
            return refuse(stream, WireError(.invalid, "\(operation) takes no body"))
        }
        let bytes = payload.array()
        if Desk.isQuick(operation, payload) {
            perform(operation, stream, bytes, caller)
        } else {
            run(operation, stream, bytes, caller)
        }
    }

    private func perform(
        _ operation: Operation, _ stream: UInt32, _ payload: [UInt8], _ caller: Caller
    ) {
        let result = service.desk.result(operation, payload, body: [], for: caller)
        answer(stream, operation.rawValue, result)
    }

    /// `upload`: its body goes along, and keeps its part of the server's room until it is done.
    private func run(
        _ operation: Operation, _ stream: UInt32, _ payload: [UInt8], _ caller: Caller,
        upload: Upload? = nil
    ) {
        let (service, mailbox, token) = (self.service, self.mailbox, self.token)
        let isTaken = service.workers.run {
            let result =
                Desk.isLasting(operation)
                ? service.desk.follow(
                    operation, payload, body: upload?.body ?? [], for: caller
                ) { mailbox.wake(token) }
                : service.desk.result(
                    operation, payload, body: upload?.body ?? [], for: caller)
            if let upload { service.release(upload.reserved) }
            mailbox.post(
                Completion(
                    connection: token, stream: stream, code: operation.rawValue, result: result))
        }
        if isTaken {
            running += 1
        } else {
            if let upload { service.release(upload.reserved) }
            refuse(stream, WireError(.busy, "the server has more to do than it takes; try again"))
        }
    }

    /// A worker's answer has come.
    func complete(_ completion: Completion) {
        running -= 1
        if !hasFailed, session.isOpen(completion.stream) {
            answer(completion.stream, completion.code, completion.result)
        }
    }

    private func answer(_ stream: UInt32, _ code: UInt16, _ result: Result<Answer, WireError>) {
        switch result {
        case .success(let answer):
            guard !isLeaving || answer.feed == nil else {
                return refuse(stream, WireError(.goingAway, goodbye ?? Self.leaving))
            }
            outgoing.append(Outgoing(answer, stream: stream, code: code))
            emit()
        case .failure(let error): refuse(stream, error)
        }
    }

    private func cancel(_ stream: UInt32) {
        outgoing.removeAll { $0.stream == stream }
        if let upload = uploads.removeValue(forKey: stream) { service.release(upload.reserved) }
    }

    // MARK: Uploads

    private func receive(_ piece: Span<UInt8>, _ stream: UInt32, last: Bool) {
        guard var upload = uploads.removeValue(forKey: stream) else { return }
        guard upload.body.count + piece.count <= Self.uploadBytesMax else {
            service.release(upload.reserved)
            return refuse(
                stream,
                WireError(.tooLarge, "a picture has at most \(Self.uploadBytesMax) bytes"))
        }
        guard service.reserve(piece.count) else {
            service.release(upload.reserved)
            return refuse(
                stream, WireError(.busy, "others upload as much as the server takes; try again"))
        }
        upload.reserved += piece.count
        upload.body.append(span: piece)
        uploads[stream] = upload
        if last { return finish(stream) }
        if piece.count > 0 {
            session.gave(piece.count, on: stream)
            var count: [UInt8] = []
            count.appendBigEndian(UInt32(piece.count))
            queue.add(FrameHeader(.credit, payloadBytes: 4, stream: stream), count)
        }
    }

    private func finish(_ stream: UInt32) {
        guard let upload = uploads.removeValue(forKey: stream), let caller else { return }
        run(upload.operation, stream, upload.payload, caller, upload: upload)
    }

    // MARK: Sending

    /// Sends what the socket takes, and puts more of the answers into the queue as it empties.
    func pump(at now: UInt64) {
        while !hasGone {
            if queue.isEmpty { emit() }
            guard !queue.isEmpty else {
                took = now
                break
            }
            switch queue.flush(to: transport) {
            case .done:
                took = now
                if !queue.isEmpty { return }
            case .blocked: return
            case .ended: hasGone = true
            }
        }
        // What was left unread because the queue was full.
        if !begun.isEmpty, !isFull, !hasGone {
            let before = begun.count
            consumeBegun()
            if begun.count < before, !queue.isEmpty { pump(at: now) }
        }
    }

    /// One turn of every answer that has credit.
    private func emit() {
        var i = 0
        while i < outgoing.count, !isFull {
            let stream = outgoing[i].stream
            let used: Int
            do throws(WireError) {
                used = try outgoing[i].emit(into: &queue, credit: session.credit(of: stream))
            } catch {
                outgoing.remove(at: i)
                refuse(stream, error)
                continue
            }
            session.spend(used, on: stream)
            if outgoing[i].isFinished {
                session.answered(stream)
                outgoing.remove(at: i)
            } else {
                i += 1
            }
        }
    }

    // MARK: Time

    /// What would go on for ever ends when nothing new begins.
    private func endFeeds(_ words: String) {
        for answer in outgoing where answer.isLasting {
            end(answer.stream, WireError(.goingAway, words))
        }
    }

    private func end(_ stream: UInt32, _ error: WireError) {
        outgoing.removeAll { $0.stream == stream }
        refuse(stream, error)
    }

    /// Rights that were taken back end what goes on at the next look.
    private func reviewFeeds() {
        guard let known = caller, outgoing.contains(where: \.isLasting) else { return }
        let caller: Caller
        do throws(Failure) {
            caller = try renewed(known)
        } catch {
            return refuse(0, WireError(.notAdmitted, error.words))
        }
        for answer in outgoing where answer.isLasting {
            do throws(Failure) {
                try answer.requireRight(of: caller)
            } catch {
                end(answer.stream, WireError(error))
            }
        }
    }

    func sayGoodbye(_ words: String) {
        guard goodbye == nil else { return }
        // In the middle of a handshake nothing can be said.
        guard transport.isReady else { return hasGone = true }
        endFeeds(words)
        var fields = FieldWriter()
        fields.add(.words, words)
        queue.add(FrameHeader(.goAway, payloadBytes: fields.bytes.count), fields.bytes)
        isLeaving = true
        goodbye = words
    }

    func look(at now: UInt64) {
        let options = service.options
        reviewFeeds()
        if caller == nil, !hasFailed, now - since > options.loginSeconds {
            guard transport.isReady else { return hasGone = true }
            return refuse(0, WireError(.timedOut, "nobody logged in on this connection in time"))
        }
        let isStuck = !queue.isEmpty && now - took > options.idleSeconds
        if isStuck || now - heard > 2 * options.idleSeconds, running == 0 {
            hasGone = true
        } else if now - heard >= options.idleSeconds, !hasPinged, transport.isReady {
            hasPinged = true
            queue.add(FrameHeader(.ping, payloadBytes: 0), [])
        }
    }
}
