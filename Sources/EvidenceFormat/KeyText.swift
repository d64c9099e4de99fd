internal import Base
internal import Crypto

/// `name+8 hexadecimal digits+base64`, as signed-note writes keys.
enum KeyText {
    /// First four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key): tells keys apart, proves nothing.
    static func id(_ name: String, _ type: UInt8, _ key: PublicKey) -> UInt32 {
        let hash = SHA256.hash((Array(name.utf8) + [0x0A, type] + key.bytes).span)
        return hash.bytes.span.bigEndian(UInt32.self, at: 0)
    }

    static func split(
        _ text: String, _ what: String
    ) throws(Failure) -> (name: String, id: UInt32, key: [UInt8]) {
        let parts = Array(text.utf8).split(
            separator: 0x2B, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let name = String(validating: parts[0], as: UTF8.self),
            let id = [UInt8](hex: String(decoding: parts[1], as: UTF8.self)), id.count == 4,
            let key = [UInt8](base64: String(decoding: parts[2], as: UTF8.self)), key.count > 1
        else {
            throw Failure(.invalid, "\(what) should look like name+8 hex digits+base64")
        }
        return (name, id.span.bigEndian(UInt32.self, at: 0), key)
    }

    static func join(_ name: String, _ id: UInt32, _ key: [UInt8]) -> String {
        var idBytes: [UInt8] = []
        idBytes.appendBigEndian(id)
        return "\(name)+\(idBytes.hex)+\(key.base64)"
    }
}
