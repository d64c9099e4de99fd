package import Base
internal import Crypto
package import Evidence
internal import EvidenceFormat
internal import Linux
internal import SASL

/// Changes of the book. Each is a leaf and a file, in the order in which a crash between them is
/// harmless: what is given is logged first, what is taken is taken first.
extension AccessBook {
    package static let passwordCharactersMin = 10

    // MARK: People

    /// Gives the one-time password: it is kept nowhere, and has to be changed at the first log-in.
    package func addPerson(
        _ name: String, _ grant: Grant, by author: Author
    ) throws(Failure) -> String {
        try Grant.check(name: name)
        let password = try Self.newPassword()
        let secret = try SCRAMSecret(password: password)
        try change(.given("granted"), by: author) { list throws(Failure) in
            try grant.check(at: clock.now)
            guard !list.people.contains(where: { $0.name == name }) else {
                throw Self.taken("somebody", name, "user set")
            }
            guard list.people.count < AccessList.peopleMax else { throw Self.tooMany("people") }
            list.people.append(
                Person(name: name, grant: grant, secret: secret, mustChange: true))
            return Subject("person", name, grant)
        }
        return password
    }

    /// Changes roles, cameras or end; nobody's own, so that no admin makes himself an auditor.
    package func setPerson(
        _ name: String, _ grant: Grant, by author: Author
    ) throws(Failure) {
        try Self.refuseSelf(name, author)
        try change(.given("changed"), by: author) { list throws(Failure) in
            try grant.check(at: clock.now)
            let i = try Self.index(of: name, list)
            try Self.requireAdmin(without: grant.roles.contains(.admin) ? nil : name, list)
            list.people[i].grant = grant
            return Subject("person", name, grant)
        }
    }

    package func removePerson(_ name: String, by author: Author) throws(Failure) {
        try Self.refuseSelf(name, author)
        try change(.taken, by: author) { list throws(Failure) in
            let i = try Self.index(of: name, list)
            try Self.requireAdmin(without: name, list)
            let person = list.people.remove(at: i)
            return Subject("person", name, person.grant, isOver: true)
        }
    }

    /// An own password, chosen by the person: from then on the rights count.
    package func setPassword(
        of name: String, to password: String, by author: Author
    ) throws(Failure) {
        _ = try Password.bytes(password)
        guard password.count >= Self.passwordCharactersMin else {
            throw Failure(
                .invalid,
                "a password has at least \(Self.passwordCharactersMin) characters; take a longer"
                    + " one, such as four words")
        }
        try setSecret(of: name, SCRAMSecret(password: password), mustChange: false, author)
    }

    /// Another one-time password, for who forgot it.
    package func resetPassword(of name: String, by author: Author) throws(Failure) -> String {
        let password = try Self.newPassword()
        try setSecret(of: name, SCRAMSecret(password: password), mustChange: true, author)
        return password
    }

    private func setSecret(
        of name: String, _ secret: SCRAMSecret, mustChange: Bool, _ author: Author
    ) throws(Failure) {
        try change(.given("changed"), by: author) { list throws(Failure) in
            let i = try Self.index(of: name, list)
            list.people[i].secret = secret
            list.people[i].mustChange = mustChange
            return Subject("person", name, list.people[i].grant)
        }
    }

    // MARK: Tokens

    /// Gives the token's text, which is kept nowhere.
    package func addToken(
        _ name: String, _ grant: Grant, by author: Author
    ) throws(Failure) -> (token: Token, text: String) {
        try Grant.check(name: name)
        let made = try Token.make(name: name, grant, at: clock.now)
        try change(.given("granted"), by: author) { list throws(Failure) in
            try grant.check(at: clock.now)
            guard !list.tokens.contains(where: { $0.name == name && $0.revoked == nil }) else {
                throw Failure(
                    .alreadyExists,
                    "there is a token \(name) already; revoke it first (proofreel token revoke"
                        + " \(name)), or choose another name")
            }
            if list.tokens.count >= AccessList.tokensMax {
                // The oldest one that opens nothing any more.
                guard let i = list.tokens.firstIndex(where: { $0.revoked != nil }) else {
                    throw Self.tooMany("tokens")
                }
                list.tokens.remove(at: i)
            }
            list.tokens.append(made.token)
            return Subject("token", name, grant)
        }
        return made
    }

    /// By name or id.
    package func revokeToken(_ nameOrID: String, by author: Author) throws(Failure) -> Token {
        let now = clock.now
        var found: Token?
        try change(.taken, by: author) { list throws(Failure) in
            let i = list.tokens.firstIndex {
                $0.revoked == nil && ($0.name == nameOrID || $0.id == nameOrID)
            }
            guard let i else {
                throw Failure(
                    .notFound,
                    "there is no valid token \(nameOrID); see: proofreel token list")
            }
            list.tokens[i].revoked = now
            found = list.tokens[i]
            return Subject("token", list.tokens[i].name, list.tokens[i].grant, isOver: true)
        }
        guard let found else { preconditionFailure("the change found a token") }
        return found
    }

    // MARK: Machines

    package func addMachine(
        _ name: String, key: Digest, _ grant: Grant, by author: Author
    ) throws(Failure) {
        try Grant.check(name: name)
        try change(.given("granted"), by: author) { list throws(Failure) in
            try grant.check(at: clock.now)
            guard !list.machines.contains(where: { $0.name == name || $0.key == key }) else {
                throw Self.taken("a machine of this name or key,", name, "machine remove")
            }
            guard list.machines.count < AccessList.machinesMax else {
                throw Self.tooMany("machines")
            }
            list.machines.append(Machine(name: name, key: key, grant: grant))
            return Subject("machine", name, grant, key: key)
        }
    }

    package func removeMachine(_ name: String, by author: Author) throws(Failure) {
        try change(.taken, by: author) { list throws(Failure) in
            guard let i = list.machines.firstIndex(where: { $0.name == name }) else {
                throw Failure(
                    .notFound, "there is no machine \(name); see: proofreel machine list")
            }
            let machine = list.machines.remove(at: i)
            return Subject("machine", name, machine.grant, key: machine.key, isOver: true)
        }
    }

    // MARK: Leaf and file

    private enum Direction {
        case given(String)
        case taken
    }

    /// What the leaf says.
    private struct Subject {
        let type: String
        let name: String
        let grant: Grant
        let key: Digest?

        init(
            _ type: String, _ name: String, _ grant: Grant, key: Digest? = nil,
            isOver: Bool = false
        ) {
            self.type = type
            self.name = name
            // Who has nothing any more has no roles, and no end of them.
            self.grant = isOver ? Grant(roles: []) : grant
            self.key = key
        }
    }

    private func change(
        _ direction: Direction, by author: Author,
        _ body: (inout AccessList) throws(Failure) -> Subject
    ) throws(Failure) {
        try changes.withLock { _ throws(Failure) in
            var list = state.withLock { $0.list }
            let subject = try body(&list)
            switch direction {
            case .given(let word):
                try record(word, subject, author)
                try write(list)
            case .taken:
                try write(list)
                try record("revoked", subject, author)
            }
        }
    }

    private func record(_ what: String, _ subject: Subject, _ author: Author) throws(Failure) {
        var fields: [(String, JSON)] =
            subject.grant.members(cameras: "cams") + [
                ("what", .string(what)), ("type", .string(subject.type)),
                ("subject", .string(subject.name)),
            ]
        if let key = subject.key { fields.append(("key", .string(key.hex))) }
        _ = try log.addFact(.grant, fields, by: author)
    }

    // MARK: Rules

    private static func index(of name: String, _ list: AccessList) throws(Failure) -> Int {
        if let i = list.people.firstIndex(where: { $0.name == name }) { return i }
        throw Failure(.notFound, "there is nobody called \(name); see: proofreel user list")
    }

    private static func refuseSelf(_ name: String, _ author: Author) throws(Failure) {
        guard author.actor == name else { return }
        throw Failure(
            .refused,
            "nobody changes his own rights; another admin, or the owner of the data"
                + " directory under another name, can")
    }

    /// Somebody must be left who can give rights.
    private static func requireAdmin(without name: String?, _ list: AccessList) throws(Failure) {
        guard let name else { return }
        let others = list.people.contains { $0.name != name && $0.grant.roles.contains(.admin) }
        let wasAdmin = list.people.contains { $0.name == name && $0.grant.roles.contains(.admin) }
        guard !others, wasAdmin else { return }
        throw Failure(.refused, "\(name) is the last admin; make somebody else one first")
    }

    private static func taken(_ what: String, _ name: String, _ command: String) -> Failure {
        Failure(
            .alreadyExists,
            "there is \(what) called \(name) already; see proofreel \(command), or choose another"
                + " name")
    }

    private static func tooMany(_ what: String) -> Failure {
        Failure(.full, "the book is full of \(what); remove some first")
    }

    /// 80 bits, in letters that nobody mixes up.
    private static func newPassword() throws(Failure) -> String {
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789".utf8)
        var text: [UInt8] = []
        for (i, byte) in try randomBytes(16).enumerated() {
            if i > 0, i % 4 == 0 { text.append(0x2D) }
            text.append(letters[Int(byte & 31)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
