package import Base
internal import Crypto
internal import Linux

/// What opens the key files. Prints as dots wherever it is put, so that no message can tell it.
package struct Passphrase: Sendable, CustomStringConvertible, CustomReflectable {
    static let bytesMax = 1024

    let bytes: [UInt8]

    package init(_ bytes: [UInt8]) throws(Failure) {
        guard (1...Self.bytesMax).contains(bytes.count), !bytes.contains(0x0A) else {
            throw Failure(
                .invalid, "a passphrase is one line of 1 to \(Self.bytesMax) bytes; mend its file")
        }
        self.bytes = bytes
    }

    /// The file's contents; one newline at its end does not count, because editors add it.
    package init(file path: String) throws(Failure) {
        let contents: [UInt8]
        do throws(Failure) {
            contents = try RealFileSystem().contents(of: path, limit: Self.bytesMax + 1)
        } catch {
            throw Failure(error.kind, "the passphrase cannot be read (\(error.words))")
        }
        let line = contents.last == 0x0A ? contents.dropLast() : contents[...]
        do throws(Failure) {
            try self.init(Array(line))
        } catch {
            throw Failure(.invalid, "\(path) holds no passphrase: \(error.words)")
        }
    }

    /// `<32 hex>-<CRC-32C of them, 8 hex>`: 128 random bits, and a damaged file can be named.
    package static func generated() throws(Failure) -> Passphrase {
        let text = try randomBytes(16).hex
        return try Passphrase(Array("\(text)-\(checksum(text))".utf8))
    }

    /// Whether it looks as `generated` makes it and its checksum is right; nil when it is a
    /// person's own, of which nothing can be said.
    var isWhole: Bool? {
        let text = String(decoding: bytes, as: UTF8.self)
        let parts = text.utf8.split(separator: 0x2D, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 32, parts[1].count == 8 else { return nil }
        return Self.checksum(String(decoding: Array(parts[0]), as: UTF8.self))
            == String(decoding: Array(parts[1]), as: UTF8.self)
    }

    private static func checksum(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(crc32c(0, Array(text.utf8).span))
        return bytes.hex
    }

    package var description: String { "…" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
