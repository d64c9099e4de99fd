package import Base
package import FragmentFormat
internal import Linux

/// Closed fragments of a stretch of time, and the clock's word on it.
package struct RingFootage: Sendable {
    /// Of one pass, in order.
    package let records: [RingRecord]
    /// Of its beginning.
    package let word: ClockWord
    /// When the clock was set in the middle of it; then there are none.
    package let step: Step?
    /// How far the clock has stood back since, at most: what was committed later may have an
    /// earlier time, by so many microseconds.
    package let setBackMicroseconds: Int64

    package struct Step: Sendable {
        /// What the clock showed before and after.
        package let from: WallTime
        package let to: WallTime
        /// Up to here it means the footage of before.
        package let last: WallTime
    }
}

/// Stretches of time, and waiting for what comes.
extension CameraRing {
    /// Closed fragments that overlap the range, in order, whatever the clock says of it.
    package func records(_ range: ClosedRange<WallTime>) -> [RingRecord] {
        state.withLock { state in
            state.index.passes.flatMap { state.index.records(range, in: $0) }
        }
    }

    /// Closed fragments that overlap the range, as far as it means one stretch of footage.
    package func footage(_ range: ClosedRange<WallTime>) -> RingFootage {
        notice()
        let now = clock.now
        return state.withLock { state in
            let passes = state.passes(now)
            let newest = passes.count - 1
            var touched = passes.indices.filter { i in
                passes[i].low <= range.upperBound && range.lowerBound <= passes[i].high
            }
            if range.lowerBound >= passes[newest].certain { touched = [newest] }
            guard let only = touched.first else {
                let word = passes.find(range.lowerBound, now).word
                return RingFootage(records: [], word: word, step: nil, setBackMicroseconds: 0)
            }
            guard touched.count == 1 else {
                let next = touched[1]
                let (old, new) = (passes[next - 1], passes[next])
                let last = WallTime(microseconds: min(old.high, new.low).microseconds - 1)
                return RingFootage(
                    records: [], word: .asSetNow,
                    step: RingFootage.Step(from: old.high, to: new.certain, last: last),
                    setBackMicroseconds: 0)
            }
            return RingFootage(
                records: state.index.records(range, in: passes[only].entries),
                word: only == newest
                    ? .asSetNow : .asSetBefore(moved: passes.moved(since: only)),
                step: nil,
                setBackMicroseconds: passes.setBack(since: only))
        }
    }

    /// The closed fragment before another one.
    package func record(before sequence: UInt64) -> RingRecord? {
        state.withLock { state in
            let position = state.index.position(atOrAfter: sequence)
            return position > 0 ? state.index[position - 1].record : nil
        }
    }

    /// The newest frame as the clock is set now; nil when there is none.
    package var newestNow: WallTime? {
        let setting = notice()
        return newest.map { $0.read(by: setting) ?? $0.instant }
    }

    /// Waits until a frame at `instant` or later is there, as the clock is set now; false when the
    /// time is over.
    package func waitForFrame(at instant: WallTime, milliseconds: Int) -> Bool {
        notice()
        return wait(milliseconds) { state in
            guard let newest = state.newest, newest.instant >= instant else { return nil }
            return newest.setting.isSame(as: state.setting) ? true : nil
        } ?? false
    }

    /// Waits for the newest frame that came after a place; nil when the time is over.
    package func waitForFrame(after place: RingPlace?, milliseconds: Int) -> RingPlace? {
        wait(milliseconds) { state in
            state.newestPlace.flatMap { newest in
                place.map { newest > $0 } ?? true ? newest : nil
            }
        }
    }

    /// Patience is measured in real time, also where a test moves the ring's clock.
    private func wait<T>(_ milliseconds: Int, for what: (State) -> T?) -> T? {
        let clock = SystemClock()
        let until = clock.monotonicNanoseconds + UInt64(max(0, milliseconds)) * 1_000_000
        state.lock()
        defer { state.unlock() }
        while true {
            if let found = what(state.locked) { return found }
            let now = clock.monotonicNanoseconds
            guard now < until else { return nil }
            _ = state.wait(milliseconds: Int((until - now) / 1_000_000) + 1)
        }
    }
}

extension RingIndex {
    fileprivate func records(
        _ range: ClosedRange<WallTime>, in pass: Range<Int>
    ) -> [RingRecord] {
        var position = position(endingAtOrAfter: range.lowerBound, in: pass)
        var found: [RingRecord] = []
        while position < pass.upperBound, self[position].first <= range.upperBound {
            found.append(self[position].record)
            position += 1
        }
        return found
    }
}

extension [RingPass] {
    fileprivate func setBack(since position: Int) -> Int64 {
        var (sum, least): (Int64, Int64) = (0, 0)
        for pass in self[(position + 1)...] {
            sum &+= pass.moved ?? 0
            least = Swift.min(least, sum)
        }
        return -least
    }
}
