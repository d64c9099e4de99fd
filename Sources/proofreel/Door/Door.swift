internal import Access
internal import Anchors
internal import Base
internal import Client
internal import Evidence
internal import Linux
internal import Server
internal import WireProtocol

/// Where a command's requests are answered: a server, or the desk itself over a directory that
/// nobody serves. So a command is written once, over the documents of the protocol.
protocol Door {
    /// `isSafe`: asked twice it does nothing twice.
    func ask(
        _ operation: WireProtocol.Operation, isSafe: Bool, upload: [UInt8]?, _ sink: Sink,
        _ build: (inout FieldWriter) throws -> Void
    ) throws -> Answer
    func close() throws
}

extension Door {
    func ask(
        _ operation: WireProtocol.Operation, isSafe: Bool = false, upload: [UInt8]? = nil,
        _ build: (inout FieldWriter) throws -> Void = { _ in }
    ) throws -> Answer {
        try ask(operation, isSafe: isSafe, upload: upload, Sink(), build)
    }
}

/// A server that is asked over the protocol.
struct ServerDoor: Door {
    let client: Client

    func ask(
        _ operation: WireProtocol.Operation, isSafe: Bool, upload: [UInt8]?, _ sink: Sink,
        _ build: (inout FieldWriter) throws -> Void
    ) throws -> Answer {
        var fields = FieldWriter()
        try build(&fields)
        return try client.ask(operation, fields, upload: upload, isSafe: isSafe, sink)
    }

    func close() { client.close() }
}

/// The desk in this process, over a directory that is nobody else's now. Opened by the first
/// question, and for as much as it needs.
final class DirectDoor: Door {
    private let work: Work
    private let writes: Bool
    private var session: Session?
    private var book: AccessBook?

    init(_ work: Work, writes: Bool) {
        self.work = work
        self.writes = writes
    }

    func ask(
        _ operation: WireProtocol.Operation, isSafe: Bool, upload: [UInt8]?, _ sink: Sink,
        _ build: (inout FieldWriter) throws -> Void
    ) throws -> Answer {
        var fields = FieldWriter()
        try build(&fields)
        let session = try opened()
        let desk = Desk(
            log: session.log, book: try book(for: operation, session),
            anchorer: try anchorer(for: operation, session),
            served: nil
        ) {
            try StatusReport.make(
                session, served: false, anchored: nil, anchors: session.anchorReports(),
                used: DiskUse.of(session.directory.path))
        }
        if operation == .export {
            return try export(desk, fields, upload ?? [], sink)
        }
        let answer = try desk.answer(
            operation, fields, body: upload ?? [], as: .owner(work.author.actor))
        return try pass(answer, sink)
    }

    /// Too large to be held, so it is passed on while it comes about.
    private func export(
        _ desk: Desk, _ fields: FieldWriter, _ ids: [UInt8], _ sink: Sink
    ) throws -> Answer {
        try desk.export(
            fields, ids: ids, as: .owner(work.author.actor), reply: { try sink.reply?($0) },
            { try sink.body?($0) })
        return Answer()
    }

    /// As it would have come from a server.
    private func pass(_ answer: Desk.DirectAnswer, _ sink: Sink) throws -> Answer {
        var passed = Answer()
        for item in answer.items {
            guard let take = sink.item else {
                passed.items.append(item)
                continue
            }
            guard try take(item) else { return passed }
        }
        passed.reply = answer.reply
        try sink.reply?(answer.reply)
        if let take = sink.body { try take(answer.body.span) } else { passed.body = answer.body }
        return passed
    }

    private func opened() throws -> Session {
        if let session { return session }
        let made =
            writes
            ? try Session.writing(work.arguments)
            : try Session.reading(DataDirectory(work.arguments))
        session = made
        if writes { work.tell(made) }
        return made
    }

    private func book(
        for operation: WireProtocol.Operation, _ session: Session
    ) throws -> AccessBook? {
        guard (0x70...0x7F).contains(operation.rawValue) else { return nil }
        if let book { return book }
        let (opened, secret) = try AccessBook.open(
            dataDirectory: session.directory.path, log: session.log, clock: SystemClock())
        if let secret {
            work.console.note("the first admin is admin with the one-time password \(secret)")
        }
        book = opened
        return opened
    }

    /// For what is about anchors, and for bundles. The other operations do without.
    private func anchorer(
        for operation: WireProtocol.Operation, _ session: Session
    ) throws -> Anchorer? {
        guard
            (0x54...0x58).contains(operation.rawValue) || (0x80...0x8F).contains(operation.rawValue)
        else { return nil }
        return try Anchorer(
            session.log, dataDirectory: session.directory.path, clock: SystemClock()
        ) { [console = work.console] in console.note($0) }
    }

    func close() throws { try session?.close() }
}
