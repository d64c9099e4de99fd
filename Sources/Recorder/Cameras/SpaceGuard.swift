internal import Base
internal import Ingest
internal import Linux

/// Sees to it that rings never take the space that evidence needs: they shrink first, and grow back
/// when there is room again.
final class SpaceGuard: Sendable {
    private static let lookMilliseconds = 2000

    private let directory: String
    private let floor: UInt64
    private let stop = StopSignal()
    private let thread = Monitor<Thread?>(nil)

    init(_ directory: String, floor: UInt64) {
        self.directory = directory
        self.floor = floor
    }

    func start(_ cameras: @escaping @Sendable () -> [Camera]) {
        let started = Thread(name: "space") { [self] in
            while !stop.wait(milliseconds: Self.lookMilliseconds) { look(cameras()) }
        }
        thread.withLock { $0 = started }
    }

    func end() {
        stop.raise()
        thread.withLock { $0.take() }?.join()
    }

    /// How large a ring may be: what was asked for, or what the disk can spare.
    func grant(_ bytes: UInt64, path: String) throws(Failure) -> UInt64 {
        let free = try DiskSpace(at: directory).freeBytes
        let has = RealFileSystem().exists(path) ? try FileStatus(path).allocated : 0
        let spare = (free > floor ? free - floor : 0) + has
        guard spare >= RingOptions.bytesMin else {
            throw Failure(
                .full,
                "the disk has no room for a ring: \(free >> 20) MB are free and"
                    + " \(floor >> 20) MB are kept for evidence; free space, then switch the"
                    + " camera on again")
        }
        return min(bytes, spare) & ~UInt64(RingOptions.bytesMin - 1)
    }

    /// The largest ring gives a tenth at a time, as long as there is too little.
    func look(_ cameras: [Camera]) {
        do throws(Failure) {
            var free = try DiskSpace(at: directory).freeBytes
            var rings = cameras.map(\.ring)
            while free < floor {
                rings.sort { $0.byteCount < $1.byteCount }
                guard let largest = rings.last, largest.byteCount > RingOptions.bytesMin else {
                    return
                }
                let wanted = max(
                    RingOptions.bytesMin, largest.byteCount - largest.byteCount / 10)
                try largest.resize(to: wanted)
                let now = try DiskSpace(at: directory).freeBytes
                if now <= free && largest.byteCount == RingOptions.bytesMin { return }
                free = max(now, free + 1)
            }
            for ring in rings where ring.byteCount < ring.options.bytes && free > 2 * floor {
                let more = min(free - 2 * floor, ring.options.bytes - ring.byteCount)
                try ring.resize(to: ring.byteCount + more)
                free -= more
            }
        } catch {
            // Said by whoever writes next: the ring itself, or the log.
            return
        }
    }
}
