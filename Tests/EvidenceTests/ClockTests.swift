import Base
import Evidence
import EvidenceFormat
import TestSupport
import Testing

@Suite struct ClockTests {
    private func trust(_ synchronised: Bool) -> ClockTrust {
        ClockTrust(
            synchronised: synchronised, estimatedErrorMicroseconds: 7,
            maximumErrorMicroseconds: 900)
    }

    private func facts(_ room: Room) throws -> [String] {
        try room.leaves(.clock).map { "\($0.string("what") ?? "") \($0.int("step_us") ?? 0)" }
    }

    @Test func `a clock that goes on leaves nothing to say`() throws {
        let room = try Room()
        for _ in 0..<5 {
            room.clock.advance(seconds: 3600)
            _ = try room.add(1)
            try room.log.careOnce()
        }
        #expect(try facts(room) == [])
        try room.log.close()
    }

    @Test func `a step of the clock is a leaf, in either direction`() throws {
        let room = try Room()
        room.clock.step(seconds: 5)
        try room.log.careOnce()
        room.clock.advance(seconds: 10)
        try room.log.careOnce()
        room.clock.step(seconds: -0.25)
        try room.log.careOnce()
        room.clock.step(seconds: 0.09)
        try room.log.careOnce()
        #expect(try facts(room) == ["step 5000000", "step -250000"])
        try room.log.close()
    }

    @Test func `lost and regained synchronisation are leaves, also while others write`() throws {
        let room = try Room()
        room.clock.set(trust(false))
        room.clock.advance(seconds: 2)
        _ = try room.add(1)
        try room.log.careOnce()
        try room.log.careOnce()
        room.clock.advance(seconds: 2)
        room.clock.set(trust(true))
        _ = try room.add(2)
        try room.log.careOnce()
        #expect(try facts(room) == ["sync-lost 0", "sync-regained 0"])
        try room.log.close()
    }

    @Test func `every leaf says how far its clock is to be trusted`() throws {
        let room = try Room()
        room.clock.set(trust(false))
        room.clock.advance(seconds: 2)
        let clk = try #require(try room.add(1).leaf.body["clk"]?.object)
        #expect(clk["sync"]?.bool == false)
        #expect(clk["est_us"]?.int == 7)
        #expect(clk["max_us"]?.int == 900)
        try room.log.close()
    }

    @Test func `a clock far behind the newest record is refused at the start`() throws {
        let room = try Room()
        _ = try room.add(1)
        room.clock.advance(seconds: 86_400)
        _ = try room.add(2)
        let size = room.log.size
        room.clock.step(seconds: -400)
        let failure = room.refusal { _ in try room.reopen() }
        #expect(failure?.kind == .refused)
        #expect(failure?.words.contains("set the clock") == true)
        // Nothing was written; with the right clock the log goes on.
        room.clock.step(seconds: 400)
        let (log, _) = try TestLog.open(room.folder.path, clock: room.clock)
        #expect(log.size == size + 1)
        try log.close()
        // A little behind is what a clock that was just set may be.
        room.clock.step(seconds: -200)
        let (again, _) = try TestLog.open(room.folder.path, clock: room.clock)
        try again.close()
    }
}
