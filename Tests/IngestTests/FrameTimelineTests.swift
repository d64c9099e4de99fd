import Base
import Ingest
import Testing

@Suite struct FrameTimelineTests {
    static func time(_ arrival: Int64, media: Int64) -> FrameTime {
        FrameTime(
            received: WallTime(microseconds: 1_000_000_000 + arrival),
            monotonic: UInt64(arrival + 5_000_000) * 1000, media: media)
    }

    @Test func `without reordering the instant is the arrival`() {
        var line = FrameTimeline()
        for frame: Int64 in 0..<50 {
            let jitter = frame % 3 * 4000
            let place = line.place(
                Self.time(frame * 40_000 + jitter, media: 90_000 + frame * 40_000))
            #expect(place.instant.microseconds == 1_000_000_000 + frame * 40_000 + jitter)
            #expect(place.decode == frame * 40_000)
            #expect(place.composition == 0)
        }
        #expect(line.jumps == 0)
    }

    @Test func `with B-frames instants follow the order of showing`() {
        var line = FrameTimeline()
        // Shown 0 3 1 2 6 4 5 9 7 8, sent one every 40 ms.
        var order: [Int64] = [0]
        for group: Int64 in 0..<10 {
            order += [group * 3 + 3, group * 3 + 1, group * 3 + 2]
        }
        var seen: [(shown: Int64, instant: Int64)] = []
        for (sent, shown) in order.enumerated() {
            let place = line.place(Self.time(Int64(sent) * 40_000, media: shown * 40_000))
            if sent > 3 { seen.append((shown, place.instant.microseconds)) }
            #expect(place.decode >= 0)
        }
        seen.sort { $0.shown < $1.shown }
        for (a, b) in zip(seen, seen.dropFirst()) where b.shown == a.shown + 1 {
            #expect(b.instant - a.instant == 40_000)
        }
    }

    @Test(arguments: [1, 2, 3, 7] as [Int64], [40_000, 200_000] as [Int64])
    func `B-frames that come in bursts are decoded at an even pace`(
        _ between: Int64, _ interval: Int64
    ) {
        var line = FrameTimeline()
        var steps: [Int64] = []
        var last: Int64 = 0
        let length = between + 1
        for group: Int64 in 0..<40 {
            // A reference and the frames before it arrive together, when it is taken.
            let arrival = (group + 1) * length * interval
            for position in [length] + Array(1...between) {
                let shown = (group * length + position) * interval
                let place = line.place(Self.time(arrival, media: shown))
                #expect(place.decode + Int64(place.composition) == shown - length * interval)
                if group > 2 { steps.append(place.decode - last) }
                last = place.decode
            }
        }
        // Twice the step before is where browsers see a hole.
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $1 < 2 * $0 })
        let total = steps.reduce(0, +)
        #expect(abs(total - Int64(steps.count) * interval) <= 2 * length * interval)
    }

    @Test func `a jump of the camera's time does not move the line`() {
        var line = FrameTimeline()
        var last: Int64 = -1
        for frame: Int64 in 0..<40 {
            let jump: Int64 = frame < 20 ? 0 : 3_600_000_000
            let place = line.place(Self.time(frame * 40_000, media: frame * 40_000 + jump))
            #expect(place.decode - last <= 40_001)
            #expect(place.decode > last)
            last = place.decode
        }
        #expect(line.jumps == 1)
    }
}
