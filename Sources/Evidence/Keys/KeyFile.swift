package import Base
internal import Crypto
package import EvidenceFormat

/// A private key on disk: the seed of an Ed25519 key in a box that a passphrase opens.
///
/// ```
/// proofreel key v1
/// name evidence.plant7.example/log/e1
/// vkey evidence.plant7.example/log/e1+28ebb753+AbW0…
/// kdf scrypt n=32768 r=8 p=1 salt=<base64, 16 bytes>
/// box <base64: nonce, encrypted seed, tag; AES-256-GCM bound to the four lines before>
/// sum <CRC-32C of all bytes before this line, 8 hex digits>
/// ```
///
/// The sum guards against rot and is checked without the passphrase; the box guards against people.
package struct KeyFile: Hashable, Sendable {
    package static let bytesMax = 2048
    private static let firstLine = "proofreel key v1"
    private static let seedBytes = 32
    private static let boxBytes = 12 + 32 + 16

    /// What guessing one passphrase costs. They stand in the file, so they can grow with machines.
    package struct Costs: Hashable, Sendable {
        package let n: UInt64
        package let r: UInt64
        package let p: UInt64

        /// 32 MB and a tenth of a second.
        package static let standard = Costs(n: 32_768, r: 8, p: 1)
        /// For tests.
        package static let cheap = Costs(n: 16, r: 1, p: 1)

        /// What a file may ask of us: at most 128 MB, and a second or so.
        var isBounded: Bool {
            n >= 2 && n & (n - 1) == 0 && n <= 1 << 20 && (1...16).contains(r)
                && (1...4).contains(p) && 128 * n * r <= 128 << 20
        }
    }

    package let verifierKey: VerifierKey
    let costs: Costs
    let salt: [UInt8]
    let box: [UInt8]

    package var name: String { verifierKey.name }

    /// A new key.
    package static func make(
        name: String, passphrase: Passphrase, costs: Costs = .standard
    ) throws(Failure) -> KeyFile {
        try KeyFile(
            seed: randomBytes(seedBytes), name: name, passphrase: passphrase, costs: costs)
    }

    private init(
        seed: [UInt8], name: String, passphrase: Passphrase, costs: Costs
    ) throws(Failure) {
        precondition(costs.isBounded)
        verifierKey = try NoteSigner(name: name, key: SigningKey(seed: seed)).verifierKey
        self.costs = costs
        salt = try randomBytes(16)
        let head = Self.head(verifierKey, costs, salt)
        box = try SecretBox.seal(
            seed, key: Self.wrappingKey(passphrase, costs, salt), binding: head)
    }

    package func open(_ passphrase: Passphrase) throws(Failure) -> NoteSigner {
        let key = try SigningKey(seed: seed(passphrase))
        let signer = try NoteSigner(name: name, key: key)
        guard signer.verifierKey == verifierKey else {
            throw Failure(
                .corrupt, "the key \(name) is not the one its file names; restore the file")
        }
        return signer
    }

    /// The same key behind another passphrase.
    package func rewrapped(
        from old: Passphrase, to new: Passphrase
    ) throws(Failure) -> KeyFile {
        _ = try open(old)
        return try KeyFile(seed: seed(old), name: name, passphrase: new, costs: costs)
    }

    private func seed(_ passphrase: Passphrase) throws(Failure) -> [UInt8] {
        let head = Self.head(verifierKey, costs, salt)
        do throws(Failure) {
            return try SecretBox.open(
                box, key: Self.wrappingKey(passphrase, costs, salt), binding: head)
        } catch {
            guard error.kind == .refused else { throw error }
            throw Failure(
                .refused,
                "the passphrase does not open the key \(name); give the one it was made with")
        }
    }

    private static func wrappingKey(
        _ passphrase: Passphrase, _ costs: Costs, _ salt: [UInt8]
    ) throws(Failure) -> [UInt8] {
        try scrypt(
            passphrase: passphrase.bytes, salt: salt, n: costs.n, r: costs.r, p: costs.p,
            byteCount: SecretBox.keyByteCount)
    }

    // MARK: Text

    private static func head(_ key: VerifierKey, _ costs: Costs, _ salt: [UInt8]) -> [UInt8] {
        Array(
            """
            \(firstLine)
            name \(key.name)
            vkey \(key.text)
            kdf scrypt n=\(costs.n) r=\(costs.r) p=\(costs.p) salt=\(salt.base64)

            """.utf8)
    }

    package func encode() -> [UInt8] {
        let body = Self.head(verifierKey, costs, salt) + Array("box \(box.base64)\n".utf8)
        return body + Self.sumLine(of: body)
    }

    private static func sumLine(of body: [UInt8]) -> [UInt8] {
        var sum: [UInt8] = []
        sum.appendBigEndian(crc32c(0, body.span))
        return Array("sum \(sum.hex)\n".utf8)
    }

    /// Reads exactly what `encode` writes; needs no passphrase.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        let sumCount = 13
        guard bytes.count <= Self.bytesMax, bytes.count > sumCount else { throw Self.damaged }
        let body = Array(bytes.dropLast(sumCount))
        guard Array(bytes.suffix(sumCount)) == Self.sumLine(of: body) else { throw Self.damaged }
        guard String(validating: body, as: UTF8.self) != nil, body.last == 0x0A else {
            throw Self.damaged
        }
        let lines = body.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.count == 5, lines[0].utf8.elementsEqual(Self.firstLine.utf8),
            let name = Self.value("name ", lines[1]), let key = Self.value("vkey ", lines[2]),
            let kdf = Self.value("kdf scrypt ", lines[3]), let box = Self.value("box ", lines[4]),
            let sealed = [UInt8](base64: box), sealed.count == Self.boxBytes
        else { throw Self.damaged }
        verifierKey = try VerifierKey(key)
        (costs, salt) = try Self.derivation(kdf)
        self.box = sealed
        guard verifierKey.name.utf8.elementsEqual(name.utf8), encode() == bytes else {
            throw Self.damaged
        }
    }

    private static func derivation(_ text: String) throws(Failure) -> (Costs, [UInt8]) {
        let words = text.utf8.split(separator: 0x20).map {
            String(decoding: Array($0), as: UTF8.self)
        }
        guard words.count == 4, let n = value("n=", words[0]).flatMap({ UInt64($0) }),
            let r = value("r=", words[1]).flatMap({ UInt64($0) }),
            let p = value("p=", words[2]).flatMap({ UInt64($0) }),
            let salt = value("salt=", words[3]).flatMap({ [UInt8](base64: $0) }), salt.count == 16,
            n <= 1 << 20, r <= 16, p <= 4
        else { throw damaged }
        let costs = Costs(n: n, r: r, p: p)
        guard costs.isBounded else { throw damaged }
        return (costs, salt)
    }

    private static func value(_ prefix: String, _ line: String) -> String? {
        line.utf8.starts(with: prefix.utf8)
            ? String(decoding: Array(line.utf8.dropFirst(prefix.utf8.count)), as: UTF8.self) : nil
    }

    private static var damaged: Failure {
        Failure(.corrupt, "it is not a whole key file; restore it from a copy")
    }
}
