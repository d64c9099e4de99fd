package import Base
internal import Crypto

/// The client's side of one log-in with SCRAM-SHA-256, without any I/O. It also finds out whether
/// the server knows the secret: whoever cannot answer `verify` is somebody else.
package struct SCRAMClient: Sendable {
    /// Fewer make stolen secrets cheap to try (RFC 7677 §4).
    static let iterationsMin = 4096

    private enum State {
        case waiting
        case proving(serverSignature: [UInt8])
        case done
        case ended
    }

    private let password: String
    private let binding: SCRAMBinding
    private let bare: String
    private let nonce: String
    private var state = State.waiting

    package init(user: String, password: String, binding: SCRAMBinding) throws(Failure) {
        try self.init(
            user: user, password: password, binding: binding, nonce: randomBytes(18).base64)
    }

    init(
        user: String, password: String, binding: SCRAMBinding, nonce: String
    ) throws(Failure) {
        _ = try Password.bytes(password)
        self.password = password
        self.binding = binding
        self.nonce = nonce
        bare = "n=\(SCRAMName.encode(user)),r=\(nonce)"
    }

    package var mechanism: SCRAMMechanism {
        switch binding {
        case .none, .unoffered: .sha256
        case .exporter: .sha256Plus
        }
    }

    /// What to send first.
    package var first: [UInt8] { Array((binding.header + bare).utf8) }

    /// Takes the server's challenge and gives the proof. As slow as the password is to try.
    package mutating func prove(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
        guard case .waiting = state else { throw outOfTurn() }
        state = .ended
        let challenge = try SCRAMMessage(bytes)
        let both = try challenge.nonce(at: 0)
        guard both.hasPrefix(nonce), both.utf8.count > nonce.utf8.count else {
            throw Failure(.denied, "the server answered another log-in than this one; try again")
        }
        let salt = try challenge.bytes("s", at: 1)
        guard let iterations = Int(try challenge.value("i", at: 2)),
            (Self.iterationsMin...SCRAMSecret.iterationsMax).contains(iterations), !salt.isEmpty
        else {
            throw Failure(
                .denied,
                "the server asks for a log-in that is too weak or too slow; its iterations must be"
                    + " \(Self.iterationsMin) to \(SCRAMSecret.iterationsMax)")
        }
        let salted = try pbkdf2SHA256(
            password: Password.bytes(password), salt: salt, iterations: iterations
        ).bytes
        let unproven = "c=\(binding.proven.base64),r=\(both)"
        let said = Array("\(bare),\(challenge.text),\(unproven)".utf8)
        let clientKey = SCRAMKeys.client(salted)
        let signature = hmacSHA256(key: SHA256.hash(clientKey.bytes.span).bytes, said)
        let proof = SCRAMKeys.xor(clientKey, signature.bytes)
        state = .proving(
            serverSignature: hmacSHA256(key: SCRAMKeys.server(salted).bytes, said).bytes)
        return Array("\(unproven),p=\(proof.base64)".utf8)
    }

    /// Takes the server's proof.
    package mutating func verify(_ bytes: [UInt8]) throws(Failure) {
        guard case .proving(let expected) = state else { throw outOfTurn() }
        state = .ended
        let final = try SCRAMMessage(bytes)
        guard equalInConstantTime(try final.bytes("v", at: 0), expected) else {
            throw Failure(
                .denied, "the server does not know this password's secret; it is not the one")
        }
        state = .done
    }

    private func outOfTurn() -> Failure {
        Failure(.denied, "this log-in is over, or not that far; begin a new one")
    }
}
