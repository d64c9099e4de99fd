package import Base

/// Who is there, once it has been proven. A value: what a session was given stays as it was until
/// the session asks `AccessBook.renew` again.
package struct Identity: Hashable, Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case person, token, machine, owner
    }

    package let kind: Kind
    package let name: String
    package let roles: [Role]
    package let rights: Rights
    /// Only these; nil for all.
    package let cameras: [String]?
    package let expires: WallTime?
    /// The password was chosen by somebody else: nothing is allowed but to change it.
    package let mustChange: Bool
    /// Whether every role that lets it read wants a link to be named.
    package let readsByLinkOnly: Bool

    /// Differs once the password, token or key is another one, though the name is the same: no
    /// secret, but its session must not go on with the rights of the next who has the name.
    let stamp: String

    package init(
        _ kind: Kind, _ name: String, roles: [Role], cameras: [String]? = nil,
        expires: WallTime? = nil, mustChange: Bool = false, stamp: String = ""
    ) {
        self.stamp = stamp
        self.kind = kind
        self.name = name
        self.roles = roles
        self.cameras = cameras
        self.expires = expires
        self.mustChange = mustChange
        rights = roles.reduce(into: Rights()) { $0.formUnion($1.rights) }
        readsByLinkOnly = roles.filter { $0.rights.has(.read) }.allSatisfy(\.readsByLinkOnly)
    }

    /// Whoever may open the data directory's local socket.
    package static func owner(_ login: String) -> Identity {
        Identity(.owner, login, roles: [.owner])
    }

    /// What stands in leaves and in the trail. People and the owner have plain names: an owner and
    /// a person of one name count as one where two people are needed.
    package var actor: String {
        switch kind {
        case .person, .owner: name
        case .token: "token:\(name)"
        case .machine: "machine:\(name)"
        }
    }

    /// Throws `.denied` and says which right is missing and who has it. With `camera`, the identity
    /// must also be allowed to have to do with that camera.
    package func require(_ right: Right, camera: String? = nil) throws(Failure) {
        if mustChange {
            throw Failure(
                .denied, "\(actor) must choose an own password first: proofreel user passwd \(name)"
            )
        }
        guard rights.has(right) else { throw missing(right) }
        guard let camera, let cameras, right.concernsCamera, !cameras.contains(camera) else {
            return
        }
        throw Failure(
            .denied,
            "\(actor) may not \(right.rawValue) at camera \(camera), only at"
                + " \(cameras.joined(separator: ", ")); ask an admin")
    }

    /// Reading of a record that the caller found by naming one of its links, or did not.
    package func requireRead(camera: String?, namesLink: Bool) throws(Failure) {
        try require(.read, camera: camera)
        guard readsByLinkOnly, !namesLink else { return }
        throw Failure(
            .denied,
            "\(actor) may read only what belongs to a check or another link that it names; name one"
        )
    }

    /// Whoever has some cameras only names one of them; who reads by link alone, a link.
    package func requireSearch(camera: String?, namesLink: Bool) throws(Failure) {
        try require(.search, camera: cameras == nil ? camera : camera ?? "")
        guard readsByLinkOnly, !namesLink else { return }
        throw Failure(
            .denied, "\(actor) finds only what belongs to a link; name one")
    }

    /// For sessions that last: rights end at their time, though nobody logs out.
    package func requireCurrent(at now: WallTime) throws(Failure) {
        guard let expires, now >= expires else { return }
        throw Failure(.denied, "the rights of \(actor) ended at \(expires); ask an admin")
    }

    private func missing(_ right: Right) -> Failure {
        let roles = Role.grantable.filter { $0.rights.has(right) }.map(\.rawValue)
        return Failure(
            .denied,
            "\(actor) lacks the right \(right.rawValue) (\(right.meaning)), which"
                + " \(roles.joined(separator: ", ")) \(roles.count == 1 ? "has" : "have");"
                + " ask an admin")
    }
}
