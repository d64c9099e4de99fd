package import Base
internal import Linux

/// Keeps one camera recording: connects, fills the ring, notices silence, backs off, tries again.
/// One thread, which blocks in nothing but this camera's I/O, so that no other camera notices.
package final class CameraLoop: Sendable {
    /// Makes the source anew for each connection.
    package typealias Maker = @Sendable () throws(SourceFailure) -> any Source

    package let report: CameraReport
    private let ring: CameraRing
    private let make: Maker
    private let clock: any Clock
    /// Told of every end of a stream, and why; nil when it was asked to end.
    private let ended: @Sendable (SourceFailure?) -> Void
    private let stop = StopSignal()
    /// Cuts the pause between two attempts short.
    private let hurry = Bell()
    private let thread = Monitor<Thread?>(nil)

    package init(
        _ ring: CameraRing, report: CameraReport, clock: any Clock, seed: UInt64,
        make: @escaping Maker, ended: @escaping @Sendable (SourceFailure?) -> Void
    ) {
        self.ring = ring
        self.make = make
        self.clock = clock
        self.ended = ended
        self.report = report
        let started = Thread(name: "cam-\(ring.camera.prefix(11))") { [self] in run(seed) }
        thread.withLock { $0 = started }
    }

    /// Returns when the thread has ended; what it had is with the ring.
    package func end() {
        stop.raise()
        hurry.raise()
        thread.withLock { $0.take() }?.join()
    }

    /// Something says that the camera is there again.
    package func retryNow() { hurry.raise() }

    private func run(_ seed: UInt64) {
        var backoff = Backoff(seed: seed)
        while !stop.isRaised {
            let frames = report.status.frames
            let failure = attempt()
            if stop.isRaised { break }
            let reason = failure ?? Self.streamEnded
            report.failed(reason)
            ended(reason)
            // A few frames are no sign of health: a broken camera sends some before each failure.
            if report.status.frames > frames + 50 { backoff.reset() }
            hurry.wait(milliseconds: backoff.wait())
        }
        ended(nil)
    }

    private func attempt() -> SourceFailure? {
        report.connecting()
        let filler = RingFiller(ring, report)
        defer { filler.end() }
        do throws(SourceFailure) {
            try make().run(into: filler, until: stop)
            return nil
        } catch {
            return error
        }
    }

    private static let streamEnded = SourceFailure(
        .camera, at: .firstFrame, "the camera ended the stream",
        remedy: "it is connected again by itself; if it happens often, look at the camera's log")
}
