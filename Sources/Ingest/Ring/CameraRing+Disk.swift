package import Base
internal import Crypto
internal import FragmentFormat
internal import Linux

/// The disk thread's side.
extension CameraRing {
    /// Writes the oldest waiting fragment; false when none waits.
    func writeNext() -> Bool {
        diskTurn.lock()
        defer { diskTurn.unlock() }
        guard let entry = nextWaiting(), let waiting = entry.waiting else {
            return false
        }
        let length = UInt64(waiting.pages.count)
        guard let offset = makeRoom(length) else {
            // A record larger than the whole ring; options do not allow it.
            finish(entry, nil)
            return true
        }
        let record = hashed(entry.record, waiting)
        let header = record.encode()
        let buffer = waiting.buffer
        buffer.write(header.span, at: waiting.pages.lowerBound)
        do throws(Failure) {
            try storage.write(buffer.bytes(waiting.pages), at: offset)
            finish(entry, RingEntry(record: record, offset: offset, waiting: nil))
            state.withLock { state in
                state.broken = nil
                state.unsynced = true
            }
        } catch {
            finish(entry, nil)
            state.withLock { state in
                state.broken = error
                state.noteLost(entry.record, error)
            }
        }
        return true
    }

    /// Until this returns, a power cut may take what was written since the last time.
    func syncWritten() {
        guard state.withLock({ $0.unsynced }) else { return }
        state.withLock { $0.unsynced = false }
        do throws(Failure) {
            try storage.sync()
        } catch {
            state.withLock { $0.broken = error }
        }
    }

    private func nextWaiting() -> RingEntry? {
        state.withLock { state in
            var position = state.index.count
            while position > 0, state.index[position - 1].waiting != nil { position -= 1 }
            return position < state.index.count ? state.index[position] : nil
        }
    }

    private func hashed(_ record: RingRecord, _ waiting: WaitingFragment) -> RingRecord {
        var record = record
        let (buffer, initBytes) = (waiting.buffer, waiting.initBytes)
        record.fragmentHash = SHA256.hash(buffer.bytes(waiting.fragment))
        record.initHash = SHA256.hash(initBytes.span)
        return record
    }

    /// The waiting entry is on the disk, or lost. Either way its buffer is free again.
    private func finish(_ entry: RingEntry, _ stored: RingEntry?) {
        state.withLock { state in
            if let position = state.index.position(of: entry.sequence) {
                if let stored {
                    state.index.replace(at: position, stored)
                } else {
                    state.index.remove(at: position)
                }
            }
            if let buffer = entry.waiting?.buffer { state.free.append(buffer) }
        }
        state.broadcast()
    }

    /// Forgets the oldest fragments until `length` bytes are free at the head, and takes them.
    private func makeRoom(_ length: UInt64) -> UInt64? {
        state.withLock { state in
            let page = UInt64(RingRecord.pageBytes)
            let limit = min(state.wanted, storage.byteCount)
            guard length + page <= limit else { return nil }
            var head = state.head
            if head + length > limit {
                // What is left before the end is too short: those fragments are the oldest.
                while let first = state.index.first, first.waiting == nil, first.offset >= head {
                    state.index.removeFirst()
                }
                head = page
            }
            while let first = state.index.first, first.waiting == nil,
                first.offset < head + length, first.end > head
            {
                state.index.removeFirst()
            }
            state.head = head + length
            return head
        }
    }

    /// Forgets what is older than the ring is meant to keep.
    func expire(before instant: WallTime) {
        notice()
        state.withLock { state in
            while let first = state.index.first, first.waiting == nil {
                // Footage ages by the time that passes, however the clock is set.
                let last = first.record.lastMoment.read(by: state.setting) ?? first.last
                guard last < instant else { return }
                state.index.removeFirst()
            }
        }
    }

    /// Gives space back when the disk fills, or takes it again, up to what the options say.
    package func resize(to bytes: UInt64) throws(Failure) {
        let bytes = max(RingOptions.bytesMin, min(bytes, options.bytes))
        let shrinks = bytes < storage.byteCount
        state.withLock { state in
            state.wanted = bytes
            if shrinks {
                state.index.removeAll { $0.waiting == nil && $0.end > bytes }
                if state.head > bytes { state.head = UInt64(RingRecord.pageBytes) }
            }
        }
        try storage.resize(to: bytes)
    }
}

extension CameraRing.State {
    private static let lostMax = 100

    /// Stretches that touch are one, so that a disk that stays broken fills no memory.
    fileprivate mutating func noteLost(_ record: RingRecord, _ failure: Failure) {
        let gapMicroseconds: Int64 = 2_000_000
        if let last = lost.last, lostSetting == record.setting,
            record.first.microseconds - last.to.microseconds < gapMicroseconds
        {
            lost[lost.count - 1] = CameraReport.Hole(
                from: last.from, to: record.last, cause: .disk, words: last.words)
        } else if lost.count < Self.lostMax {
            lost.append(
                CameraReport.Hole(
                    from: record.first, to: record.last, cause: .disk, words: failure.words))
            lostSetting = record.setting
        }
    }
}
