package import Base
internal import EvidenceFormat

/// What a person, a token and a machine have in common: a name and rights.
package struct Grant: Hashable, Sendable {
    package static let nameBytesMax = 64
    package static let camerasMax = 32

    package var roles: [Role]
    /// Only these; nil for all.
    package var cameras: [String]?
    package var until: WallTime?

    package init(roles: [Role], cameras: [String]? = nil, until: WallTime? = nil) {
        self.roles = roles
        self.cameras = cameras
        self.until = until
    }

    /// Lower case and ASCII, so that no two names look alike.
    package static func check(name: String) throws(Failure) {
        let fits =
            (1...nameBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x61...0x7A, 0x2D, 0x2E, 0x40, 0x5F: true
                default: false
                }
            }
        guard fits else {
            throw Failure(
                .invalid,
                "\"\(name)\" is no name; use 1 to \(nameBytesMax) of a-z 0-9 . _ @ -")
        }
        guard !["server", "owner", "scheduler"].contains(name) else {
            throw Failure(.invalid, "the name \(name) is the server's own; choose another one")
        }
    }

    func check(at now: WallTime) throws(Failure) {
        guard !roles.isEmpty, Set(roles).count == roles.count else {
            throw Failure(.invalid, "give at least one role, and none twice")
        }
        guard !roles.contains(.owner) else {
            throw Failure(.invalid, "owner is nobody's role; it comes with the data directory")
        }
        if let cameras {
            let fits =
                (1...Self.camerasMax).contains(cameras.count)
                && Set(cameras).count == cameras.count
                && cameras.allSatisfy { (1...64).contains($0.utf8.count) }
            guard fits else {
                throw Failure(
                    .invalid, "give 1 to \(Self.camerasMax) cameras, none twice; or none for all")
            }
        }
        if let until, until <= now {
            throw Failure(.invalid, "these rights would have ended already at \(until)")
        }
    }

    func isOver(at now: WallTime) -> Bool { until.map { now >= $0 } ?? false }

    // MARK: In the file and in leaves

    /// For the file: `cameras`; a leaf says `cams`.
    func members(cameras name: String) -> [(String, JSON)] {
        var members: [(String, JSON)] = [
            ("roles", .array(roles.map { .string($0.rawValue) }))
        ]
        if let cameras { members.append((name, .array(cameras.map { .string($0) }))) }
        if let until { members.append(("until", .string(until.description))) }
        return members
    }

    init(_ object: JSONObject) throws(Failure) {
        roles = []
        for text in object["roles"]?.array ?? [] {
            guard let role = text.string.flatMap(Role.init(rawValue:)), role != .owner else {
                throw Failure(.corrupt, "a role is unknown; restore the file from a copy")
            }
            roles.append(role)
        }
        cameras = object["cameras"]?.array?.compactMap(\.string)
        until = object["until"]?.string.flatMap { WallTime($0) }
    }
}
