package import Base
internal import EvidenceFormat
package import Store

/// What `verify` found.
package struct Verification: Sendable {
    package static let findingsMax = 1000

    package struct Finding: Sendable {
        package enum Severity: Sendable {
            /// Worth knowing; nothing is wrong.
            case note
            case damage
        }
        package let severity: Severity
        /// The record or the file concerned.
        package let subject: String
        package let words: String
    }

    package enum Verdict: Sendable {
        case verified
        /// All is consistent, but no root key was pinned: anybody could have made this.
        case originNotAuthenticated
        /// Consistent and by the pinned root, but nothing outside this machine vouches for it.
        case unanchored
        case tampered

        /// `integrity.md` 2.9: the exit codes of every verifier of ours.
        package var exitCode: Int32 {
            switch self {
            case .verified: 0
            case .tampered: 1
            case .originNotAuthenticated: 2
            case .unanchored: 3
            }
        }
    }

    package internal(set) var origin = ""
    package internal(set) var leaves: UInt64 = 0
    package internal(set) var records: UInt64 = 0
    package internal(set) var payloadBytes: UInt64 = 0
    package internal(set) var segments: UInt32 = 0
    package internal(set) var checkpoints: UInt64 = 0
    package internal(set) var root = Merkle.emptyRoot
    package internal(set) var removedLawfully: UInt64 = 0
    package internal(set) var inUse = false
    package internal(set) var rootPinned = false
    /// Checkpoints from outside that this log contains.
    package internal(set) var anchors = 0
    /// Receipts from outside that this log keeps its word for.
    package internal(set) var receipts: [ProvenReceipt] = []
    /// What the log says of anchors; whether their files fit is added by `add` and `count`.
    package internal(set) var anchorLeaves: [AnchorLeaf] = []
    package internal(set) var findings: [Finding] = []
    package internal(set) var findingsDropped = 0
    /// Dropped ones too: the verdict must not depend on how many are kept.
    private var isDamaged = false

    package init() {}

    package var damage: [Finding] { findings.filter { $0.severity == .damage } }

    package var verdict: Verdict {
        if isDamaged { return .tampered }
        if !rootPinned { return .originNotAuthenticated }
        return anchors > 0 ? .verified : .unanchored
    }

    /// An anchor in the directory was found good under what the verifier was given from outside.
    package mutating func countAnchor() { anchors += 1 }

    /// What was found beside the log, such as among its keys.
    package mutating func add(_ finding: EngineFinding) {
        add(finding.severity == .note ? .note : .damage, finding.place, finding.words)
    }

    mutating func add(_ severity: Finding.Severity, _ subject: String, _ words: String) {
        if severity == .damage { isDamaged = true }
        // Notes leave room for damage.
        let room = severity == .damage ? Self.findingsMax : Self.findingsMax / 2
        guard findings.count < room else {
            findingsDropped += 1
            return
        }
        findings.append(Finding(severity: severity, subject: subject, words: words))
    }
}
