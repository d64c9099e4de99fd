package import Base
internal import Crypto

/// The server's side of one log-in with SCRAM-SHA-256 (RFC 5802, RFC 7677), without any I/O.
/// One instance per attempt, used by one thread: a message in, a message out.
package struct SCRAMServer: Sendable {
    /// The same words for a wrong name and a wrong password: neither tells who exists.
    package static let wrong = Failure(.denied, "wrong name or password")

    private enum State {
        case waiting
        case challenged(Challenge)
        case proven
        case ended
    }

    private struct Challenge {
        let secret: SCRAMSecret
        let binding: SCRAMBinding
        let nonce: String
        /// What both sides have said so far, as the proof covers it.
        let said: String
    }

    private let mechanism: SCRAMMechanism
    /// The TLS exporter's bytes; nil on a connection without TLS, which offers no PLUS.
    private let exporter: [UInt8]?
    private let nonce: String
    private var state = State.waiting

    /// Of the client's first message; known from then on, proven only after `finish`.
    package private(set) var user = ""

    package init(_ mechanism: SCRAMMechanism, exporter: [UInt8]?) throws(Failure) {
        self.init(mechanism, exporter: exporter, nonce: try randomBytes(18).base64)
    }

    /// For tests, which need the same nonce again.
    init(_ mechanism: SCRAMMechanism, exporter: [UInt8]?, nonce: String) {
        self.mechanism = mechanism
        self.exporter = exporter
        self.nonce = nonce
    }

    package var isProven: Bool {
        switch state {
        case .proven: true
        case .waiting, .challenged, .ended: false
        }
    }

    /// Takes the client's first message and gives the server's. `secret` knows users; for a name it
    /// does not know it gives `SCRAMSecret.pretended`.
    package mutating func challenge(
        _ bytes: [UInt8], secret: (String) -> SCRAMSecret
    ) throws(Failure) -> [UInt8] {
        guard case .waiting = state else { throw outOfTurn() }
        state = .ended
        let (header, bare) = try Self.split(bytes)
        let first = try SCRAMMessage(bare)
        guard first.attributes.first?.name != "m" else {
            throw SCRAMMessage.malformed("asks for an extension that this server does not know")
        }
        user = try SCRAMName.decode(first.value("n", at: 0))
        guard !user.isEmpty else { throw SCRAMMessage.malformed("has no user's name") }
        // Only now, so that a refusal is known by the name of who was lied to.
        let binding = try binding(header)
        let nonce = try first.nonce(at: 1) + nonce
        let secret = secret(user)
        let answer = "r=\(nonce),s=\(secret.salt.base64),i=\(secret.iterations)"
        state = .challenged(
            Challenge(secret: secret, binding: binding, nonce: nonce, said: "\(bare),\(answer)"))
        return Array(answer.utf8)
    }

    /// Takes the client's proof and gives the server's own. Every other ending throws, `.denied`
    /// with the same words whatever was wrong with the proof.
    package mutating func finish(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        guard case .challenged(let challenge) = state else { throw outOfTurn() }
        state = .ended
        let final = try SCRAMMessage(bytes)
        let proof = try final.bytes("p", at: final.attributes.count - 1)
        guard try final.bytes("c", at: 0) == challenge.binding.proven else {
            throw Failure(
                .denied,
                "this log-in belongs to another connection: somebody may be in between; check the"
                    + " server's fingerprint")
        }
        guard try final.nonce(at: 1) == challenge.nonce else {
            throw Failure(.denied, "this log-in answers another challenge; begin again")
        }
        guard proof.count == Digest.byteCount else { throw Self.wrong }
        let unproven = final.text.prefix(upTo: final.lastAttribute)
        let said = Array("\(challenge.said),\(unproven)".utf8)
        let signature = hmacSHA256(key: challenge.secret.storedKey.bytes, said)
        let clientKey = SCRAMKeys.xor(signature, proof)
        let stored = SHA256.hash(clientKey.span)
        guard equalInConstantTime(stored.bytes, challenge.secret.storedKey.bytes) else {
            throw Self.wrong
        }
        state = .proven
        let own = hmacSHA256(key: challenge.secret.serverKey.bytes, said)
        return Array("v=\(own.bytes.base64)".utf8)
    }

    /// The gs2 header's word for what the client can, and the message behind the header.
    private static func split(_ bytes: [UInt8]) throws(Failure) -> (String, String) {
        guard bytes.count <= SCRAMMessage.bytesMax,
            let text = String(validating: bytes, as: UTF8.self)
        else { throw SCRAMMessage.malformed("is too long or not UTF-8") }
        let parts = text.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw SCRAMMessage.malformed("has no header such as n,,") }
        guard parts[1].isEmpty else {
            throw Failure(.denied, "nobody may log in for somebody else here; leave a= out")
        }
        return (String(parts[0]), String(parts[2]))
    }

    /// What the client can, and whether somebody lied to it about what we can.
    private func binding(_ header: String) throws(Failure) -> SCRAMBinding {
        switch (header, mechanism) {
        case ("p=tls-exporter", .sha256Plus):
            guard let exporter else {
                throw Failure(
                    .denied, "this connection has no TLS to tie a log-in to; use SCRAM-SHA-256")
            }
            return .exporter(exporter)
        case ("y", .sha256):
            guard exporter == nil else {
                throw Failure(
                    .denied,
                    "this server offers SCRAM-SHA-256-PLUS and the client was told otherwise:"
                        + " somebody may be in between")
            }
            return .unoffered
        case ("n", .sha256): return .none
        default:
            throw Failure(
                .denied, "the log-in's header does not fit \(mechanism.rawValue); see RFC 5802 §6")
        }
    }

    private func outOfTurn() -> Failure {
        Failure(.denied, "this log-in is over, or not that far; begin a new one")
    }
}

extension SCRAMMessage {
    /// Where the comma before the last attribute stands.
    var lastAttribute: String.Index { text.lastIndex(of: ",") ?? text.startIndex }
}
