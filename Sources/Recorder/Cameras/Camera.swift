internal import Base
package import Ingest
internal import Linux

/// One camera at work: its ring, its status, and the loop that keeps it recording while it is on.
package final class Camera: Sendable {
    package let config: CameraConfig
    package let ring: CameraRing
    package let report: CameraReport
    private let clock: any Clock
    private let make: CameraLoop.Maker
    private let loop = Monitor<CameraLoop?>(nil)
    /// The size of the first picture of this run.
    private let size = Monitor<(width: Int, height: Int)?>(nil)

    init(
        _ config: CameraConfig, ring: CameraRing, report: CameraReport, clock: any Clock,
        make: @escaping CameraLoop.Maker
    ) {
        self.config = config
        self.ring = ring
        self.report = report
        self.clock = clock
        self.make = make
    }

    var id: String { config.id }

    func start() {
        loop.withLock { loop in
            guard loop == nil else { return }
            loop = CameraLoop(
                ring, report: report, clock: clock, seed: clock.monotonicNanoseconds, make: make,
                ended: { _ in })
        }
    }

    func retryNow() { loop.withLock { $0 }?.retryNow() }

    /// One that is only changed is not off, for those who look meanwhile.
    func end(isChanged: Bool) {
        loop.withLock { $0.take() }?.end()
        if !isChanged { report.off() }
    }

    /// What is odd about a picture of this size.
    func flags(width: Int, _ height: Int) -> [String] {
        size.withLock { size in
            guard let known = size else {
                size = (width, height)
                return []
            }
            return known == (width, height) ? [] : [PictureFlags.sizeChanged]
        }
    }
}
