package import Base
internal import Crypto
internal import EvidenceFormat

/// A machine's log-in that is one line of text: `prt_ID_SECRET`. The secret is 32 random bytes, so
/// a plain SHA-256 of it is as good as a slow hash, and checking one costs nothing.
package struct Token: Hashable, Sendable {
    static let prefix = "prt"
    private static let idByteCount = 8
    private static let secretByteCount = 32
    package static let textBytesMax = 128

    /// Sixteen hexadecimal digits.
    package let id: String
    package let name: String
    package var grant: Grant
    let hash: Digest
    package let made: WallTime
    /// Written to the disk at most once a minute.
    package var lastUsed: WallTime?
    package var revoked: WallTime?

    package var identity: Identity {
        Identity(
            .token, name, roles: grant.roles, cameras: grant.cameras, expires: grant.until,
            stamp: id)
    }

    /// A new one, and the only text that opens it.
    static func make(
        name: String, _ grant: Grant, at now: WallTime
    ) throws(Failure) -> (token: Token, text: String) {
        let id = try randomBytes(idByteCount).hex
        let secret = try randomBytes(secretByteCount)
        let token = Token(
            id: id, name: name, grant: grant, hash: SHA256.hash(secret.span), made: now)
        return (token, "\(prefix)_\(id)_\(secret.base64URL)")
    }

    /// Id and hash of the secret in a token's text; nil when it is none.
    static func parse(_ text: String) -> (id: String, hash: Digest)? {
        guard text.utf8.count <= textBytesMax else { return nil }
        let parts = text.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == prefix,
            let secret = [UInt8](base64URL: parts[2]), secret.count == secretByteCount
        else { return nil }
        return (String(parts[1]), SHA256.hash(secret.span))
    }

    private init(id: String, name: String, grant: Grant, hash: Digest, made: WallTime) {
        self.id = id
        self.name = name
        self.grant = grant
        self.hash = hash
        self.made = made
    }

    func opens(with other: Digest) -> Bool { equalInConstantTime(hash.bytes, other.bytes) }

    var json: JSON {
        var members: [(String, JSON)] =
            grant.members(cameras: "cameras") + [
                ("id", .string(id)), ("name", .string(name)), ("hash", .string(hash.hex)),
                ("made", .string(made.description)),
            ]
        if let lastUsed { members.append(("used", .string(lastUsed.description))) }
        if let revoked { members.append(("revoked", .string(revoked.description))) }
        return .object(JSONObject(members))
    }

    init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let id = object["id"]?.string,
            let name = object["name"]?.string,
            let hash = object["hash"]?.string.flatMap({ Digest(hex: $0) }),
            let made = object["made"]?.string.flatMap({ WallTime($0) })
        else { throw Failure(.corrupt, "a token is damaged; restore the file from a copy") }
        self.init(id: id, name: name, grant: try Grant(object), hash: hash, made: made)
        lastUsed = object["used"]?.string.flatMap { WallTime($0) }
        revoked = object["revoked"]?.string.flatMap { WallTime($0) }
    }
}

extension [UInt8] {
    /// RFC 4648 §5 without padding.
    var base64URL: String {
        var text = ""
        for letter in base64.unicodeScalars where letter != "=" {
            switch letter {
            case "+": text += "-"
            case "/": text += "_"
            default: text.unicodeScalars.append(letter)
            }
        }
        return text
    }

    init?(base64URL text: Substring) {
        var plain = ""
        for letter in text.unicodeScalars {
            switch letter {
            case "-": plain += "+"
            case "_": plain += "/"
            case "+", "/", "=": return nil
            default: plain.unicodeScalars.append(letter)
            }
        }
        while plain.utf8.count % 4 != 0 { plain += "=" }
        self.init(base64: plain)
    }
}
