package import Base
package import Crypto

/// A witness's public key, written `name+id+base64(0x04 ‖ key)` (C2SP tlog-cosignature). A witness
/// says *when* a tree was the largest it had seen of a log; a log's own key never signs so.
package struct CosignerKey: Hashable, Sendable, CustomStringConvertible {
    package static let type: UInt8 = 0x04

    package let name: String
    package let key: PublicKey
    package let id: UInt32

    package init(name: String, key: PublicKey) throws(Failure) {
        guard VerifierKey.isName(name) else {
            throw Failure(
                .invalid,
                "a witness's name should be 1 to \(VerifierKey.nameBytesMax) bytes without spaces"
                    + " and +, for example witness.qa.example/w1")
        }
        self.name = name
        self.key = key
        id = KeyText.id(name, Self.type, key)
    }

    package init(_ text: String) throws(Failure) {
        let (name, id, key) = try KeyText.split(text, "a witness's key")
        guard key[0] == Self.type else {
            throw Failure(
                .unsupported,
                "\(name) is no witness's key of type 4; copy the line that proofreel witness"
                    + " prints when it starts")
        }
        try self.init(name: name, key: PublicKey(Array(key.dropFirst())))
        guard id == self.id else {
            throw Failure(
                .invalid, "the witness's key \(name) has a wrong id; copy the whole text again")
        }
    }

    package var text: String { KeyText.join(name, id, [Self.type] + key.bytes) }
    package var description: String { text }

    /// When this witness says that it saw the checkpoint; nil when it has not signed. A wrong
    /// signature under its name and id refuses the note.
    package func time(on note: SignedNote) throws(Failure) -> WallTime? {
        var newest: WallTime?
        for line in note.signatures where line.keyID == id && line.name == name {
            guard line.signature.count == 8 + 64 else {
                throw Failure(.corrupt, "the cosignature by \(name) has a wrong length")
            }
            let seconds = line.signature.span.bigEndian(UInt64.self, at: 0)
            guard seconds <= UInt64(WallTime.distantFuture.microseconds / 1_000_000),
                key.verifies(
                    Array(line.signature[8...]),
                    of: Self.message(note.text, seconds: seconds).span)
            else {
                throw Failure(
                    .corrupt, "the cosignature by \(name) is wrong: text or signature was changed")
            }
            let time = WallTime(microseconds: Int64(seconds) * 1_000_000)
            newest = max(newest ?? time, time)
        }
        return newest
    }

    fileprivate static func message(_ text: String, seconds: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(seconds)\n\(text)".utf8)
    }
}

/// A witness's private key with its name. Its text is that of Go's `note` package:
/// `PRIVATE+KEY+name+id+base64(0x04 ‖ seed)`.
package struct Cosigner: Sendable {
    private static let prefix = "PRIVATE+KEY+"

    package let key: CosignerKey
    private let seed: [UInt8]
    private let signing: SigningKey

    package init(name: String, seed: [UInt8]) throws(Failure) {
        signing = try SigningKey(seed: seed)
        key = try CosignerKey(name: name, key: signing.publicKey)
        self.seed = seed
    }

    package init(_ text: String) throws(Failure) {
        guard text.hasPrefix(Self.prefix) else {
            throw Failure(.invalid, "a witness's private key begins with \(Self.prefix)")
        }
        let (name, id, key) = try KeyText.split(
            String(text.dropFirst(Self.prefix.count)), "a witness's private key")
        guard key[0] == CosignerKey.type else {
            throw Failure(.unsupported, "the private key of \(name) is not of type 4")
        }
        try self.init(name: name, seed: Array(key.dropFirst()))
        guard id == self.key.id else {
            throw Failure(.invalid, "the private key of \(name) is damaged; restore its copy")
        }
    }

    /// A secret: for a file of mode 0600 alone.
    package var text: String {
        Self.prefix + KeyText.join(key.name, key.id, [CosignerKey.type] + seed)
    }

    /// A signature line for the note, with the time in whole seconds.
    package func sign(_ note: SignedNote, at time: WallTime) -> NoteSignature {
        let seconds = UInt64(max(0, time.microseconds / 1_000_000))
        var bytes: [UInt8] = []
        bytes.appendBigEndian(seconds)
        bytes += signing.sign(CosignerKey.message(note.text, seconds: seconds).span)
        return NoteSignature(name: key.name, keyID: key.id, signature: bytes)
    }
}

extension NoteSignature {
    /// As it stands in a note, with its newline.
    package var line: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }
}
