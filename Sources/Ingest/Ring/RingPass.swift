package import Base
package import FragmentFormat

/// A stretch of a ring whose instants were read from a clock that nobody set meanwhile. The newest
/// pass begins when the clock is set, before there is a frame of it.
struct RingPass {
    /// Positions of its closed fragments.
    let entries: Range<Int>
    var hasOpen = false
    /// Its first and its last frame; nil while there is none.
    var first: Moment?
    var last: Moment?
    /// What the clock may have showed while it lasted, and from when on it did so for certain.
    var low = WallTime.distantPast
    var certain = WallTime.distantPast
    var high = WallTime.distantFuture
    /// How far the clock was set before it; nil for the oldest, and when nobody knows.
    var moved: Int64?

    func reaches(_ instant: WallTime) -> Bool { low <= instant && instant <= high }
}

/// When somebody set the clock, as well as the one who noticed it can tell; monotonic.
struct StepWindow {
    /// How it was set.
    let setting: ClockSetting
    /// The last look that found it as it was; nil when that was before a restart.
    let after: UInt64?
    /// The first that found it set.
    let by: UInt64

    /// Older ones are told from the frames.
    static let windowsMax = 64
}

/// What the clock has to say to an instant that somebody asks a ring for.
package enum ClockWord: Hashable, Sendable {
    /// It is meant as the clock is set now.
    case asSetNow
    /// The clock showed it once, before it was set; since then it was set so far, in microseconds,
    /// if anybody knows.
    case asSetBefore(moved: Int64?)
    /// The clock was set past it.
    case neverShown(from: WallTime?, to: WallTime)
    /// The clock showed it more than once, and it cannot be told which is meant.
    case shownAgain(from: WallTime, to: WallTime)
    /// Older than the ring.
    case expired
}

extension ClockSetting {
    /// Whether somebody set the clock between two frames. Over a start of the machine only instants
    /// that go back tell, by more than `slack`.
    static func wasSet(between earlier: Moment, _ later: Moment, slack: Int64) -> Bool {
        if let moved = later.setting.moved(since: earlier.setting) {
            return abs(moved) > stepMicroseconds
        }
        return later.instant.microseconds < earlier.instant.microseconds - slack
    }

    /// Fragments of one stream overlap a little, where frames are shown in another order than sent.
    static func slack(beginsStream: Bool) -> Int64 { beginsStream ? 0 : 1_000_000 }
}

extension RingRecord {
    var firstMoment: Moment { Moment(first, setting) }
    var lastMoment: Moment { Moment(last, setting) }

    /// Whether the clock was set between the record before and this one.
    package func isAfterStep(_ before: RingRecord) -> Bool {
        ClockSetting.wasSet(
            between: before.lastMoment, firstMoment,
            slack: ClockSetting.slack(beginsStream: beginsStream))
    }
}

extension CameraRing.State {
    /// An instant may lie so far ahead of the clock and still mean what comes next.
    static let aheadMicroseconds: Int64 = 1_000_000

    /// Oldest first, and never none.
    func passes(_ now: WallTime) -> [RingPass] {
        var passes = index.passes.map { positions in
            RingPass(
                entries: positions, first: index[positions.lowerBound].record.firstMoment,
                last: index[positions.upperBound - 1].record.lastMoment)
        }
        if let open, let span = open.span {
            let first = Moment(span.lowerBound, open.setting)
            let slack = ClockSetting.slack(beginsStream: open.beginsStream)
            if let last = passes.last?.last,
                !ClockSetting.wasSet(between: last, first, slack: slack)
            {
                passes[passes.count - 1].last = Moment(
                    max(last.instant, span.upperBound), open.setting)
            } else {
                passes.append(RingPass(entries: index.count..<index.count, first: first))
                passes[passes.count - 1].last = Moment(span.upperBound, open.setting)
            }
            passes[passes.count - 1].hasOpen = true
        }
        let present = Moment(now, setting)
        if passes.last?.last.map({ ClockSetting.wasSet(between: $0, present, slack: 0) }) ?? true {
            passes.append(RingPass(entries: index.count..<index.count))
        }
        measure(&passes, present)
        return passes
    }

    /// The clock was set between two looks at it, or, where those are forgotten, between the last
    /// frame of a pass and the first of the next one. When exactly nobody knows, so until then
    /// either pass may have lasted.
    private func measure(_ passes: inout [RingPass], _ present: Moment) {
        guard passes.count > 1 else { return }
        passes[0].low = passes[0].first?.instant ?? .distantPast
        for i in passes.indices.dropFirst() {
            guard let last = passes[i - 1].last else { continue }
            let first = passes[i].first ?? present
            let (old, new) = (last.setting, first.setting)
            passes[i].moved = new.moved(since: old)
            // The clock may have been set like this more than once.
            let end = passes[i].last?.instant ?? .distantFuture
            let window = steps.last { step in
                step.setting == new && new.wall(step.by) <= end
                    && (old.boot != new.boot || old.wall(step.by) >= last.instant)
            }
            let frame = last.read(by: new)
            let look = window?.after.map(new.wall) ?? frame
            let low = look.map { max($0, frame ?? $0) } ?? first.instant
            let known = passes[i].moved == nil ? nil : window.map { old.wall($0.by) }
            let high = known ?? first.read(by: old) ?? last.instant
            // A frame of before may come late, and has its instant by the clock of then.
            passes[i].low = min(low, first.instant)
            passes[i].certain = window.map { new.wall($0.by) } ?? first.instant
            passes[i - 1].high = max(high, last.instant)
        }
    }
}

extension [RingPass] {
    /// How far the clock was set since a pass; nil when nobody knows.
    func moved(since position: Int) -> Int64? {
        self[(position + 1)...].reduce(0 as Int64?) { sum, pass in
            sum.flatMap { sum in pass.moved.map { sum &+ $0 } }
        }
    }

    /// The one pass that an instant belongs to, if there is one. The clock as it is set now is the
    /// best one known, so the newest pass counts first, and older ones only where it does not
    /// reach.
    func find(_ instant: WallTime, _ now: WallTime) -> (pass: Int?, word: ClockWord) {
        let newest = count - 1
        let isAhead =
            instant.microseconds - now.microseconds > CameraRing.State.aheadMicroseconds
        if instant >= self[newest].certain, !isAhead { return (newest, .asSetNow) }
        var older = indices.dropLast().filter { self[$0].reaches(instant) }
        if !older.isEmpty, self[newest].low <= instant, !isAhead { older.append(newest) }
        if let only = older.first, older.count == 1 {
            return (only, .asSetBefore(moved: moved(since: only)))
        }
        if let from = older.map({ self[$0].low }).max(), let to = older.map({ self[$0].high }).min()
        {
            return (nil, .shownAgain(from: from, to: to))
        }
        if self[newest].reaches(instant) { return (newest, .asSetNow) }
        let to = map(\.low).filter { $0 > instant }.min() ?? self[newest].low
        if let from = dropLast().map(\.high).filter({ $0 < instant }).max() {
            return (nil, .neverShown(from: from, to: to))
        }
        // The ring has the moment that the clock would call so as it is set now, by another name.
        let oldest = (self[0].first?.instant.microseconds ?? 0) &+ (moved(since: 0) ?? 0)
        return (
            nil, instant.microseconds >= oldest ? .neverShown(from: nil, to: to) : .expired
        )
    }
}
