package import Base
package import Evidence
internal import EvidenceFormat
internal import Linux
package import SASL
internal import Synchronization

/// Who may do what: people, tokens and machines, in `DATADIR/access/book.json`. Nothing in it opens
/// anything: passwords and tokens are kept as what checks them. Every change is a leaf of kind
/// `grant` in the evidence log.
///
/// Any thread. Changes take turns and wait for the disk; looking somebody up waits for neither.
package final class AccessBook: Sendable {
    package static let firstAdmin = "admin"
    static let saveSeconds: Int64 = 60

    struct State {
        var list: AccessList
        /// Uses of tokens that the file does not know yet.
        var hasUnsavedUses = false
        var usesSaved: WallTime
    }

    let folder: String
    let log: EvidenceLog
    let clock: any Clock
    let files = RealFileSystem()
    let state: Monitor<State>
    /// Held while a change is decided and written down.
    let changes = Monitor(false)
    private let edition = Atomic<UInt64>(1)

    /// A directory without a book gets one, with an admin whose password is `firstSecret`: it is
    /// told once, here, and opens nothing but the way to another password.
    package static func open(
        dataDirectory: String, log: EvidenceLog, clock: any Clock
    ) throws(Failure) -> (book: AccessBook, firstSecret: String?) {
        let folder = "\(dataDirectory)/access"
        let found = try AccessList.read(path(in: folder), RealFileSystem())
        let list = if let found { found } else { try AccessList() }
        let book = AccessBook(folder, log, clock, list)
        if found != nil { return (book, nil) }
        let secret = try book.addPerson(
            firstAdmin, Grant(roles: [.admin]), by: Author(actor: "server"))
        return (book, secret)
    }

    private init(_ folder: String, _ log: EvidenceLog, _ clock: any Clock, _ list: AccessList) {
        self.folder = folder
        self.log = log
        self.clock = clock
        state = Monitor(State(list: list, usesSaved: clock.now))
    }

    static func path(in folder: String) -> String { "\(folder)/book.json" }

    // MARK: Looking up

    package var contents: AccessContents { AccessContents(state.withLock { $0.list }) }

    /// Grows with every change: a session that has seen this number need not ask `renew` again.
    package var generation: UInt64 { edition.load(ordering: .acquiring) }

    /// What SCRAM checks a log-in of this name with. For a name that nobody has, or whose rights
    /// are over, something that looks the same and fits no password.
    package func secret(of name: String) -> SCRAMSecret {
        let now = clock.now
        let list = state.withLock { $0.list }
        // Made for everybody, so that time tells no more than the answer does.
        let pretended = SCRAMSecret.pretended(for: name, key: list.pretence)
        let person = list.people.first { $0.name.hasSameBytes(as: name) }
        guard let person, !person.grant.isOver(at: now) else { return pretended }
        return person.secret
    }

    /// Of a person whose password has been proven.
    package func person(_ name: String) throws(Failure) -> Identity {
        let found = state.withLock { state in
            state.list.people.first { $0.name.hasSameBytes(as: name) }
        }
        guard let found, !found.grant.isOver(at: clock.now) else { throw SCRAMServer.wrong }
        return found.identity
    }

    /// Of whoever has this token's text. Notes the use.
    package func token(_ text: String) throws(Failure) -> Identity {
        let now = clock.now
        guard let (id, hash) = Token.parse(text) else { throw Self.noToken }
        return try state.withLock { state throws(Failure) in
            guard let i = state.list.tokens.firstIndex(where: { $0.id == id }),
                state.list.tokens[i].opens(with: hash)
            else { throw Self.noToken }
            let token = state.list.tokens[i]
            if let revoked = token.revoked {
                throw Failure(
                    .denied, "the token \(token.name) was revoked at \(revoked); ask an admin")
            }
            if let until = token.grant.until, token.grant.isOver(at: now) {
                throw Failure(
                    .denied, "the token \(token.name) ended at \(until); ask an admin for another")
            }
            state.list.tokens[i].lastUsed = now
            state.hasUnsavedUses = true
            return token.identity
        }
    }

    /// Of the machine with this key, proven by TLS; throws for a key that nobody knows.
    package func machine(key: Digest) throws(Failure) -> Identity {
        let found = state.withLock { state in state.list.machines.first { $0.key == key } }
        guard let found else {
            throw Failure(
                .denied,
                "no machine has the key \(key.fingerprint); an admin can add it: proofreel machine"
                    + " add NAME --key \(key.fingerprint) --role ROLE")
        }
        try found.identity.requireCurrent(at: clock.now)
        return found.identity
    }

    /// The same identity as it stands now: changed, or thrown out. Whoever has changed his own
    /// password asks `person` for his identity again.
    package func renew(_ identity: Identity) throws(Failure) -> Identity {
        let list = state.withLock { $0.list }
        let found: Identity? =
            switch identity.kind {
            case .person: list.people.first { $0.name == identity.name }?.identity
            case .token:
                list.tokens.first { $0.name == identity.name && $0.revoked == nil }?.identity
            case .machine: list.machines.first { $0.name == identity.name }?.identity
            case .owner: identity
            }
        guard let found, found.stamp == identity.stamp else {
            throw Failure(
                .denied,
                "the rights of \(identity.actor) were taken back, or its password is another one;"
                    + " log in again"
            )
        }
        try found.requireCurrent(at: clock.now)
        return found
    }

    private static let noToken = Failure(
        .denied, "this token is not known here; check that it was copied whole, or ask an admin")

    // MARK: Writing

    /// 1. write the file   crash after: it holds, and the leaf may be missing
    /// 2. put it in place  everybody sees it
    func write(_ list: AccessList) throws(Failure) {
        try files.createDirectory(folder)
        try files.replace(Self.path(in: folder), list.bytes)
        state.withLock { state in
            // Tokens may have been used meanwhile.
            let uses = Dictionary(
                state.list.tokens.map { ($0.id, $0.lastUsed) },
                uniquingKeysWith: { first, _ in first })
            state.list = list
            for i in list.tokens.indices {
                state.list.tokens[i].lastUsed = uses[list.tokens[i].id] ?? nil
            }
        }
        edition.add(1, ordering: .releasing)
    }

    /// When tokens were last used, at most once a minute. Called now and then, and at the end.
    package func saveUses(atOnce: Bool = false) throws(Failure) {
        try changes.withLock { _ throws(Failure) in
            let now = clock.now
            let due = state.withLock { state in
                state.hasUnsavedUses
                    && (atOnce || now >= state.usesSaved.adding(seconds: Self.saveSeconds)
                        || now < state.usesSaved)
            }
            guard due else { return }
            let list = state.withLock { state in
                state.hasUnsavedUses = false
                state.usesSaved = now
                return state.list
            }
            try files.replace(Self.path(in: folder), list.bytes)
        }
    }
}
