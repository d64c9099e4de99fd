internal import Base
internal import Ingest

/// The frame that one camera gives for an instant.
struct Pick {
    let camera: Camera
    let asked: WallTime
    let frame: RingFrame
    let neighbours: [WallTime]
    let word: ClockWord

    var distance: Int64 { frame.instant.microseconds - asked.microseconds }
}

/// Chooses among the frames that have arrived; waits only when the newest one is older than the
/// camera's rhythm explains.
struct Picker {
    let clock: any Clock
    let tolerance: Int64
    let neighbours: Int

    /// "Now" is the newest frame: the next one may never come, and waiting for it would cost what
    /// the picture is asked to be: at once.
    func pick(_ camera: Camera, at asked: WallTime) throws -> Pick {
        let ring = camera.ring
        let isAhead = asked > clock.now.adding(seconds: 1)
        if !isAhead { waitIfLate(camera, asked) }
        var look = try ring.look(at: asked)
        if waitsForEarlier(look, ring, asked) { look = try ring.look(at: asked) }
        if isAhead, look.word == .asSetNow {
            throw SnapFailure(
                .future, "\(asked) has not come yet; the newest frame is asked for with now")
        }
        let frames = look.frames
        guard let position = nearest(frames, asked),
            abs(frames[position].instant.microseconds - asked.microseconds) <= tolerance
        else { throw try refusal(camera, asked, look) }
        let low = max(0, position - neighbours)
        let high = min(frames.count, position + neighbours + 1)
        let around = (frames[low..<position] + frames[(position + 1)..<high]).map(\.instant)
        return Pick(
            camera: camera, asked: asked, frame: frames[position], neighbours: Array(around),
            word: look.word)
    }

    /// A steady camera's next frame is due within its rhythm; a late one is waited for, and so is
    /// the first one after somebody has set the clock.
    private func waitIfLate(_ camera: Camera, _ asked: WallTime) {
        let status = camera.report.status
        let ring = camera.ring
        guard status.state != .off, let newest = ring.newestNow,
            case (.asSetNow, let isFresh) = ring.word(at: asked)
        else { return }
        let late = asked.microseconds - newest.microseconds
        let rhythm = status.framesPerSecond > 0 ? 1_500_000 / status.framesPerSecond : 200_000
        guard Double(late) > rhythm || isFresh else { return }
        _ = ring.waitForFrame(
            at: WallTime(microseconds: asked.microseconds - tolerance),
            milliseconds: Int(min(tolerance, 1_000_000) / 1000))
    }

    /// B-frames come after a frame that is shown later than they are. So the newest frame may be
    /// there while nearer ones are still on their way: waits until none can be. False when there is
    /// nothing to wait for.
    private func waitsForEarlier(_ look: RingLook, _ ring: CameraRing, _ asked: WallTime) -> Bool {
        guard look.word == .asSetNow, let newest = ring.newestNow, asked < newest,
            let best = nearest(look.frames, asked)
        else { return false }
        var (latest, behind) = (Int64.min, Int64(0))
        for frame in look.frames.sorted(by: { $0.place < $1.place }) {
            latest = max(latest, frame.instant.microseconds)
            behind = max(behind, latest - frame.instant.microseconds)
        }
        let distance = abs(look.frames[best].instant.microseconds - asked.microseconds)
        let complete = WallTime(microseconds: asked.microseconds + distance + behind)
        guard behind > 0, newest < complete else { return false }
        return ring.waitForFrame(
            at: complete, milliseconds: Int(min(tolerance, 1_000_000) / 1000))
    }

    private func nearest(_ frames: [RingFrame], _ asked: WallTime) -> Int? {
        frames.indices.min {
            abs(frames[$0].instant.microseconds - asked.microseconds)
                < abs(frames[$1].instant.microseconds - asked.microseconds)
        }
    }

    /// Why there is no frame near the instant, in the words that help most.
    private func refusal(
        _ camera: Camera, _ asked: WallTime, _ look: RingLook
    ) throws(Failure) -> SnapFailure {
        let id = camera.id
        let status = camera.report.status
        let range = camera.ring.range
        if let refusal = SnapFailure(id, asked, look.word) { return refusal }
        if look.isFresh, look.word == .asSetNow, status.state == .recording {
            return SnapFailure(
                .clockSet,
                "the server's clock has just been set, and no frame of \(id) has come since; ask"
                    + " again in a moment")
        }
        if let range, look.word == .asSetNow || look.word == .expired,
            asked.microseconds < range.lowerBound.microseconds - tolerance
        {
            return SnapFailure(
                .expired,
                "\(asked) is no longer in the ring of \(id), which begins at \(range.lowerBound);"
                    + " a larger ring keeps more: proofreel camera set \(id) --ring SIZE",
                to: range.lowerBound)
        }
        let isAfter = range.map { asked > $0.upperBound } ?? true
        guard isAfter, look.word == .asSetNow else {
            return SnapFailure(
                .gap,
                "\(id) recorded nothing within \(tolerance / 1000) ms of \(asked); proofreel camera"
                    + " show \(id) lists its gaps and their causes")
        }
        let since = range?.upperBound
        let when = since.map { " since \($0)" } ?? "; it has never sent a frame"
        if status.isBeginning(at: clock.now) {
            throw Failure(
                .busy,
                "\(id) has been switched on or changed and is connecting; ask again in a moment")
        }
        switch status.state {
        case .off:
            return SnapFailure(
                .cameraOff,
                "\(id) is switched off; switch it on: proofreel camera on \(id)", from: since)
        case .failed, .connecting:
            let why = status.failure.map { ": \($0.words); \($0.remedy)" } ?? ""
            return SnapFailure(.offline, "\(id) is offline\(when)\(why)", from: since)
        case .recording:
            return SnapFailure(
                .noFrame,
                "\(id) has no frame within \(tolerance / 1000) ms of \(asked); the newest is from"
                    + " \(since.map(\.description) ?? "never")", from: since)
        }
    }
}

extension CameraStatus {
    /// A first connection takes no longer, as a rule; then nobody is told to wait for it.
    private static let beginningSeconds: Int64 = 10

    /// Whether it connects for the first time, so that there is nothing wrong with it as yet.
    fileprivate func isBeginning(at now: WallTime) -> Bool {
        state == .connecting && connections <= 1 && frames == 0 && failure == nil
            && now < since.adding(seconds: Self.beginningSeconds)
    }
}

extension SnapFailure {
    /// What the clock has to say against an instant, where it does.
    init?(_ id: String, _ asked: WallTime, _ word: ClockWord) {
        let before = "the server's clock was set"
        let choose = "ask for an instant that it showed once, or for now"
        switch word {
        case .asSetNow, .asSetBefore, .expired: return nil
        case .neverShown(let from?, let to):
            self.init(
                .clockSet,
                "\(before) from \(from) to \(to) while \(id) recorded, so it never showed"
                    + " \(asked); \(choose)", from: from, to: to)
        case .neverShown(nil, let to):
            self.init(
                .clockSet,
                "\(before) back while \(id) recorded, and never showed \(asked): what the ring"
                    + " has of before has later instants; \(choose)", to: to)
        case .shownAgain(let from, let to):
            self.init(
                .clockSet,
                "\(before) while \(id) recorded, and showed \(asked) more than once; \(choose)",
                from: from, to: to)
        }
    }
}
