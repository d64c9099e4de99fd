package import Base
internal import EvidenceFormat

/// A peer that is known by the key of its client certificate, whoever signed that.
package struct Machine: Hashable, Sendable {
    package let name: String
    /// SHA-256 of its public key as DER.
    package let key: Digest
    package var grant: Grant

    package var identity: Identity {
        Identity(
            .machine, name, roles: grant.roles, cameras: grant.cameras, expires: grant.until,
            stamp: key.hex)
    }

    var json: JSON {
        .object(
            JSONObject(
                grant.members(cameras: "cameras") + [
                    ("name", .string(name)), ("key", .string(key.hex)),
                ]))
    }

    init(name: String, key: Digest, grant: Grant) {
        self.name = name
        self.key = key
        self.grant = grant
    }

    init(_ json: JSON) throws(Failure) {
        guard let object = json.object, let name = object["name"]?.string,
            let key = object["key"]?.string.flatMap({ Digest(hex: $0) })
        else { throw Failure(.corrupt, "a machine is damaged; restore the file from a copy") }
        self.init(name: name, key: key, grant: try Grant(object))
    }
}
