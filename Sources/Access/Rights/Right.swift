/// One thing that may be allowed. The raw value is what commands, errors and documents call it.
package enum Right: String, CaseIterable, Sendable {
    case ingest, trigger, reach, link, close, read, search, hold, release, erase, event, export,
        policy
    case seeCameras = "see-cameras"
    case configure, keys, users, trail, status

    package var meaning: String {
        switch self {
        case .ingest: "store pictures that come from elsewhere"
        case .trigger: "have a camera take a picture or a clip"
        case .reach: "say that production has reached a check"
        case .link: "say what a record belongs to, and take that back"
        case .close: "seal a check"
        case .read: "see pictures, clips and live frames"
        case .search: "find records"
        case .hold: "forbid deletion, and ask for the end of a hold"
        case .release: "agree to the end of a hold that somebody else asked for"
        case .erase: "be one of the two who order an early erasure"
        case .event: "tell an event that retention is counted from"
        case .export: "take evidence out with its proofs"
        case .policy: "lengthen retention"
        case .seeCameras: "see which cameras there are and how they are"
        case .configure: "add, change, test and remove cameras"
        case .keys: "see and change the keys of the log"
        case .users: "manage people, tokens and machines"
        case .trail: "read who looked at what"
        case .status: "see how the store is"
        }
    }

    /// Whether it is about one camera, so that an identity's list of cameras bounds it.
    package var concernsCamera: Bool {
        switch self {
        case .trigger, .reach, .read, .search, .export, .seeCameras, .link, .close, .ingest: true
        case .hold, .release, .erase, .event, .policy, .configure, .keys, .users, .trail, .status:
            false
        }
    }
}

/// A few rights in one word: asked 20,000 times a second.
package struct Rights: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package init(_ rights: [Right]) {
        rawValue = rights.reduce(0) { $0 | Self.bit($1) }
    }

    package func has(_ right: Right) -> Bool { rawValue & Self.bit(right) != 0 }

    package var list: [Right] { Right.allCases.filter(has) }

    private static func bit(_ right: Right) -> UInt32 {
        switch right {
        case .ingest: 1
        case .trigger: 1 << 1
        case .link: 1 << 2
        case .close: 1 << 3
        case .read: 1 << 4
        case .search: 1 << 5
        case .hold: 1 << 6
        case .release: 1 << 7
        case .erase: 1 << 8
        case .event: 1 << 9
        case .export: 1 << 10
        case .policy: 1 << 11
        case .seeCameras: 1 << 12
        case .configure: 1 << 13
        case .keys: 1 << 14
        case .users: 1 << 15
        case .trail: 1 << 16
        case .status: 1 << 17
        case .reach: 1 << 18
        }
    }
}
