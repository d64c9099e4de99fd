internal import Base
internal import Crypto
internal import EvidenceFormat
package import SASL

/// Somebody with a password, of which only what SCRAM needs is kept.
package struct Person: Hashable, Sendable {
    package let name: String
    package var grant: Grant
    package var secret: SCRAMSecret
    /// Somebody else made the password: it opens nothing but the way to an own one.
    package var mustChange: Bool

    package var identity: Identity {
        Identity(
            .person, name, roles: grant.roles, cameras: grant.cameras, expires: grant.until,
            mustChange: mustChange, stamp: secret.salt.hex)
    }

    var json: JSON {
        .object(
            JSONObject(
                grant.members(cameras: "cameras") + [
                    ("name", .string(name)), ("must_change", .bool(mustChange)),
                    ("salt", .string(secret.salt.base64)),
                    ("iterations", .int(Int64(secret.iterations))),
                    ("stored_key", .string(secret.storedKey.hex)),
                    ("server_key", .string(secret.serverKey.hex)),
                ]))
    }

    init(name: String, grant: Grant, secret: SCRAMSecret, mustChange: Bool) {
        self.name = name
        self.grant = grant
        self.secret = secret
        self.mustChange = mustChange
    }

    init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let name = object["name"]?.string,
            let mustChange = object["must_change"]?.bool,
            let salt = object["salt"]?.string.flatMap({ [UInt8](base64: $0) }),
            let iterations = object["iterations"]?.int, iterations > 0,
            let stored = object["stored_key"]?.string.flatMap({ Digest(hex: $0) }),
            let server = object["server_key"]?.string.flatMap({ Digest(hex: $0) })
        else { throw Failure(.corrupt, "a person is damaged; restore the file from a copy") }
        self.init(
            name: name, grant: try Grant(object),
            secret: SCRAMSecret(
                salt: salt, iterations: Int(iterations), storedKey: stored, serverKey: server),
            mustChange: mustChange)
    }
}
