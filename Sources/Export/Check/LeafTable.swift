internal import Base
internal import Evidence
internal import EvidenceFormat

/// One leaf of a bundle: where its files are, and why it is there.
struct LeafFile: Sendable {
    let index: UInt64
    let role: BundleNames.Role
    /// Positions among the bundle's files.
    let leaf: Int32
    let proof: Int32
}

/// The leaves that later ones speak of, in a few bytes each; they are read again when one does.
struct LeafTable {
    struct Known {
        let index: UInt64
        let id: RecordID
        let file: Int32
        let role: BundleNames.Role
        let instant: WallTime
        /// As far as its own leaf tells, it is what was asked for.
        let fits: Bool
        /// The file with a record's bytes; -1 when it is not here.
        let payload: Int32
        /// A stream, or made of one or of another record: that one is looked at, too.
        let isDerived: Bool

        var isRecord: Bool { role == .records }
    }

    private(set) var known: [Known] = []
    private var byID: [RecordID: Int32] = [:]
    /// Positions of what was said of a record, in order.
    private var about: [Int32: [Int32]] = [:]
    /// Positions of the pictures that were rendered from a stream.
    private var pictures: [RecordID: [Int32]] = [:]

    /// False when another leaf has this id.
    mutating func add(_ entry: Known) -> Bool {
        let position = Int32(known.count)
        guard byID.updateValue(position, forKey: entry.id) == nil else { return false }
        known.append(entry)
        return true
    }

    func position(of id: RecordID) -> Int32? { byID[id] }

    func record(_ id: RecordID) -> Known? {
        guard let position = byID[id], known[Int(position)].isRecord else { return nil }
        return known[Int(position)]
    }

    /// The record whose leaf stands at `index`.
    func record(at index: UInt64) -> Known? {
        var range = known.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if known[middle].index == index { return known[middle] }
            range =
                known[middle].index < index
                ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }

    mutating func note(_ said: RecordID, of target: RecordID) {
        guard let said = byID[said], let target = byID[target] else { return }
        about[target, default: []].append(said)
    }

    func said(of id: RecordID) -> [Int32] { byID[id].flatMap { about[$0] } ?? [] }

    mutating func note(picture: RecordID, of stream: RecordID) {
        guard let picture = byID[picture] else { return }
        pictures[stream, default: []].append(picture)
    }

    func pictures(of stream: RecordID) -> [Int32] { pictures[stream] ?? [] }
}
