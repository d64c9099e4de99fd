package import Access
internal import Base
internal import Linux
internal import SASL
internal import TLS
internal import WireProtocol

/// One connection's log-in, without its bytes: messages in, a challenge or an identity out. Every
/// ending is noted in the trail, and guessing gets slower.
struct Admission {
    enum Step {
        /// To be answered with another AUTH.
        case challenge([UInt8])
        case admitted(Identity, sasl: [UInt8]?)
    }

    private let gate: Gate
    private let kind: Entrance.Kind
    private let peer: StreamSocket.Peer
    private var scram: (machine: SCRAMServer, name: String, method: String)?

    init(_ gate: Gate, _ kind: Entrance.Kind, _ peer: StreamSocket.Peer) {
        self.gate = gate
        self.kind = kind
        self.peer = peer
    }

    private static let plain = "scram-sha-256"
    private static let plus = "scram-sha-256-plus"

    /// What a WELCOME offers.
    func methods(_ tls: TLSSession?) -> [String] {
        switch kind {
        case .owner: ["owner"]
        case .loopback: ["token", Self.plain]
        case .secure:
            tls?.peerKeyHash == nil
                ? ["token", Self.plain, Self.plus]
                : ["certificate", "token", Self.plain, Self.plus]
        }
    }

    mutating func step(
        _ fields: borrowing Fields, _ tls: TLSSession?
    ) throws(WireError) -> Step {
        let method = try fields.required(.method, "how to log in")
        guard methods(tls).contains(method) else {
            throw WireError(
                .notAdmitted,
                "there is no log-in \"\(method)\" here; there are "
                    + methods(tls).joined(separator: ", "))
        }
        switch method {
        case "owner":
            guard case .user(let user) = peer else { throw Self.nobody }
            return .admitted(.owner(fields.text(.name) ?? "user-\(user)"), sasl: nil)
        case "certificate":
            guard let key = tls?.peerKeyHash else {
                throw WireError(.notAdmitted, "the certificate is missing")
            }
            return .admitted(try gate.admit(key: key, from: from), sasl: nil)
        case "token":
            let text = try fields.required(.secret, "the token")
            return try attempt(String(text.prefix(12))) { book throws(Failure) in
                try book.token(text)
            }
        default: return try password(fields, method, tls)
        }
    }

    private static let nobody = WireError(.notAdmitted, "nobody is known at this socket")

    private var from: Gate.Peer { Gate.Peer(peer) }

    /// A log-in of one message.
    private func attempt(
        _ name: String, _ body: (AccessBook) throws(Failure) -> Identity
    ) throws(WireError) -> Step {
        .admitted(try gate.attempt(name, from, body), sasl: nil)
    }

    // MARK: Passwords

    private mutating func password(
        _ fields: borrowing Fields, _ method: String, _ tls: TLSSession?
    ) throws(WireError) -> Step {
        guard let message = fields.bytes(.sasl) else {
            throw WireError(.invalid, "\(method) wants its message in the field sasl")
        }
        guard let begun = scram else { return try begin(message, method, tls) }
        guard begun.method == method else {
            throw WireError(.notAdmitted, "the log-in began as \(begun.method); go on with that")
        }
        scram = nil
        var machine = begun.machine
        do throws(Failure) {
            let answer = try machine.finish(message)
            let identity = try gate.book.person(begun.name)
            gate.door.succeeded(name: begun.name, peer: from.door)
            try note(identity)
            return .admitted(identity, sasl: answer)
        } catch {
            gate.door.failed(name: begun.name, peer: from.door)
            throw refused(begun.name, error)
        }
    }

    private mutating func begin(
        _ message: [UInt8], _ method: String, _ tls: TLSSession?
    ) throws(WireError) -> Step {
        let mechanism = method == Self.plus ? SCRAMMechanism.sha256Plus : .sha256
        var machine: SCRAMServer
        let answer: Result<[UInt8], Failure>
        do throws(Failure) {
            machine = try SCRAMServer(mechanism, exporter: tls?.channelBinding())
            let book = gate.book
            answer = challenge(&machine, message, book)
            if case .failure(let failure) = answer, failure.kind != .denied { throw failure }
        } catch {
            throw WireError(error)
        }
        do throws(Failure) {
            try gate.door.admit(name: machine.user, peer: from.door)
        } catch {
            throw gate.lockedOut(machine.user, error, from)
        }
        switch answer {
        case .success(let bytes):
            scram = (machine, machine.user, method)
            return .challenge(bytes)
        case .failure(let failure):
            // Somebody hid the better way from the client, or it is somebody in between.
            gate.door.failed(name: machine.user, peer: from.door)
            throw refused(machine.user, failure)
        }
    }

    private func challenge(
        _ machine: inout SCRAMServer, _ message: [UInt8], _ book: AccessBook
    ) -> Result<[UInt8], Failure> {
        do throws(Failure) {
            return .success(try machine.challenge(message) { book.secret(of: $0) })
        } catch {
            return .failure(error)
        }
    }

    /// The client has gone in the middle of a log-in: it counts as a failed one.
    mutating func abandon() {
        guard let begun = scram else { return }
        scram = nil
        gate.door.failed(name: begun.name, peer: from.door)
    }

    // MARK: Endings

    private func note(_ identity: Identity) throws(Failure) { try gate.note(identity, from) }

    private func refused(_ name: String, _ failure: Failure) -> WireError {
        gate.refused(name, failure, from)
    }
}

/// Who may come in, who guesses, and who did what.
package struct Gate: Sendable {
    package let book: AccessBook
    let trail: AccessTrail
    let door: Doorkeeper

    package init(book: AccessBook, trail: AccessTrail, door: Doorkeeper) {
        self.book = book
        self.trail = trail
        self.door = door
    }
}
