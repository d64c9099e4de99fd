import Base
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// A log key signs whatever its holder wants. What it signed and gave away binds it.
@Suite struct RollbackTests {
    private func open(
        _ folder: Scratch, _ clock: ManualClock, seen: [SignedNote]
    ) throws -> EvidenceLog {
        try EvidenceLog.open(
            try TestLog.engine(folder.path), identity: try TestLog.identity(), clock: clock,
            options: TestLog.options(), seen: seen
        ).log
    }

    private func refusal(
        _ folder: Scratch, _ clock: ManualClock, seen: [SignedNote]
    ) -> FailureKind? {
        do {
            try open(folder, clock, seen: seen).close()
            return nil
        } catch {
            return (error as? Failure)?.kind
        }
    }

    @Test func `an older copy is refused where a newer checkpoint is known`() throws {
        let room = try Room()
        _ = try room.add(1)
        var old: Scratch?
        try room.reopen { old = room.folder.snapshot() }
        let copy = try #require(old)
        let receipts = try (2..<6).map { try room.add($0) }
        try room.log.close()
        let notes = receipts.map(\.checkpoint)
        #expect(refusal(copy.snapshot(), room.clock, seen: [notes[3]]) == .dataLoss)
        #expect(refusal(copy.snapshot(), room.clock, seen: notes) == .dataLoss)
        // Nothing on the machine itself tells.
        #expect(refusal(copy, room.clock, seen: []) == nil)
        #expect(refusal(room.folder, room.clock, seen: notes) == nil)
    }

    @Test func `another history under the same key is refused where the first is known`() throws {
        let room = try Room()
        _ = try room.add(1)
        var old: Scratch?
        try room.reopen { old = room.folder.snapshot() }
        let copy = try #require(old)
        let receipt = try room.add(2)
        try room.log.close()
        let forged = try open(copy, room.clock, seen: [])
        for i in 0..<5 { _ = try TestLog.add(forged, 100 + i) }
        try forged.close()
        #expect(refusal(copy, room.clock, seen: [receipt.checkpoint]) == .corrupt)
        #expect(refusal(room.folder, room.clock, seen: [receipt.checkpoint]) == nil)
    }

    @Test func `a checkpoint by a key of another log says nothing here`() throws {
        let room = try Room()
        try room.log.close()
        let stranger = Checkpoint(origin: TestLog.origin, size: 1, root: .zero)
        let note = stranger.signed(by: [try TestLog.logSigner(9)])
        #expect(refusal(room.folder, room.clock, seen: [note]) == .refused)
    }
}
