/// A bundle of rights that one job needs. The table in `docs/security.md` is made from this one.
package enum Role: String, CaseIterable, Sendable {
    case gateway
    case `operator`
    case erp
    case auditor
    case qaLead = "qa-lead"
    case admin
    /// Whoever owns the data directory, over its local socket. Nobody is given it.
    case owner

    /// Roles that people, tokens and machines may have.
    package static let grantable = allCases.filter { $0 != .owner }

    package var meaning: String {
        switch self {
        case .gateway: "a machine beside the cameras"
        case .operator: "somebody at a line"
        case .erp: "the system that plans work and checks"
        case .auditor: "reads everything, changes nothing"
        case .qaLead: "answers for quality"
        case .admin: "runs the machine and sees no pictures"
        case .owner: "the user who owns the data directory"
        }
    }

    /// No role holds both halves of what takes two: whoever may ask for the end of a hold cannot
    /// agree to it. Early erasure wants two names, see `EvidenceLog.erase`.
    package var rights: Rights {
        switch self {
        case .gateway: Rights([.ingest])
        case .operator: Rights([.trigger, .reach, .link, .close, .read, .search, .seeCameras])
        case .erp: Rights([.reach, .link, .close, .read, .search, .event])
        case .auditor:
            Rights([.read, .search, .hold, .erase, .export, .trail, .seeCameras, .status])
        case .qaLead:
            Rights([
                .link, .close, .read, .search, .release, .erase, .export, .policy, .trail,
                .seeCameras, .status,
            ])
        case .admin: Rights([.keys, .configure, .users, .seeCameras, .status])
        case .owner: Rights(Right.allCases)
        }
    }

    /// Reads only what it can name a link of, such as a check: no browsing.
    package var readsByLinkOnly: Bool {
        switch self {
        case .erp: true
        case .gateway, .operator, .auditor, .qaLead, .admin, .owner: false
        }
    }
}
