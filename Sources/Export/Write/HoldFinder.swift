internal import Base
internal import Evidence
internal import EvidenceFormat

/// Which holds, ended ones too, cover the records of a bundle.
struct HoldFinder {
    private struct Named: Hashable {
        let kind: [UInt8]
        let value: [UInt8]
        init(_ kind: String, _ value: String) {
            self.kind = Array(kind.utf8)
            self.value = Array(value.utf8)
        }
    }
    private struct Stretch {
        let leaf: UInt64
        let camera: String?
        let from: WallTime
        let to: WallTime
    }

    private var byRecord: [RecordID: [UInt64]] = [:]
    private var byLink: [Named: [UInt64]] = [:]
    private var byTime: [Stretch] = []
    private var ids: [UInt64: RecordID] = [:]
    private(set) var found: Set<UInt64> = []

    init(_ extract: LogExtract) throws(Failure) {
        var finder = HoldFinder()
        try extract.forEach(.hold) { index, leaf throws(Failure) in
            finder.add(leaf, at: index)
            return true
        }
        self = finder
    }

    private init() {}

    private mutating func add(_ leaf: Leaf, at index: UInt64) {
        ids[index] = leaf.id
        if let record = leaf.recordID("record") {
            byRecord[record, default: []].append(index)
        } else if let link = leaf.body["link"]?.object, let kind = link["kind"]?.string,
            let value = link["value"]?.string
        {
            byLink[Named(kind, value), default: []].append(index)
        } else if let from = leaf.time("from"), let to = leaf.time("to") {
            byTime.append(Stretch(leaf: index, camera: leaf.string("cam"), from: from, to: to))
        }
    }

    /// `links`: every one that the record ever had.
    mutating func look(_ record: Leaf, instant: WallTime, links: [Link]) {
        guard !ids.isEmpty else { return }
        found.formUnion(byRecord[record.id] ?? [])
        for link in links {
            for value in [link.value] + link.refs {
                found.formUnion(byLink[Named(link.kind, value)] ?? [])
            }
        }
        for stretch in byTime where stretch.from <= instant && instant <= stretch.to {
            if stretch.camera == nil || stretch.camera == record.string("cam") {
                found.insert(stretch.leaf)
            }
        }
    }

    /// Holds that were found, by id: what their `unhold` leaves name.
    var foundIDs: Set<RecordID> { Set(found.compactMap { ids[$0] }) }
}
