internal import Base
internal import EvidenceFormat

/// Collects what the page shows, in the order in which the bundle comes about.
struct PageMaker {
    private var page = BundlePage()
    private let records: Spool
    private let custody: Spool
    private var access = PageTable.access
    private var rootKey = ""
    private var removals: [BundlePage.Entry] = []
    private var anchors: [BundlePage.Entry] = []
    private var bearing: [BundlePage.Entry] = []
    private var checks: [BundlePage.Check] = []

    init(_ spoolFolder: String) {
        records = Spool(in: spoolFolder)
        custody = Spool(in: spoolFolder)
    }

    mutating func add(
        _ leaf: Leaf, _ index: UInt64, _ about: [(index: UInt64, leaf: Leaf)], payload: String?
    ) throws(Failure) {
        let about = about.map { BundlePage.Entry(index: $0.index, leaf: $0.leaf) }
        try records.add(
            page.record(.init(index: index, leaf: leaf), about: about, payload: payload))
    }

    mutating func add(fact leaf: Leaf, _ index: UInt64) {
        let entry = BundlePage.Entry(index: index, leaf: leaf)
        switch leaf.kind {
        case .genesis: rootKey = leaf.string("root_key") ?? ""
        case .delete, .deleted: removals.append(entry)
        case .anchor: anchors.append(entry)
        default: break
        }
        if PageTexts.bearing.contains(leaf.kind) { bearing.append(entry) }
    }

    mutating func add(check: String, _ chain: [Leaf]) {
        let close = chain.last.flatMap { $0.kind == .close ? $0 : nil }
        checks.append(
            .init(
                value: check, count: chain.count - (close == nil ? 0 : 1), close: close))
    }

    mutating func add(custody line: JSON) throws(Failure) {
        try custody.add(access.custody(line.object ?? JSONObject([])))
    }

    /// The parts of the page.
    func finish(_ selection: JSON, _ spoolFolder: String) throws(Failure) -> [Spool] {
        let head = Spool(in: spoolFolder)
        let tail = Spool(in: spoolFolder)
        try head.add(
            page.head(
                selection.object ?? JSONObject([]), rootKey: rootKey, checks: checks,
                removals: removals, anchors: anchors.sorted { $0.index < $1.index }))
        try tail.add(access.end())
        var facts = PageTable.facts
        for entry in bearing.sorted(by: { $0.index < $1.index }) { try tail.add(facts.fact(entry)) }
        try tail.add(facts.end())
        try tail.add(BundlePage.end)
        return [head, records, custody, tail]
    }
}
