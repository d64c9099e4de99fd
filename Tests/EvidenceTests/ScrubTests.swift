import Base
import Evidence
import EvidenceFormat
import TestSupport
import Testing

/// Rounds of reading full segments again, whole and cut off.
@Suite struct ScrubTests {
    @Test func `a round that is cut off says where the next one goes on`() throws {
        let folder = Scratch(inMemory: true)
        let clock = ManualClock()
        var options = TestLog.options()
        options.segmentBytes = 20_000
        let (log, _) = try TestLog.open(folder.path, clock: clock, options: options)
        for i in 0..<60 {
            clock.advance(seconds: 1)
            _ = try TestLog.add(
                log, i, links: [TestLog.check(i)], bytes: 1500, at: clock.now)
            try log.careOnce()
        }
        #expect(try log.lastScrub()?.time == nil)
        var limits = ScrubLimits()
        limits.bytesPerSecond = 0
        let cut = try log.scrub(limits) { $0.bytes < 30_000 }
        let segment = try #require(try log.lastScrub()?.goesOnAt)
        #expect(segment > 0 && cut.segments == segment)
        limits.from = segment
        let rest = try log.scrub(limits)
        let last = try #require(try log.lastScrub())
        #expect(last.goesOnAt == nil && last.faults == 0 && last.segments == rest.segments)
        #expect(try cut.segments + rest.segments == log.segmentCount() - 1)
        try log.close()
    }
}
