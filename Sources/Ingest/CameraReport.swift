package import Base
internal import FragmentFormat
internal import Linux

/// Keeps a camera's status, told by its thread, read by any. Rates are over the last seconds, so
/// that a camera that stops shows it.
package final class CameraReport: Sendable {
    static let diskIsBehind = "the disk is behind"
    private static let windowFrames = 64

    fileprivate struct State {
        var status: CameraStatus
        /// Arrival (monotonic microseconds) and size of the last frames.
        var arrivals: [(at: Int64, bytes: Int)] = []
        var next = 0
        var lastKey: Int64?
        var interval: Int64 = 40_000
        /// The newest recorded instant, of this run or an earlier one.
        var recorded: Moment?
        /// Since when its state is what it is.
        var since: Moment
        var lastArrival: Int64?
        /// Drops up to the last frame.
        var droppedBefore: UInt64 = 0
        /// What broke the stream first since then; later troubles are its consequences.
        var interruption: (cause: GapCause, words: String)?
        var holes: [Hole] = []
    }

    /// Footage that is missing, now that it goes on.
    package struct Hole: Hashable, Sendable {
        package let from: WallTime
        package let to: WallTime
        package let cause: GapCause
        package let words: String
    }

    fileprivate static let holesMax = 1000
    /// A pause between two frames that counts as missing footage.
    fileprivate static let silenceMicroseconds: Int64 = 2_000_000

    private let state: Monitor<State>
    private let clock: any Clock
    /// Told on the camera's thread who answers, at each connection.
    private let met: @Sendable (DeviceTraits) -> Void

    /// `recorded`: the newest instant that the ring has from before, and why it ends there.
    package init(
        _ clock: any Clock, recorded: Moment? = nil,
        because interruption: (cause: GapCause, words: String)? = nil,
        met: @escaping @Sendable (DeviceTraits) -> Void = { _ in }
    ) {
        self.clock = clock
        self.met = met
        let now = Moment(clock.now, clock.setting(after: .unknown))
        var state = State(status: CameraStatus(since: now.instant), since: now)
        state.recorded = recorded
        state.interruption = interruption
        self.state = Monitor(state)
    }

    /// The holes that were closed since the last call.
    package func takeHoles() -> [Hole] {
        state.withLock { state in
            defer { state.holes.removeAll() }
            return state.holes
        }
    }

    /// Why nothing is recorded from here on, unless something else has stopped it already. What
    /// only a person can mend is named before the broken connection by which it began: a camera
    /// whose password was changed hangs up first.
    package func interrupt(_ cause: GapCause, _ words: String) {
        state.withLock { state in
            let isForPeople = cause == .auth || cause == .configuration
            let began = state.interruption?.cause
            if began == nil || (isForPeople && (began == .camera || began == .network)) {
                state.interruption = (cause, words)
            }
        }
    }

    /// The status, with rates that fall when nothing comes any more, and with instants as the clock
    /// is set now.
    package var status: CameraStatus {
        let now = Int64(bitPattern: clock.monotonicNanoseconds / 1000)
        let setting = clock.setting(after: state.withLock { $0.since.setting })
        func instant(_ moment: Moment) -> WallTime { moment.read(by: setting) ?? moment.instant }
        return state.withLock { state in
            var status = state.status
            status.since = instant(state.since)
            let recorded = state.recorded.map(instant)
            if status.lastFrame != nil { status.lastFrame = recorded }
            if status.state != .recording, status.state != .off { status.gapSince = recorded }
            guard state.arrivals.count > 1 else { return status }
            let oldest = state.arrivals[state.arrivals.count < Self.windowFrames ? 0 : state.next]
            var newest = oldest.at
            var bytes = 0
            for arrival in state.arrivals {
                newest = max(newest, arrival.at)
                bytes += arrival.bytes
            }
            // The silence after the newest frame counts once it is longer than a pause between two.
            let pause = (newest - oldest.at) / Int64(state.arrivals.count - 1)
            let span = max(newest, now - 2 * pause) - oldest.at
            guard span > 0 else { return status }
            status.framesPerSecond = Double(state.arrivals.count - 1) * 1e6 / Double(span)
            status.bitsPerSecond = Double(bytes - oldest.bytes) * 8e6 / Double(span)
            return status
        }
    }

    /// A frame's usual length in microseconds.
    var frameInterval: Int64 { state.withLock { $0.interval } }

    func connecting() {
        set(.connecting) { status in status.connections += 1 }
    }

    func failed(_ failure: SourceFailure) {
        set(.failed) { status in status.failure = failure }
        interrupt(failure.cause, failure.words)
        state.withLock { state in
            state.arrivals.removeAll(keepingCapacity: true)
            state.next = 0
            state.lastKey = nil
        }
    }

    package func off() {
        set(.off) { status in status.failure = nil }
    }

    private func set(_ new: CameraStatus.State, _ change: (inout CameraStatus) -> Void) {
        let setting = clock.setting(after: state.withLock { $0.since.setting })
        let now = Moment(clock.now, setting)
        state.withLock { state in
            // A camera that fails again has not been failing only since now.
            if state.status.state != new && !(new == .connecting && state.status.state == .failed) {
                state.status.state = new
                state.since = now
            }
            change(&state.status)
        }
    }

    func identified(_ traits: DeviceTraits) { met(traits) }

    func began(_ format: StreamFormat) {
        state.withLock { $0.status.format = format }
    }

    func dropped(_ reason: String) {
        state.withLock { state in
            state.status.dropped += 1
            state.status.lastDrop = reason
        }
    }

    func frame(
        _ time: FrameTime, _ moment: Moment, bytes: Int, key: Bool, clock: CameraClock?
    ) {
        let at = Int64(bitPattern: time.monotonic / 1000)
        state.withLock { state in
            if state.status.state != .recording {
                state.status.state = .recording
                state.since = Moment(time.received, moment.setting)
                state.status.failure = nil
            }
            state.noteHole(until: moment, at: at)
            state.status.frames += 1
            state.status.lastFrame = moment.instant
            state.status.clock = clock
            if state.arrivals.count < Self.windowFrames {
                if state.arrivals.isEmpty { state.arrivals.reserveCapacity(Self.windowFrames) }
                state.arrivals.append((at, bytes))
            } else {
                state.arrivals[state.next] = (at, bytes)
            }
            state.next = (state.next + 1) % Self.windowFrames
            if state.arrivals.count > 1 {
                let oldest = state.arrivals[
                    state.arrivals.count < Self.windowFrames ? 0 : state.next]
                state.interval = max(1, (at - oldest.at) / Int64(state.arrivals.count - 1))
            }
            guard key else { return }
            if let last = state.lastKey {
                let seconds = Double(at - last) / 1e6
                state.status.keyInterval = seconds
                // Forgets slowly, so that a change of settings shows within minutes.
                state.status.keyIntervalMax = max(
                    seconds, (state.status.keyIntervalMax ?? 0) * 0.99)
            }
            state.lastKey = at
        }
    }
}

extension CameraReport.State {
    /// A frame came: whatever was missing before it ends here.
    mutating func noteHole(until now: Moment, at arrival: Int64) {
        let (instant, before) = (now.instant, recorded)
        // Both ends by the clock as it is set now, so that a gap is as long as it was.
        let from = before.map { $0.read(by: now.setting) ?? min($0.instant, instant) }
        defer {
            recorded = Moment(max(from ?? instant, instant), now.setting)
            lastArrival = arrival
            interruption = nil
            droppedBefore = status.dropped
        }
        guard let before, let from else { return }
        let isUnknown =
            before.instant > instant && now.setting.moved(since: before.setting) == nil
        guard from < instant || isUnknown else { return }
        let silence = lastArrival.map { arrival - $0 } ?? .max
        let isLong = silence > max(CameraReport.silenceMicroseconds, 5 * interval)
        guard isLong || interruption != nil, holes.count < CameraReport.holesMax else { return }
        var (cause, words) = interruption ?? silenceReason
        if isUnknown {
            words += "; the clock went back meanwhile, so nobody knows for how long"
        }
        holes.append(CameraReport.Hole(from: from, to: instant, cause: cause, words: words))
    }

    private var silenceReason: (GapCause, String) {
        guard let drop = status.lastDrop, status.dropped > droppedBefore else {
            return (.camera, "the camera sent nothing")
        }
        return (drop == CameraReport.diskIsBehind ? .overload : .camera, drop)
    }
}
