package import Base
internal import Linux

/// The thread that carries closed fragments of all rings of one volume to the disk, so that a slow
/// disk never keeps a camera's thread from its socket.
package final class RingDisk: Sendable {
    /// How long written fragments may lie unsynced.
    private static let syncMilliseconds = 1000

    package let bell = Bell()
    private let rings = Monitor<[CameraRing]>([])
    private let stop = StopSignal()
    private let clock: any Clock
    private let thread: Monitor<Thread?>

    package init(_ clock: any Clock) {
        self.clock = clock
        thread = Monitor(nil)
        let started = Thread(name: "rings") { [self] in run() }
        thread.withLock { $0 = started }
    }

    package func add(_ ring: CameraRing) { rings.withLock { $0.append(ring) } }

    package func remove(_ ring: CameraRing) {
        rings.withLock { $0.removeAll { $0 === ring } }
        // What it still had goes to the disk, on the caller's thread: the camera's has ended.
        while ring.writeNext() {}
        ring.syncWritten()
    }

    /// Writes what is closed, and ends.
    package func close() {
        stop.raise()
        bell.raise()
        thread.withLock { $0.take() }?.join()
    }

    private func run() {
        var synced = clock.monotonicNanoseconds
        while true {
            let ending = stop.isRaised
            let rings = self.rings.withLock { $0 }
            // One fragment a ring and round, so that a camera that floods waits like the others.
            var more = true
            while more {
                more = false
                for ring in rings where ring.writeNext() { more = true }
            }
            let now = clock.monotonicNanoseconds
            if ending || now - synced >= UInt64(Self.syncMilliseconds) * 1_000_000 {
                synced = now
                for ring in rings {
                    ring.syncWritten()
                    if let seconds = ring.options.seconds {
                        ring.expire(before: clock.now.adding(seconds: -seconds))
                    }
                }
            }
            if ending { return }
            bell.wait(milliseconds: Self.syncMilliseconds / 2)
        }
    }
}
