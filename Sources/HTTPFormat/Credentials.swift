internal import Base

/// How a request says who asks (RFC 7617, RFC 6750).
package enum Credentials: Hashable, Sendable {
    case basic(user: String, secret: String)
    case bearer(String)

    package static let bytesMax = 2048

    /// Of an `Authorization` header; nil for other schemes and for what is broken.
    package init?(_ header: String) {
        guard header.utf8.count <= Self.bytesMax,
            let cut = header.utf8.firstIndex(of: 0x20)
        else { return nil }
        let rest = header[cut...].utf8.drop { $0 == 0x20 }
        guard let text = String(rest), !text.isEmpty else { return nil }
        switch header[..<cut].lowercased() {
        case "basic":
            // The user ends at the first colon; passwords may have more of them.
            guard let bytes = [UInt8](base64: text),
                let colon = bytes.firstIndex(of: 0x3A),
                let user = String(validating: bytes[..<colon], as: UTF8.self),
                let secret = String(validating: bytes[(colon + 1)...], as: UTF8.self)
            else { return nil }
            self = .basic(user: user, secret: secret)
        case "bearer":
            guard !text.utf8.contains(0x20) else { return nil }
            self = .bearer(text)
        default: return nil
        }
    }
}
