internal import Base
internal import EvidenceFormat
internal import Linux
internal import SegmentFormat

/// Leaves that share one write and one sync. Filled by the threads that bring them, then written by
/// the first of these (the leader) while the next group fills.
///
/// Its fields are guarded by the log's monitor until the leader closes the group, and are the
/// leader's alone from then on; `@unchecked Sendable` claims that order.
final class Group: @unchecked Sendable {
    struct Entry {
        let leaf: Leaf
        let header: FrameHeader
        let offset: Int
        let secretHash: Digest?
        let payloadHash: Digest?
        let personal: [Link]
    }

    let slot: Int
    let arena: PageArena
    var number: UInt64 = 0
    var firstIndex: UInt64 = 0
    var segment: UInt32 = 0
    /// Where its first byte will stand in the segment.
    var offset: UInt64 = 0
    var entries: [Entry] = []
    /// Threads that are still copying their bytes into the arena.
    var copying = 0
    var outcome = Outcome()

    init(slot: Int, arenaBytes: Int) {
        self.slot = slot
        arena = PageArena(capacity: arenaBytes)
    }

    func reset(number: UInt64, firstIndex: UInt64, segment: UInt32, offset: UInt64) {
        self.number = number
        self.firstIndex = firstIndex
        self.segment = segment
        self.offset = offset
        entries.removeAll(keepingCapacity: true)
        copying = 0
        outcome = Outcome()
        arena.reset(phase: Int(offset % UInt64(PageArena.pageBytes)))
    }

    var end: UInt64 { offset + UInt64(arena.count) }

    func place(of entry: Entry) -> Place {
        Place(segment: segment, offset: UInt32(offset + UInt64(entry.offset)), header: entry.header)
    }
}

/// How a group ended; outlives the group, which is used again. Guarded by the log's monitor.
final class Outcome: @unchecked Sendable {
    var head: SignedHead?
}

/// The newest tree head and its signature.
struct SignedHead {
    let checkpoint: Checkpoint
    let note: SignedNote
}
