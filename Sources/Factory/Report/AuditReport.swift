package import Base
package import Evidence
internal import EvidenceFormat

/// What was to be shown and what there is: checks that were reached, beside the evidence for them.
package struct AuditReport: Sendable {
    /// Of what the report is.
    package struct Scope: Sendable {
        package var links: [Query.LinkKey] = []
        package var from: WallTime?
        /// Exclusive.
        package var to: WallTime?
        /// A picture that came to its check more than so long after its instant is late.
        package var lateSeconds: Int64 = 600

        package init() {}
    }

    /// A picture that nobody has linked to a check, or that came late to it.
    package struct Picture: Sendable {
        package let id: RecordID
        package let camera: String?
        package let instant: WallTime
        package let lateSeconds: Int64?
    }

    package struct Row: Sendable {
        package let state: CheckState
        package let late: [Picture]

        /// Everything that was demanded is there, in time.
        package var isComplete: Bool {
            state.opening != nil && state.missing.isEmpty && late.isEmpty
        }
    }

    package struct Gap: Sendable {
        package let camera: String
        package let from: WallTime
        package let to: WallTime
        package let cause: String
        package let detail: String?
    }

    /// Rows and pictures of each kind that one report has.
    package static let rowsMax = 10_000

    package let scope: Scope
    package let at: WallTime
    /// Size of the log that it is of.
    package let size: UInt64
    package internal(set) var rows: [Row] = []
    package internal(set) var unlinked: [Picture] = []
    package internal(set) var gaps: [Gap] = []
    /// There was more than fits; what is shown is true, and not all.
    package internal(set) var isCut = false

    init(_ scope: Scope, at: WallTime, size: UInt64) {
        self.scope = scope
        self.at = at
        self.size = size
    }

    package var expected: Int { rows.count { $0.state.opening != nil } }
    package var complete: Int { rows.count { $0.isComplete } }
    package var missing: Int { rows.count { !$0.state.missing.isEmpty } }
    package var late: Int { rows.reduce(0) { $0 + $1.late.count } }
    /// Evidence for checks that nobody announced.
    package var unannounced: Int { rows.count { $0.state.opening == nil } }

    /// Whether an auditor has nothing to ask.
    package var isWhole: Bool {
        complete == expected && unannounced == 0 && unlinked.isEmpty && !isCut
    }
}
