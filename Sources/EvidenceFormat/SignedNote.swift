package import Base
internal import Crypto

/// One signature line: whose, by which key, and the bytes. Unknown types are kept as they came.
package struct NoteSignature: Hashable, Sendable {
    package let name: String
    package let keyID: UInt32
    package let signature: [UInt8]

    package init(name: String, keyID: UInt32, signature: [UInt8]) {
        self.name = name
        self.keyID = keyID
        self.signature = signature
    }
}

/// C2SP signed-note: lines of text, an empty line, one line per signature. Says nothing until
/// `signers` has found a trusted key.
package struct SignedNote: Hashable, Sendable {
    /// Room for 16 post-quantum signatures beside ours.
    package static let bytesMax = 128 << 10
    package static let signaturesMax = 32

    /// Ends with a newline.
    package let text: String
    package let signatures: [NoteSignature]

    package init(text: String, signers: [NoteSigner]) {
        precondition(Self.isText(Array(text.utf8)) && text.utf8.last == 0x0A && !signers.isEmpty)
        self.text = text
        let bytes = Array(text.utf8)
        signatures = signers.map { $0.sign(bytes) }
    }

    /// Reads exactly what `encode` writes.
    package init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.bytesMax else {
            throw Failure(
                .invalid, "a signed note has \(bytes.count) bytes; at most \(Self.bytesMax)")
        }
        guard Self.isText(bytes), String(validating: bytes, as: UTF8.self) != nil else {
            throw Failure(.invalid, "a signed note is not plain UTF-8 text with newlines")
        }
        guard bytes.last == 0x0A, let gap = Self.lastEmptyLine(bytes) else {
            throw Failure(.invalid, "a signed note has no signatures; give it whole")
        }
        let lines = bytes[(gap + 1)...].dropLast()
            .split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count <= Self.signaturesMax else {
            throw Failure(.invalid, "a signed note has more than \(Self.signaturesMax) signatures")
        }
        var signatures: [NoteSignature] = []
        for line in lines { signatures.append(try NoteSignature(line: line)) }
        text = String(decoding: bytes[..<gap], as: UTF8.self)
        self.signatures = signatures
    }

    package func encode() -> [UInt8] {
        var bytes = Array(text.utf8)
        bytes.append(0x0A)
        for signature in signatures { signature.append(to: &bytes) }
        return bytes
    }

    /// Adds a line, as a rotation of keys or a witness does.
    package func adding(_ signature: NoteSignature) -> SignedNote {
        SignedNote(text: text, signatures: signatures + [signature])
    }

    private init(text: String, signatures: [NoteSignature]) {
        self.text = text
        self.signatures = signatures
    }

    /// Which of `keys` have signed. Signatures by others are passed over; a wrong one by a known
    /// key refuses the whole note, as does none at all.
    package func signers(among keys: [VerifierKey]) throws(Failure) -> [VerifierKey] {
        let bytes = Array(text.utf8)
        var found: [VerifierKey] = []
        for line in signatures {
            guard let key = keys.first(where: { $0.id == line.keyID && $0.name == line.name })
            else {
                continue
            }
            guard key.key.verifies(line.signature, of: bytes.span) else {
                throw Failure(
                    .corrupt, "the signature by \(key.name) is wrong: text or signature was changed"
                )
            }
            if !found.contains(key) { found.append(key) }
        }
        guard !found.isEmpty else {
            throw Failure(.refused, "no trusted key has signed this note; check the pinned key")
        }
        return found
    }

    private static func isText(_ bytes: [UInt8]) -> Bool {
        bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
    }

    /// Position of the newline that is the last empty line, with text before and lines after it.
    private static func lastEmptyLine(_ bytes: [UInt8]) -> Int? {
        var i = bytes.count - 2
        while i > 0 {
            if bytes[i] == 0x0A && bytes[i - 1] == 0x0A { return i }
            i -= 1
        }
        return nil
    }
}

extension NoteSignature {
    /// Em dash and space, in UTF-8.
    private static let mark: [UInt8] = [0xE2, 0x80, 0x94, 0x20]

    fileprivate init(line: ArraySlice<UInt8>) throws(Failure) {
        let parts = line.dropFirst(Self.mark.count)
            .split(separator: 0x20, omittingEmptySubsequences: false)
        guard line.starts(with: Self.mark), parts.count == 2,
            let name = String(validating: parts[0], as: UTF8.self), VerifierKey.isName(name),
            let bytes = [UInt8](base64: String(decoding: parts[1], as: UTF8.self)), bytes.count > 4
        else {
            throw Failure(.invalid, "a signature line should be: em dash, name, base64")
        }
        self.name = name
        keyID = bytes.span.bigEndian(UInt32.self, at: 0)
        signature = Array(bytes.dropFirst(4))
    }

    func append(to bytes: inout [UInt8]) {
        bytes += Self.mark
        bytes += Array(name.utf8)
        bytes.append(0x20)
        var raw: [UInt8] = []
        raw.appendBigEndian(keyID)
        raw += signature
        bytes += Array(raw.base64.utf8)
        bytes.append(0x0A)
    }
}
