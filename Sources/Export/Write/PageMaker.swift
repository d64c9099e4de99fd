internal import Base
internal import EvidenceFormat

/// Collects what the page shows, in the order in which the bundle comes about.
struct PageMaker {
    private let records: Spool
    private let spoolFolder: String

    init(_ spoolFolder: String) {
        self.spoolFolder = spoolFolder
        records = Spool(in: spoolFolder)
    }

    mutating func add(
        _ leaf: Leaf, _ index: UInt64, _ about: [(index: UInt64, leaf: Leaf)], payload: String?
    ) throws(Failure) {
    }

    mutating func add(fact leaf: Leaf, _ index: UInt64) throws(Failure) {}
    mutating func add(custody line: JSON) throws(Failure) {}

    /// The parts of the page.
    func finish(_ selection: JSON) throws(Failure) -> [Spool] { [records] }
}
