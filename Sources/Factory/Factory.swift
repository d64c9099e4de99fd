package import Base
internal import Crypto
package import Evidence
package import EvidenceFormat
internal import Linux

/// The factory floor: control points and the checks that they ask for, work centres and their
/// triggers, rooms. It decides which cameras are wanted of which instant, and for what; taking the
/// pictures is the recorder's.
///
/// Any thread may call any method.
package final class Factory: Sendable {
    package let book: FactoryBook
    package let log: EvidenceLog
    package let journal: PressJournal
    let clock: any Clock
    let waiting = Monitor<[WaitingCheck]>([])
    /// Held while earlier pictures become a check's: two checks must not both get one.
    let lateness = Monitor(())
    /// By work centre: what the codes said that were scanned there last.
    let scanned = Monitor<[String: [Scanned]]>([:])

    package init(
        dataDirectory: String, log: EvidenceLog, clock: any Clock
    ) throws(Failure) {
        book = try FactoryBook(dataDirectory: dataDirectory)
        journal = try PressJournal(dataDirectory: dataDirectory)
        self.log = log
        self.clock = clock
        try findWaiting()
    }

    package var now: WallTime { clock.now }

    package func newID() throws(Failure) -> RecordID {
        let bytes = try randomBytes(16)
        return RecordID(
            at: clock.now,
            random: (
                bytes.span.bigEndian(UInt64.self, at: 0), bytes.span.bigEndian(UInt64.self, at: 8)
            ))
    }

    /// Checks that were opened in a stretch of time, the newest first.
    /// What their leaves say is asked first: it costs little.
    package func checks(
        from: WallTime, limit: Int, of wanted: (Leaf) -> Bool, where includes: (CheckState) -> Bool
    ) throws(Failure) -> [CheckState] {
        var values: [String] = []
        var last: (index: UInt64, leaf: Leaf)?
        while true {
            let page = try log.leaves(.check, from: from, after: last, limit: 1000)
            for (_, leaf) in page where wanted(leaf) {
                if let check = leaf.links.first(where: { $0.link.kind == Link.checkKind }) {
                    values.append(check.link.value)
                }
            }
            guard page.count == 1000, values.count < Self.checksMax else { break }
            last = page.last
        }
        var found: [CheckState] = []
        for value in values.reversed() where found.count < limit {
            let state = try CheckState(value, log)
            if includes(state) { found.append(state) }
        }
        return found
    }

    /// Opened in one stretch of time that is listed.
    package static let checksMax = 100_000
}
