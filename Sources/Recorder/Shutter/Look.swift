package import Base
internal import Ingest
internal import Linux

/// The newest frame of a camera, for whoever looks: no evidence, and nothing of it is stored.
package struct Look: Sendable {
    package let jpeg: [UInt8]
    package let instant: WallTime
    /// From the instant that was asked for: the one in which somebody asked.
    package let distanceMicroseconds: Int64
}

extension Recorder {
    /// An older frame is no answer, unless the camera itself sends fewer than one a second.
    private static let lookToleranceMicroseconds: Int64 = 1_000_000
    private static let lookToleranceMax: Int64 = 30_000_000

    /// Refuses with the same words as `snap`, and never shows a frame that is older than the
    /// camera's rhythm explains.
    package func look(at id: String) throws -> Look {
        let camera = try found(id)
        let pick = try newest(of: camera)
        let jpeg = try looks.jpeg(of: id, at: pick.frame.instant) {
            guard let stretch = try camera.ring.stretch(to: pick.frame) else {
                throw SnapFailure(
                    .expired, "the ring of \(id) moved on while the frame was read; ask again")
            }
            return try decoding.share { try Picture.rendered(stretch, threads: $0) }
        }
        return Look(
            jpeg: jpeg, instant: pick.frame.instant, distanceMicroseconds: pick.distance)
    }

    /// Throws what `look` would, and decodes nothing.
    package func requireFresh(_ id: String) throws { _ = try newest(of: try found(id)) }

    private func newest(of camera: Camera) throws -> Pick {
        let status = camera.report.status
        let rate = status.framesPerSecond
        let rhythm = rate > 0 ? Int64(1_500_000 / max(rate, 0.01)) : 0
        // Of a camera that is off, not even its last second is shown.
        let tolerance =
            status.state == .off
            ? -1 : min(max(Self.lookToleranceMicroseconds, rhythm), Self.lookToleranceMax)
        let picker = Picker(clock: clock, tolerance: tolerance, neighbours: 0)
        // So that now is no instant that only an old clock could call so.
        camera.ring.notice()
        return try pick(camera, picker, at: clock.now)
    }
}

/// The newest picture that was made of each camera, so that many who look at once cost one
/// decoder. Two are made at a time, and few wait.
final class Looks: Sendable {
    private static let makingMax = 2
    private static let waitingMax = 14

    private struct Made {
        let instant: WallTime
        let jpeg: [UInt8]
    }

    private struct State {
        var made: [String: Made] = [:]
        var making = 0
        var waiting = 0
    }

    private let state = Monitor(State())

    func jpeg(
        of camera: String, at instant: WallTime, _ make: () throws -> [UInt8]
    ) throws -> [UInt8] {
        if let known = try begin(camera, instant) { return known }
        defer {
            state.withLock { $0.making -= 1 }
            state.signal()
        }
        let jpeg = try make()
        state.withLock { state in
            // As many as there are cameras; those that are gone leave theirs behind, bounded.
            if state.made.count >= 256, state.made[camera] == nil { state.made = [:] }
            state.made[camera] = Made(instant: instant, jpeg: jpeg)
        }
        return jpeg
    }

    private func begin(_ camera: String, _ instant: WallTime) throws(Failure) -> [UInt8]? {
        state.lock()
        defer { state.unlock() }
        func known() -> [UInt8]? {
            guard let made = state.locked.made[camera], made.instant == instant else { return nil }
            return made.jpeg
        }
        if let known = known() { return known }
        guard state.locked.making == Self.makingMax else {
            state.locked.making += 1
            return nil
        }
        guard state.locked.waiting < Self.waitingMax else {
            throw Failure(.busy, "others look at cameras already; ask again in a moment")
        }
        state.locked.waiting += 1
        while state.locked.making == Self.makingMax { state.wait() }
        state.locked.waiting -= 1
        if let known = known() {
            state.signal()
            return known
        }
        state.locked.making += 1
        return nil
    }
}
