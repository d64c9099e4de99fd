internal import Base
internal import EvidenceFormat
internal import Linux
internal import SegmentFormat
internal import Synchronization

/// Leaves that share one write and one sync. Filled by the threads that bring them, then written
/// and finished while the next group fills.
///
/// Its fields are guarded by the log's monitor until the group is closed. From then on they do not
/// change until it is finished, except that copying threads still fill their own stretch of the
/// arena; `copied` says when the last of them is done. `@unchecked Sendable` claims that order.
final class Group: @unchecked Sendable {
    struct Entry {
        let leaf: Leaf
        let header: FrameHeader
        let offset: Int
        let secretHash: Digest?
        let payloadHash: Digest?
        let personal: [Link]
    }

    let arena: PageArena
    var number: UInt64 = 0
    var firstIndex: UInt64 = 0
    var segment: UInt32 = 0
    /// Where its first byte will stand in the segment.
    var offset: UInt64 = 0
    var entries: [Entry] = []
    /// Synced. Guarded by the log's monitor.
    var written = false
    /// Of a group that one caller takes to the disk itself while another thread prepares it.
    var prepared: Event?
    var outcome = Outcome()
    /// Threads that are still copying, and one for the group being open.
    private let copying = Atomic<Int>(0)
    private var copied = Event()

    init(arenaBytes: Int) {
        arena = PageArena(capacity: arenaBytes)
    }

    func reset(number: UInt64, firstIndex: UInt64, segment: UInt32, offset: UInt64) {
        self.number = number
        self.firstIndex = firstIndex
        self.segment = segment
        self.offset = offset
        entries.removeAll(keepingCapacity: true)
        written = false
        prepared = nil
        outcome = Outcome()
        copying.store(1, ordering: .relaxed)
        copied = Event()
        arena.reset(phase: Int(offset % UInt64(PageArena.pageBytes)))
    }

    /// With the log's monitor held.
    func beginCopy() { copying.add(1, ordering: .relaxed) }

    func endCopy() {
        if copying.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { copied.set() }
    }

    /// Blocks until every seat's bytes are in the arena; once, after the group was closed.
    func waitForCopies() {
        endCopy()
        copied.wait()
    }

    var end: UInt64 { offset + UInt64(arena.count) }

    func place(of entry: Entry) -> Place {
        Place(segment: segment, offset: UInt32(offset + UInt64(entry.offset)), header: entry.header)
    }
}
