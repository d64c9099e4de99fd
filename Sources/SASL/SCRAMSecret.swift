package import Base
internal import Crypto

/// What a server keeps of a password (RFC 5802 §3): enough to check a proof, not enough to make
/// one, and nothing that gives the password back other than trying.
package struct SCRAMSecret: Hashable, Sendable {
    /// Of secrets made here; trying a password costs an attacker as many hashes.
    package static let iterationsNew = 120_000
    package static let iterationsMax = 10_000_000
    static let saltByteCount = 16

    package let salt: [UInt8]
    package let iterations: Int
    package let storedKey: Digest
    package let serverKey: Digest

    package init(salt: [UInt8], iterations: Int, storedKey: Digest, serverKey: Digest) {
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    /// With a new salt.
    package init(password: String) throws(Failure) {
        try self.init(
            password: password, salt: randomBytes(Self.saltByteCount),
            iterations: Self.iterationsNew)
    }

    package init(password: String, salt: [UInt8], iterations: Int) throws(Failure) {
        let salted = try pbkdf2SHA256(
            password: Password.bytes(password), salt: salt, iterations: iterations
        ).bytes
        self.init(
            salt: salt, iterations: iterations,
            storedKey: SHA256.hash(SCRAMKeys.client(salted).bytes.span),
            serverKey: SCRAMKeys.server(salted))
    }

    /// For a name that nobody has: the same answer each time, and one that no password fits.
    package static func pretended(for user: String, key: [UInt8]) -> SCRAMSecret {
        let salt = hmacSHA256(key: key, Array("salt \(user)".utf8)).bytes
        return SCRAMSecret(
            salt: Array(salt.prefix(saltByteCount)), iterations: iterationsNew,
            storedKey: hmacSHA256(key: key, Array("stored \(user)".utf8)),
            serverKey: hmacSHA256(key: key, Array("server \(user)".utf8)))
    }

    /// Whether this is the password; as slow as a log-in.
    package func fits(_ password: String) throws(Failure) -> Bool {
        let other = try SCRAMSecret(password: password, salt: salt, iterations: iterations)
        return equalInConstantTime(other.storedKey.bytes, storedKey.bytes)
    }
}

/// The steps of RFC 5802 §3 that both sides share.
enum SCRAMKeys {
    static func client(_ salted: [UInt8]) -> Digest {
        hmacSHA256(key: salted, Array("Client Key".utf8))
    }

    static func server(_ salted: [UInt8]) -> Digest {
        hmacSHA256(key: salted, Array("Server Key".utf8))
    }

    static func xor(_ a: Digest, _ b: [UInt8]) -> [UInt8] { zip(a.bytes, b).map { $0 ^ $1 } }
}
