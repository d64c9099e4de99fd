internal import Access
internal import Base
internal import EvidenceFormat
internal import WireProtocol

/// People, tokens and machines: who may do what. Every change is a leaf.
extension Desk {
    func performOnIdentities(
        _ operation: Operation, _ fields: borrowing Fields, _ caller: Caller
    ) throws -> Answer {
        switch operation {
        case .userList: try userList(caller)
        case .userAdd: try userAdd(fields, caller)
        case .userSet: try userSet(fields, caller)
        case .userRemove: try userRemove(fields, caller)
        case .userPassword: try userPassword(fields, caller)
        case .tokenList: try tokenList(fields, caller)
        case .tokenAdd: try tokenAdd(fields, caller)
        case .tokenRevoke: try tokenRevoke(fields, caller)
        case .machineList: try machineList(caller)
        case .machineAdd: try machineAdd(fields, caller)
        case .machineRemove: try machineRemove(fields, caller)
        default: preconditionFailure("\(operation) is not about identities")
        }
    }

    private func managing(_ caller: Caller, _ target: String) throws {
        try require(.users, of: caller, for: .change, on: target)
    }

    // MARK: People

    private func userList(_ caller: Caller) throws -> Answer {
        try managing(caller, "users")
        return list(try book.contents.people.map(GrantJSON.make))
    }

    private func userAdd(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the person's name")
        try managing(caller, "user \(name)")
        let password = try book.addPerson(name, try fields.newGrant(), by: caller.author)
        return told(name, "password", password)
    }

    /// What is not given stays; `ever` takes the end away, and a camera that is empty all bounds.
    private func userSet(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the person's name")
        try managing(caller, "user \(name)")
        guard let person = try book.contents.people.first(where: { $0.name == name }) else {
            throw WireError(.notFound, "there is nobody called \(name)")
        }
        try book.setPerson(name, try fields.changed(person.grant), by: caller.author)
        return done(name)
    }

    private func userRemove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the person's name")
        try managing(caller, "user \(name)")
        try book.removePerson(name, by: caller.author)
        return done(name)
    }

    /// People choose their own; for others there is a one-time password, which they must change.
    /// So nobody knows a password that opens what another person may do.
    private func userPassword(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let identity = caller.identity
        let isPerson = identity.kind == .person
        guard let name = fields.text(.name) ?? (isPerson ? identity.name : nil) else {
            throw WireError(.invalid, "say whose password")
        }
        let isOwn = isPerson && identity.name == name
        if !isOwn { try managing(caller, "password of \(name)") }
        guard let password = fields.text(.secret) else {
            if isOwn { throw WireError(.invalid, "give the new password") }
            return told(name, "password", try book.resetPassword(of: name, by: caller.author))
        }
        guard isOwn || identity.kind == .owner else {
            try note(caller, .change, "password of \(name)", refusal: "not the own one")
            throw WireError(
                .denied,
                "only \(name) chooses that password; leave it out, and a one-time one is made")
        }
        try book.setPassword(of: name, to: password, by: caller.author)
        return done(name)
    }

    // MARK: Tokens

    private func tokenList(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        try managing(caller, "tokens")
        let all = fields.has(.ever)
        return list(
            try book.contents.tokens.filter { all || $0.revoked == nil }.map(GrantJSON.make))
    }

    private func tokenAdd(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the token's name")
        try managing(caller, "token \(name)")
        let (token, text) = try book.addToken(name, try fields.newGrant(), by: caller.author)
        return document(
            .object(
                JSONObject([
                    ("id", .string(token.id)), ("name", .string(name)), ("token", .string(text)),
                ])))
    }

    private func tokenRevoke(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the token's name or id")
        try managing(caller, "token \(name)")
        return document(GrantJSON.make(try book.revokeToken(name, by: caller.author)))
    }

    // MARK: Machines

    private func machineList(_ caller: Caller) throws -> Answer {
        try managing(caller, "machines")
        return list(try book.contents.machines.map(GrantJSON.make))
    }

    private func machineAdd(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the machine's name")
        try managing(caller, "machine \(name)")
        guard let key = fields.bytes(.sha256).flatMap({ Digest($0) }) else {
            throw WireError(.invalid, "give the SHA-256 of the certificate's key, 32 bytes")
        }
        try book.addMachine(name, key: key, try fields.newGrant(), by: caller.author)
        return done(name)
    }

    private func machineRemove(_ fields: borrowing Fields, _ caller: Caller) throws -> Answer {
        let name = try fields.required(.name, "the machine's name")
        try managing(caller, "machine \(name)")
        try book.removeMachine(name, by: caller.author)
        return done(name)
    }

    // MARK: Answers

    private func list(_ documents: [JSON]) -> Answer {
        var answer = Answer()
        for json in documents { answer.add(document: json) }
        answer.reply.add(.count, Int64(documents.count))
        return answer
    }

    private func done(_ name: String) -> Answer {
        document(.object(JSONObject([("name", .string(name))])))
    }

    private func told(_ name: String, _ what: String, _ secret: String) -> Answer {
        document(.object(JSONObject([("name", .string(name)), (what, .string(secret))])))
    }
}

extension Fields {
    fileprivate func newGrant() throws -> Grant {
        guard !texts(.role).isEmpty else {
            throw WireError(.invalid, "give at least one role: \(Self.roleNames)")
        }
        return try changed(Grant(roles: []))
    }

    /// What is not given stays as it is.
    fileprivate func changed(_ grant: Grant) throws(WireError) -> Grant {
        var grant = grant
        let roles = texts(.role)
        if !roles.isEmpty {
            grant.roles = []
            for text in roles {
                guard let role = Role(rawValue: text), role != .owner else {
                    throw WireError(
                        .invalid, "there is no role \(text); there are: \(Self.roleNames)")
                }
                grant.roles.append(role)
            }
        }
        let cameras = texts(.camera)
        if !cameras.isEmpty { grant.cameras = cameras == [""] ? nil : cameras }
        if has(.ever) { grant.until = nil }
        if let until = time(.to) { grant.until = until }
        return grant
    }

    private static var roleNames: String {
        Role.grantable.map(\.rawValue).joined(separator: ", ")
    }
}
