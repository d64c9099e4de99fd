internal import Access
internal import Base
internal import Client
internal import Evidence
internal import EvidenceFormat
internal import Linux
internal import Synchronization
internal import WireProtocol

/// What a serving process needs to let people in: the book of who may, the door that slows down
/// guessing, and the trail of who looked. Lives as long as the server.
final class AccessDesk: Sendable {
    let book: AccessBook
    let trail: AccessTrail
    let door: Doorkeeper
    /// Of the first admin, at the first start only.
    let firstSecret: String?
    private let hasComplained = Atomic(false)

    init(_ session: Session) throws(Failure) {
        let clock = SystemClock()
        (book, firstSecret) = try AccessBook.open(
            dataDirectory: session.directory.path, log: session.log, clock: clock)
        trail = AccessTrail(session.log, clock: clock)
        door = Doorkeeper(clock: clock)
    }

    /// Now and then, from the server's own loop.
    func keepUp(_ console: Console) {
        do throws(Failure) {
            try book.saveUses()
            hasComplained.store(false, ordering: .relaxed)
        } catch {
            guard !hasComplained.exchange(true, ordering: .relaxed) else { return }
            console.print(console.warning("when tokens were used is not kept: \(error.words)"))
        }
    }

    /// Before the log is closed, which takes the last batch.
    func end() throws(Failure) {
        do throws(Failure) {
            try trail.close()
        } catch {
            // A log that has stopped says so itself, with the cause.
            guard error.kind == .denied else { throw error }
        }
        try book.saveUses(atOnce: true)
    }
}

extension Work {
    /// Documents of a list, for which a directory that nobody serves need not be opened.
    func documents(
        _ operation: WireProtocol.Operation, build: (inout FieldWriter) -> Void = { _ in },
        _ list: (AccessContents) -> [JSON]
    ) throws -> [Document] {
        let directory = isRemote ? nil : try DataDirectory(arguments)
        guard let directory, !directory.isServed else {
            return try asking { door in
                try door.ask(operation, isSafe: true, build).items.map { try Document($0) }
            }
        }
        try directory.requireExisting()
        guard let contents = try AccessContents(dataDirectory: directory.path) else {
            throw Failure(
                .notFound, "nobody has been given rights yet; proofreel serve makes the first admin"
            )
        }
        return try list(contents).map { try Document($0) }
    }

    /// True when they were printed for a script.
    func printed(_ documents: [Document]) -> Bool {
        guard arguments.has("json") else { return false }
        for document in documents { console.print(document.json) }
        return true
    }
}
