internal import Base
internal import Crypto
internal import Linux
internal import SASL
internal import TLS
internal import WireProtocol

/// One connection to a server: log-in, then one request at a time.
final class Connection {
    private static let agent = "proofreel/0.1"
    /// Bytes of a body that is kept in memory.
    private static let bodyBytesMax = 512 << 20
    private static let itemsMax = 100_000
    /// More than the silence after which a server asks whether its client is there.
    private static let quietMilliseconds = 150_000

    private let channel: Channel
    private var session = ClientSession()
    private var input: [UInt8] = []
    private var position = 0
    /// What went wrong leaves the conversation in the middle; nothing may be asked any more.
    private var isBroken = false
    private(set) var origin = ""
    private(set) var identity = ""
    private(set) var mustChange = false

    init(_ options: Client.Options) throws {
        channel = try Channel(options.address, milliseconds: options.timeoutMilliseconds)
        try secure(options)
        try logIn(options)
    }

    /// Whether another request may be made here: also looks whether the server has gone since.
    var isUsable: Bool {
        guard !isBroken, session.canAsk, channel.drain(into: &input) else { return false }
        do {
            while let event = nextReady() {
                if case .ended = event { return false }
                if case .violated = event { return false }
                try attend(event)
            }
        } catch {
            return false
        }
        return session.canAsk
    }

    func close() { channel.close() }

    // MARK: Who is there

    private func secure(_ options: Client.Options) throws {
        guard case .host(let host, _) = options.address else { return }
        var certificate: (file: String, key: String)?
        if case .certificate(let file, let key) = options.logIn { certificate = (file, key) }
        switch options.trust {
        case .plain: return
        case .pinned(let key):
            try meet(try TLSContext(trusting: .learn, certificate: certificate), host)
            try expect(key, at: options.address, nil)
        case .authority(let file):
            let context = try TLSContext(
                trusting: .authority(file: file), certificate: certificate)
            try meet(context, host)
        case .firstUse(let known, let tell):
            try meet(try TLSContext(trusting: .learn, certificate: certificate), host)
            if let key = try known.key(of: options.address) {
                return try expect(key, at: options.address, known)
            }
            guard let key = channel.tls?.peerKeyHash else { throw Self.keyless }
            // Another client may have met somebody else there in this moment.
            try expect(try known.add(options.address, key), at: options.address, known)
            tell(options.address, key)
        }
    }

    private func meet(_ context: TLSContext, _ host: String) throws(Failure) {
        try channel.secure(context, serverName: host)
    }

    private static let keyless = Failure(.denied, "the server has shown no key")

    /// Before anything is said.
    private func expect(
        _ key: Digest, at address: ServerAddress, _ known: KnownServers?
    ) throws(Failure) {
        guard let met = channel.tls?.peerKeyHash else { throw Self.keyless }
        guard met != key else { return }
        let cure =
            known.map { "remove its line from \($0.path)" }
            ?? "give that one with --fingerprint"
        throw Failure(
            .denied,
            "\(address) has the key \(met.fingerprint), not \(key.fingerprint) as it should:"
                + " somebody else may be answering, and was told nothing. If the server has got a"
                + " new key, which its operator can tell, \(cure)")
    }

    // MARK: Log-in

    private func logIn(_ options: Client.Options) throws {
        try channel.send(session.hello(agent: Self.agent))
        guard case .welcome(let range) = try nextOfLogIn() else { throw Self.strange }
        let welcome = bytes(range)
        let fields = try Fields(welcome.span)
        origin = fields.text(.origin) ?? ""
        let methods = fields.texts(.method)
        session.welcomed(serverWindow: Int(clamping: fields.int(.window) ?? 0))
        var first = FieldWriter()
        switch options.logIn {
        case .owner(let name):
            try offer("owner", methods, &first)
            first.add(.name, name)
        case .token(let text):
            try offer("token", methods, &first)
            first.add(.secret, text)
        case .certificate: try offer("certificate", methods, &first)
        case .password(let user, let password):
            return try logIn(user, password, methods)
        }
        try channel.send(session.auth(first))
        try admit(nil)
    }

    private func offer(
        _ method: String, _ methods: [String], _ fields: inout FieldWriter
    ) throws(Failure) {
        guard methods.contains(method) else {
            throw Failure(
                .denied,
                "this server takes no log-in by \(method) here, but by"
                    + " \(methods.joined(separator: ", "))")
        }
        fields.add(.method, method)
    }

    private func logIn(_ user: String, _ password: String, _ methods: [String]) throws {
        let plus = SCRAMMechanism.sha256Plus.rawValue.lowercased()
        var binding = SCRAMBinding.none
        if let tls = channel.tls {
            binding = methods.contains(plus) ? .exporter(try tls.channelBinding()) : .unoffered
        }
        var scram = try SCRAMClient(user: user, password: password, binding: binding)
        let method = scram.mechanism.rawValue.lowercased()
        func auth(_ message: [UInt8]) throws {
            var fields = FieldWriter()
            try offer(method, methods, &fields)
            fields.add(.sasl, message)
            try channel.send(session.auth(fields))
        }
        try auth(scram.first)
        guard case .challenge(let range) = try nextOfLogIn() else { throw Self.strange }
        let challenge = bytes(range)
        try auth(try scram.prove(try Fields(challenge.span).bytes(.sasl) ?? []))
        try admit(scram)
    }

    private func admit(_ scram: SCRAMClient?) throws {
        guard case .admitted(let range) = try nextOfLogIn() else { throw Self.strange }
        let admitted = bytes(range)
        let fields = try Fields(admitted.span)
        if var scram { try scram.verify(fields.bytes(.sasl) ?? []) }
        identity = fields.text(.name) ?? ""
        mustChange = fields.has(.mustChange)
        session.admitted()
    }

    private static let strange = Failure(
        .io, "the server said something else than its part of the log-in")

    private func nextOfLogIn() throws -> ClientSession.Event {
        while true {
            let event = try next()
            switch event {
            case .ping, .goAway, .skipped: continue
            default: return event
            }
        }
    }

    // MARK: Requests

    func ask(
        _ operation: Operation, _ fields: FieldWriter, upload: [UInt8]?, _ sink: Sink
    ) throws -> Answer {
        if operation == .watch || operation == .cameraLive {
            // Nothing may happen for long; the server's ping says that it is still there.
            channel.milliseconds = max(channel.milliseconds, Self.quietMilliseconds)
        }
        do {
            try channel.send(
                session.request(operation.rawValue, fields, hasBody: upload != nil))
            if let upload { try send(upload) }
            return try answer(sink)
        } catch let error as WireError {
            // A refusal is all that the server says of this request; with the connection's end it
            // has said nothing of it.
            guard isBroken else { throw error }
            throw Failure(.io, "the server ended the connection: \(error.words)")
        } catch {
            isBroken = true
            throw error
        }
    }

    private func send(_ upload: [UInt8]) throws {
        var sent = 0
        repeat {
            while session.credit == 0, sent < upload.count {
                switch try next() {
                case .refused(let error): throw error
                case .reply, .item, .body:
                    throw Failure(.io, "the server answered before it had all that was sent")
                default: continue
                }
            }
            let count = min(
                upload.count - sent, session.credit, FrameType.data.payloadBytesMax)
            let piece = upload.span.extracting(sent..<sent + count)
            sent += count
            try channel.send(session.data(piece, last: sent == upload.count))
        } while sent < upload.count
    }

    private func answer(_ sink: Sink) throws -> Answer {
        var answer = Answer()
        while true {
            switch try next() {
            case .refused(let error): throw error
            case .item(let range):
                let item = bytes(range)
                if let take = sink.item {
                    guard try take(item) else {
                        try channel.send(session.cancel())
                        return answer
                    }
                } else {
                    guard answer.items.count < Self.itemsMax else {
                        throw Failure(.io, "the server answered with too many items")
                    }
                    answer.items.append(item)
                }
            case .reply(let range, let last):
                answer.reply = bytes(range)
                try sink.reply?(answer.reply)
                if last { return answer }
            case .body(let range, let last):
                let input = self.input
                let piece = input.span.extracting(range)
                if let take = sink.body {
                    try take(piece)
                } else {
                    guard answer.body.count + piece.count <= Self.bodyBytesMax else {
                        throw Failure(.io, "the server sent more than fits into memory")
                    }
                    answer.body.append(span: piece)
                }
                if last { return answer }
            default: continue
            }
            if let credit = session.creditDue() { try channel.send(credit) }
        }
    }

    // MARK: Events

    /// The next event; what concerns the connection is dealt with here already.
    private func next() throws -> ClientSession.Event {
        while true {
            if let event = nextReady() {
                try attend(event)
                return event
            }
            try channel.receive(into: &input)
        }
    }

    /// Drops what was handled, when more has to come anyway.
    private func forget() {
        input.removeFirst(position)
        position = 0
    }

    private func bytes(_ range: Range<Int>) -> [UInt8] { Array(input[range]) }

    private func nextReady() -> ClientSession.Event? {
        let input = self.input
        let event = session.next(input.span, &position)
        guard case .needsMore = event else { return event }
        forget()
        return nil
    }

    private func attend(_ event: ClientSession.Event) throws {
        switch event {
        case .ping(let range):
            try channel.send(ClientSession.pong(bytes(range)))
        case .ended(let error):
            isBroken = true
            throw error
        case .violated(let words):
            isBroken = true
            throw Failure(.io, "\(words); is the address right, and both sides up to date?")
        default: return
        }
    }
}
