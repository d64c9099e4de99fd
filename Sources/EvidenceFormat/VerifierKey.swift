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
        id = KeyText.id(name, Self.type, key)
    }

    package init(_ text: String) throws(Failure) {
        let (name, id, key) = try KeyText.split(text, "a verifier key")
        guard key[0] == Self.type else {
            throw Failure(.unsupported, "the verifier key \(name) is not an Ed25519 key (type 1)")
        }
        try self.init(name: name, key: PublicKey(Array(key.dropFirst())))
        guard id == self.id else {
            throw Failure(
                .invalid, "the verifier key \(name) has a wrong id; copy the whole text again")
        }
    }

    package var text: String { KeyText.join(name, id, [Self.type] + key.bytes) }

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
