internal import Access
internal import Base
internal import Evidence
internal import Linux
internal import Synchronization

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
    /// What the owner of the data directory looks at through the server stands in the trail, too.
    func note(_ what: TrailAction, _ target: String) throws(Failure) {
        guard let access = Serving.current?.access else { return }
        try access.trail.note(
            TrailEntry(.owner(author.actor), what, target, peer: "local"))
    }

    /// The book, to change it: the server's, or that of a directory that nobody serves.
    func changing<R>(_ body: (AccessBook) throws -> R) throws -> R {
        if let access = Serving.current?.access { return try body(access.book) }
        let directory = try DataDirectory(arguments)
        return try writing { log in
            let (book, secret) = try AccessBook.open(
                dataDirectory: directory.path, log: log, clock: SystemClock())
            if let secret {
                console.note("the first admin is admin with the one-time password \(secret)")
            }
            return try body(book)
        }
    }

    /// The book, to look into it.
    func contents() throws -> AccessContents {
        if let access = Serving.current?.access { return access.book.contents }
        let directory = try DataDirectory(arguments)
        try directory.requireExisting()
        guard let contents = try AccessContents(dataDirectory: directory.path) else {
            throw Failure(
                .notFound, "nobody has been given rights yet; proofreel serve makes the first admin"
            )
        }
        return contents
    }
}
