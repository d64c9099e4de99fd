package import Base
internal import Crypto
package import FragmentFormat
internal import Linux

/// The bounded recent past of one camera: closed fragments in its storage, those that wait for the
/// disk, and the open one in memory.
///
/// - The camera's thread fills it through `RingFiller`; the disk thread empties it through
///   `writeNext`; any thread reads.
/// - A fragment is readable from its first frame on, whether or not the disk has it yet.
/// - What is read from the disk is hashed and compared before anyone sees it.
/// - Whoever adds a frame or asks for an instant looks first whether somebody has set the clock.
package final class CameraRing: Sendable {
    package let camera: String
    package let options: RingOptions
    let storage: any RingStorage
    let clock: any Clock
    /// Random; stands in every record, so that nothing a camera sends can pass for one.
    package let identity: [UInt8]

    struct State {
        var open: OpenFragment?
        var index = RingIndex()
        var free: [PageBuffer] = []
        var made = 0
        /// Where the next record goes.
        var head: UInt64 = UInt64(RingRecord.pageBytes)
        var nextSequence: UInt64 = 1
        var nextFormat: UInt64 = 1
        /// Newest frame of all, published or not on disk, and where it stands.
        var newest: Moment?
        var newestPlace: RingPlace?
        /// How the clock is set, as of the last look at it.
        var setting: ClockSetting
        /// When that was; monotonic.
        var looked: UInt64 = 0
        var steps: [StepWindow] = []
        var broken: Failure?
        /// Footage that the disk did not take, until somebody writes that down.
        var lost: [CameraReport.Hole] = []
        /// How the clock was set in the last of these.
        var lostSetting = ClockSetting.unknown
        var unsynced = false
        var wanted: UInt64
        var format: StreamFormat?
    }
    /// Waiters on the monitor want news of frames.
    let state: Monitor<State>
    /// Held while a fragment is written: one after the other, whoever does it.
    let diskTurn = Monitor(())
    /// The disk thread's bell.
    let closed: Bell

    init(
        camera: String, _ storage: any RingStorage, _ options: RingOptions, identity: [UInt8],
        recovered: RecoveredRing, bell: Bell, clock: any Clock
    ) {
        closed = bell
        self.camera = camera
        self.storage = storage
        self.options = options
        self.identity = identity
        self.clock = clock
        let last = recovered.index.last?.record
        var state = State(
            setting: clock.setting(after: last?.setting ?? .unknown), wanted: options.bytes)
        state.looked = clock.monotonicNanoseconds
        if let last, last.setting != state.setting {
            state.steps = [StepWindow(setting: state.setting, after: nil, by: state.looked)]
        }
        state.index = recovered.index
        state.head = recovered.head
        state.nextSequence = recovered.nextSequence
        state.nextFormat = recovered.nextFormat
        state.newest = last?.lastMoment
        state.newestPlace = last.map {
            RingPlace(sequence: $0.sequence, position: Int($0.frames) - 1)
        }
        self.state = Monitor(state)
    }

    // MARK: What it holds

    /// From the oldest frame to the newest, as the clock is set now.
    package var range: ClosedRange<WallTime>? {
        notice()
        let now = clock.now
        return state.withLock { state in
            guard let last = state.newest else { return nil }
            let newest = last.read(by: state.setting) ?? last.instant
            let passes = state.passes(now)
            guard let first = passes[0].first?.instant else { return nil }
            let oldest = WallTime(
                microseconds: first.microseconds &+ (passes.moved(since: 0) ?? 0))
            return min(oldest, newest)...newest
        }
    }

    /// The newest frame of all.
    package var newest: Moment? { state.withLock { $0.newest } }

    /// Looks whether somebody has set the clock. If so, a new pass begins.
    @discardableResult
    package func notice() -> ClockSetting {
        let known = state.withLock { $0.setting }
        let before = clock.monotonicNanoseconds
        let found = clock.setting(after: known)
        let after = clock.monotonicNanoseconds
        let (setting, isNew) = state.withLock { state in
            // Another thread may have noticed it, and read the clocks a microsecond otherwise.
            let isNew = !found.isSame(as: state.setting)
            if isNew {
                state.setting = found
                state.steps.append(
                    StepWindow(setting: found, after: state.looked, by: after))
                if state.steps.count > StepWindow.windowsMax { state.steps.removeFirst() }
            }
            state.looked = max(state.looked, isNew ? after : before)
            return (state.setting, isNew)
        }
        if isNew { state.broadcast() }
        return setting
    }

    /// The same, without the lock as long as nothing has changed.
    func setting(after known: ClockSetting?) -> ClockSetting {
        if let known, clock.setting(after: known) == known { return known }
        return notice()
    }

    /// Footage that was recorded and that the disk did not take; each stretch is told once.
    package func takeLost() -> [CameraReport.Hole] {
        state.withLock { state in
            defer { state.lost.removeAll() }
            return state.lost
        }
    }

    /// The disk's last word, when it was a bad one.
    package var broken: Failure? { state.withLock { $0.broken } }

    /// Size of its storage, which may be less than asked for.
    package var byteCount: UInt64 { storage.byteCount }

    package var usedBytes: UInt64 {
        state.withLock { state in
            var bytes: UInt64 = 0
            for i in 0..<state.index.count {
                bytes += UInt64(state.index[i].record.pages) * UInt64(RingRecord.pageBytes)
            }
            return bytes
        }
    }

    /// Closed fragments with sequences above `sequence`, that the disk has.
    package func stored(after sequence: UInt64, limit: Int) -> [RingRecord] {
        state.withLock { state in
            var found: [RingRecord] = []
            var position = state.index.count
            while position > 0, state.index[position - 1].sequence > sequence { position -= 1 }
            while position < state.index.count, found.count < limit {
                let entry = state.index[position]
                if entry.waiting != nil { break }
                found.append(entry.record)
                position += 1
            }
            return found
        }
    }

    /// Whether footage after `sequence` fills half of the ring: time to write it down, before it is
    /// written over.
    package func isHalfNew(after sequence: UInt64) -> Bool {
        state.withLock { state in
            var position = state.index.count
            var bytes: UInt64 = 0
            while position > 0, state.index[position - 1].sequence > sequence {
                position -= 1
                let pages = UInt64(state.index[position].record.pages)
                bytes += pages * UInt64(RingRecord.pageBytes)
            }
            return bytes >= storage.byteCount / 2
        }
    }

    /// Whether the disk has everything up to an instant.
    package func hasStored(_ instant: WallTime) -> Bool {
        notice()
        let now = clock.now
        return state.withLock { state in
            let passes = state.passes(now)
            guard let found = passes.find(instant, now).pass else { return true }
            let pass = passes[found]
            let position = state.index.position(endingAtOrAfter: instant, in: pass.entries)
            if position < pass.entries.upperBound { return state.index[position].waiting == nil }
            // An older pass gets no more frames.
            guard found < passes.count - 1, !pass.hasOpen else { return false }
            return pass.entries.isEmpty || state.index[position - 1].waiting == nil
        }
    }

    // MARK: Filling, on the camera's thread

    func takeFormat(_ format: StreamFormat) -> UInt64 {
        state.withLock { state in
            state.format = format
            defer { state.nextFormat += 1 }
            return state.nextFormat
        }
    }

    /// Memory for the next fragment; nil when the disk is behind and all of it is taken.
    func takeBuffer() -> PageBuffer? {
        state.withLock { state in
            if let free = state.free.popLast() { return free }
            guard state.made <= options.pendingMax else { return nil }
            state.made += 1
            return PageBuffer(capacity: OpenFragment.headBytes + options.fragmentBytes)
        }
    }

    func openFragment(
        _ buffer: PageBuffer, _ format: UInt64, _ initBytes: [UInt8], beginsStream: Bool,
        _ setting: ClockSetting
    ) {
        state.withLock { state in
            state.open = OpenFragment(
                buffer, format: format, initBytes: initBytes, beginsStream: beginsStream,
                setting: setting)
        }
    }

    /// The frame whose bytes stand behind the published ones becomes one of them.
    /// `looked`: when the clock was found set as it is for that; monotonic.
    func publish(_ sample: Sample, looked: UInt64) {
        state.withLock { state in
            state.looked = max(state.looked, looked)
            guard let setting = state.open?.setting else { return }
            state.open?.samples.append(sample)
            state.open?.mediaBytes += Int(sample.size)
            if state.newest.map({ $0.setting != setting || $0.instant < sample.instant }) ?? true {
                state.newest = Moment(sample.instant, setting)
            }
            state.newestPlace = RingPlace(
                sequence: state.nextSequence, position: (state.open?.samples.count ?? 1) - 1)
        }
        state.broadcast()
    }

    /// Closes the open fragment and lets the disk thread have it; an empty one is taken back.
    func closeFragment(lastDuration: UInt32, clock: CameraClock?) {
        state.withLock { state in
            guard let open = state.open else { return }
            state.open = nil
            guard let span = open.span else {
                state.free.append(open.buffer)
                return
            }
            let head = FragmentHead(
                sequence: UInt32(truncatingIfNeeded: state.nextSequence), samples: open.samples,
                lastDuration: lastDuration, clock: clock)
            let waiting = open.layOut(head)
            let record = RingRecord(
                ring: identity, sequence: state.nextSequence,
                pages: UInt32(waiting.pages.count / RingRecord.pageBytes),
                initLength: UInt32(open.initBytes.count),
                fragmentOffset: UInt32(waiting.fragment.lowerBound - waiting.pages.lowerBound),
                fragmentLength: UInt32(waiting.fragment.count), first: span.lowerBound,
                last: span.upperBound, frames: UInt32(open.samples.count),
                beginsWithKey: open.samples[0].isKey, beginsStream: open.beginsStream,
                format: open.format, fragmentHash: .zero, initHash: .zero,
                setting: open.setting)
            state.nextSequence += 1
            state.index.append(RingEntry(record: record, offset: 0, waiting: waiting))
        }
        closed.raise()
    }
}
