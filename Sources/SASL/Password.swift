package import Base

/// What a password may be. UTF-8 as typed: there are no tables of SASLprep here, so a letter that
/// keyboards spell in two ways is two passwords. Control characters are refused, because no two
/// terminals send them alike.
package enum Password {
    package static let bytesMax = 1024

    package static func bytes(_ text: String) throws(Failure) -> [UInt8] {
        guard (1...bytesMax).contains(text.utf8.count) else {
            throw Failure(.invalid, "a password has 1 to \(bytesMax) bytes; give another one")
        }
        let isControl = text.unicodeScalars.contains {
            $0.value < 0x20 || (0x7F...0x9F).contains($0.value)
        }
        guard !isControl else {
            throw Failure(
                .invalid, "a password has no control characters such as tabs; give another one")
        }
        return Array(text.utf8)
    }
}
