package import Base
package import Crypto

/// A public key with its name, as C2SP signed-note writes it: `name+id+base64(type ‖ key)`. The
/// text is what people compare and pin.
package struct VerifierKey: Hashable, Sendable {
    /// Ed25519 over the note's text. The one type that signs here; others are passed over in notes.
    package static let type: UInt8 = 0x01
    package static let nameBytesMax = 255

    package let name: String
    package let key: PublicKey
    /// First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key): tells keys apart, proves nothing.
    package let id: UInt32

    package init(name: String, key: PublicKey) throws(Failure) {
        guard Self.isName(name) else {
            throw Failure(
                .invalid,
                "a key's name should be 1 to \(Self.nameBytesMax) bytes without spaces and +, "
                    + "for example evidence.plant7.example/log/e1")
        }
        self.name = name
        self.key = key
        let hash = SHA256.hash((Array(name.utf8) + [0x0A, Self.type] + key.bytes).span)
        id = hash.bytes.span.bigEndian(UInt32.self, at: 0)
    }

    package init(_ text: String) throws(Failure) {
        let parts = Array(text.utf8).split(
            separator: 0x2B, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(validating: parts[0], as: UTF8.self),
            let id = [UInt8](hex: String(decoding: parts[1], as: UTF8.self)), id.count == 4,
            let key = [UInt8](base64: String(decoding: parts[2], as: UTF8.self)), key.count > 1
        else {
            throw Failure(.invalid, "a verifier key should look like name+8 hex digits+base64")
        }
        guard key[0] == Self.type else {
            throw Failure(.unsupported, "the verifier key \(name) is not an Ed25519 key (type 1)")
        }
        try self.init(name: name, key: PublicKey(Array(key.dropFirst())))
        guard id.span.bigEndian(UInt32.self, at: 0) == self.id else {
            throw Failure(
                .invalid, "the verifier key \(name) has a wrong id; copy the whole text again")
        }
    }

    package var text: String {
        var idBytes: [UInt8] = []
        idBytes.appendBigEndian(id)
        return "\(name)+\(idBytes.hex)+\(([Self.type] + key.bytes).base64)"
    }

    /// Signed-note's rule: not empty, no Unicode space, no plus; control characters never.
    static func isName(_ name: String) -> Bool {
        (1...nameBytesMax).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && $0.value != 0x7F && $0 != "+" && !$0.properties.isWhitespace
            }
    }
}

extension VerifierKey: CustomStringConvertible {
    package var description: String { text }
}

/// A private key with its name. Safe from several threads, as `SigningKey` is.
package struct NoteSigner: Sendable {
    package let verifierKey: VerifierKey
    private let key: SigningKey

    package init(name: String, key: SigningKey) throws(Failure) {
        verifierKey = try VerifierKey(name: name, key: key.publicKey)
        self.key = key
    }

    package var name: String { verifierKey.name }

    func sign(_ text: [UInt8]) -> NoteSignature {
        NoteSignature(name: name, keyID: verifierKey.id, signature: key.sign(text.span))
    }
}
