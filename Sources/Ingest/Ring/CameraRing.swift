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
package final class CameraRing: Sendable {
    package let camera: String
    package let options: RingOptions
    let storage: any RingStorage
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
        /// Newest frame of all, published or not on disk.
        var newest: WallTime?
        var broken: Failure?
        /// Footage that the disk did not take, until somebody writes that down.
        var lost: [CameraReport.Hole] = []
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
        recovered: RecoveredRing, bell: Bell
    ) {
        closed = bell
        self.camera = camera
        self.storage = storage
        self.options = options
        self.identity = identity
        var state = State(wanted: options.bytes)
        state.index = recovered.index
        state.head = recovered.head
        state.nextSequence = recovered.nextSequence
        state.nextFormat = recovered.nextFormat
        state.newest = recovered.index.last?.last
        self.state = Monitor(state)
    }

    // MARK: What it holds

    /// Instants of the oldest and the newest frame.
    package var range: ClosedRange<WallTime>? {
        state.withLock { state in
            guard let newest = state.newest else { return nil }
            let oldest = state.index.first?.first ?? state.open?.span?.lowerBound
            return oldest.map { min($0, newest)...newest }
        }
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
        state.withLock { state in
            let position = state.index.position(endingAtOrAfter: instant)
            return position < state.index.count && state.index[position].waiting == nil
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
        _ buffer: PageBuffer, _ format: UInt64, _ initBytes: [UInt8], beginsStream: Bool
    ) {
        state.withLock { state in
            state.open = OpenFragment(
                buffer, format: format, initBytes: initBytes, beginsStream: beginsStream)
        }
    }

    /// The frame whose bytes stand behind the published ones becomes one of them.
    func publish(_ sample: Sample) {
        state.withLock { state in
            state.open?.samples.append(sample)
            state.open?.mediaBytes += Int(sample.size)
            if state.newest.map({ $0 < sample.instant }) ?? true { state.newest = sample.instant }
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
                format: open.format, fragmentHash: .zero, initHash: .zero)
            state.nextSequence += 1
            state.index.append(RingEntry(record: record, offset: 0, waiting: waiting))
        }
        closed.raise()
    }
}
