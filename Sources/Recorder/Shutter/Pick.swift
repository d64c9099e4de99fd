internal import Base
internal import Ingest

/// The frame that one camera gives for an instant.
struct Pick {
    let camera: Camera
    let asked: WallTime
    let frame: RingFrame
    let neighbours: [WallTime]

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
        let status = camera.report.status
        if asked > clock.now.adding(seconds: 1) {
            throw SnapFailure(
                .future, "\(asked) has not come yet; the newest frame is asked for with now")
        }
        if status.state != .off, let newest = ring.range?.upperBound {
            // A steady camera's next frame is due within this; a late one is waited for.
            let late = asked.microseconds - newest.microseconds
            let rhythm = status.framesPerSecond > 0 ? 1_500_000 / status.framesPerSecond : 200_000
            if Double(late) > rhythm {
                _ = ring.waitForFrame(
                    at: WallTime(microseconds: asked.microseconds - tolerance),
                    milliseconds: Int(min(tolerance, 1_000_000) / 1000), clock)
            }
        }
        for _ in 0..<3 {
            let frames = try ring.frames(around: asked)
            guard let position = nearest(frames, asked) else { break }
            let frame = frames[position]
            guard abs(frame.instant.microseconds - asked.microseconds) <= tolerance else { break }
            let low = max(0, position - neighbours)
            let high = min(frames.count, position + neighbours + 1)
            let around = (frames[low..<position] + frames[(position + 1)..<high]).map(\.instant)
            return Pick(camera: camera, asked: asked, frame: frame, neighbours: Array(around))
        }
        throw refusal(camera, asked)
    }

    private func nearest(_ frames: [RingFrame], _ asked: WallTime) -> Int? {
        frames.indices.min {
            abs(frames[$0].instant.microseconds - asked.microseconds)
                < abs(frames[$1].instant.microseconds - asked.microseconds)
        }
    }

    /// Why there is no frame near the instant, in the words that help most.
    private func refusal(_ camera: Camera, _ asked: WallTime) -> SnapFailure {
        let id = camera.id
        let status = camera.report.status
        let range = camera.ring.range
        if let range, asked.microseconds < range.lowerBound.microseconds - tolerance {
            return SnapFailure(
                .expired,
                "\(asked) is no longer in the ring of \(id), which begins at \(range.lowerBound);"
                    + " a larger ring keeps more: proofreel camera set \(id) --ring SIZE",
                to: range.lowerBound)
        }
        let isAfter = range.map { asked > $0.upperBound } ?? true
        guard isAfter else {
            return SnapFailure(
                .gap,
                "\(id) recorded nothing within \(tolerance / 1000) ms of \(asked); proofreel camera"
                    + " show \(id) lists its gaps and their causes")
        }
        let since = range?.upperBound
        let when = since.map { " since \($0)" } ?? "; it has never sent a frame"
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
