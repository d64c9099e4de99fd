internal import Base

/// Names that a bundle's files may have, whatever the container: such that they mean the same
/// file, inside the bundle, on every system.
enum BundleName {
    static let bytesMax = 255

    /// Throws with the reason; the name in the words is made printable.
    static func checked(_ bytes: ArraySlice<UInt8>) throws(Failure) -> String {
        func refuse(_ words: String) -> Failure {
            let shown = bytes.prefix(64).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
            return Failure(
                .corrupt, "the name \"\(String(decoding: shown, as: UTF8.self))\" \(words)")
        }
        guard (1...bytesMax).contains(bytes.count) else {
            throw refuse("has \(bytes.count) bytes; at most \(bytesMax) are allowed")
        }
        for byte in bytes {
            guard (0x21...0x7E).contains(byte) else {
                throw refuse("is not printable ASCII without spaces")
            }
            guard byte != 0x5C, byte != 0x3A else { throw refuse("has a backslash or a colon") }
        }
        guard bytes.first != 0x2F else { throw refuse("is absolute") }
        var start = bytes.startIndex
        while true {
            let end = bytes[start...].firstIndex(of: 0x2F) ?? bytes.endIndex
            let part = bytes[start..<end]
            if part.count < 3, part.allSatisfy({ $0 == 0x2E }) {
                throw refuse(
                    part.count == 2
                        ? "leads out of the bundle (..)" : "is of a folder, or has an empty part")
            }
            guard end < bytes.endIndex else { return String(decoding: bytes, as: UTF8.self) }
            start = end + 1
        }
    }
}
