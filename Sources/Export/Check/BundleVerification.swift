package import Base
internal import EvidenceFormat

/// What the verification of a bundle found.
package struct BundleVerification: Sendable {
    package static let findingsMax = 1000
    package static let namedMax = 1000

    package struct Finding: Sendable {
        package enum Severity: Sendable {
            /// Worth knowing; nothing is wrong.
            case note
            case damage
        }
        package let severity: Severity
        /// Of `docs/bundle.md`, "What a verifier does", from 1.
        package let step: Int
        package let record: RecordID?
        /// Relative to the bundle's base folder; empty when it concerns no file alone.
        package let file: String
        /// The first bytes that are known to be wrong; nil where none can be told.
        package let bytes: Range<UInt64>?
        package let words: String
    }

    package enum Verdict: String, Sendable {
        case verified
        case tampered
        case originNotAuthenticated = "origin-not-authenticated"
        case unanchored

        package var exitCode: Int32 {
            switch self {
            case .verified: 0
            case .tampered: 1
            case .originNotAuthenticated: 2
            case .unanchored: 3
            }
        }
    }

    /// A record whose bytes are lawfully gone.
    package struct Removed: Sendable {
        package let record: RecordID
        package let index: UInt64
        package let at: WallTime
        package let rule: String
        /// By two people, before its retention ended.
        package let isEarly: Bool
        package let reason: String
    }

    /// A check that leaves here belong to.
    package struct Checks: Sendable {
        package var closed = 0
        package var open = 0
    }

    /// Something outside the log's server that vouches for a checkpoint.
    package struct Voucher: Sendable {
        package enum Kind: String, Sendable {
            case timeStamp = "time-stamp"
            case witness
            /// A checkpoint or receipt that whoever verifies has kept himself.
            case kept
        }
        package let kind: Kind
        package let name: String
        package let size: UInt64
        /// When, by its own clock; nil for what carries no time.
        package let time: WallTime?
        /// The leaf that recorded it: what comes after that leaf is younger than it.
        package let leaf: UInt64?
    }

    package internal(set) var origin = ""
    package internal(set) var site = ""
    package internal(set) var size: UInt64 = 0
    package internal(set) var root = Digest.zero
    package internal(set) var rootKey = ""
    package internal(set) var rootPinned = false
    package internal(set) var files = 0
    package internal(set) var bytes: UInt64 = 0
    package internal(set) var records = 0
    package internal(set) var streams = 0
    package internal(set) var payloadBytes: UInt64 = 0
    package internal(set) var oldestRecord: UInt64?
    package internal(set) var newestRecord: UInt64?
    package internal(set) var exportedAt: WallTime?
    package internal(set) var exportedBy = ""
    package internal(set) var asked: [String] = []
    package internal(set) var checks = Checks()
    package internal(set) var removedCount = 0
    package internal(set) var removed: [Removed] = []
    package internal(set) var vouchers: [Voucher] = []
    package internal(set) var findings: [Finding] = []
    package internal(set) var findingsDropped = 0
    private var isDamaged = false

    package init() {}

    package var damage: [Finding] { findings.filter { $0.severity == .damage } }

    /// Whether something outside vouches, and for which size at most.
    package var vouchedSize: UInt64? { vouchers.map(\.size).max() }

    /// By outside clocks: no record here entered the log before this instant,
    package var notBefore: WallTime? {
        guard let oldest = oldestRecord else { return nil }
        return vouchers.filter { $0.leaf.map { $0 < oldest } ?? false }.compactMap(\.time).max()
    }

    /// and each was in it at this one.
    package var notAfter: WallTime? {
        guard let newest = newestRecord else { return nil }
        return vouchers.filter { $0.size > newest }.compactMap(\.time).min()
    }

    /// What vouches is older than a record here.
    package var isStale: Bool {
        guard let vouched = vouchedSize, let newest = newestRecord else { return false }
        return vouched <= newest
    }

    package var verdict: Verdict {
        if isDamaged { return .tampered }
        if !rootPinned { return .originNotAuthenticated }
        return vouchers.isEmpty || isStale ? .unanchored : .verified
    }

    mutating func add(
        _ severity: Finding.Severity = .damage, step: Int, record: RecordID? = nil,
        file: String = "", bytes: Range<UInt64>? = nil, _ words: String
    ) {
        if severity == .damage { isDamaged = true }
        // Notes leave room for damage.
        let room = severity == .damage ? Self.findingsMax : Self.findingsMax / 2
        guard findings.count < room else {
            findingsDropped += 1
            return
        }
        findings.append(
            Finding(
                severity: severity, step: step, record: record, file: file, bytes: bytes,
                words: words))
    }

    mutating func add(_ removal: Removed) {
        removedCount += 1
        if removed.count < Self.namedMax { removed.append(removal) }
    }
}
