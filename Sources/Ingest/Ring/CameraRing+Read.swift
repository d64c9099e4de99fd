package import Base
internal import Crypto
package import FragmentFormat
internal import Linux

/// One frame and where it stands in a ring.
package struct RingFrame: Hashable, Sendable {
    /// Its fragment; the open one has the sequence that it will be closed with.
    package let sequence: UInt64
    package let position: Int
    package let sample: Sample
    /// From the start of the fragment's media.
    package let offset: Int
    /// In memory when it was looked up, so it was as fresh as can be.
    package let isLive: Bool

    package var instant: WallTime { sample.instant }
    package var place: RingPlace { RingPlace(sequence: sequence, position: position) }
    package var media: Range<Int> { offset..<(offset + Int(sample.size)) }
}

/// Where a frame stands in a ring: in the order in which frames came, whatever their instants say.
package struct RingPlace: Hashable, Comparable, Sendable {
    package let sequence: UInt64
    package let position: Int

    package static func < (a: RingPlace, b: RingPlace) -> Bool {
        (a.sequence, a.position) < (b.sequence, b.position)
    }
}

/// What a ring has around an instant.
package struct RingLook: Sendable {
    /// In the order of their instants, all of one pass. Empty when the clock's word says so.
    package let frames: [RingFrame]
    package let word: ClockWord
    /// Whether the clock was set and no frame has come since.
    package let isFresh: Bool
}

/// A fragment read back: its own bytes, and what stands in them.
package struct LoadedFragment: Sendable {
    package let sequence: UInt64
    package let head: FragmentHead
    /// `uuid`, `moof` and `mdat`; the media alone for the open fragment.
    package let bytes: [UInt8]
    package let mediaStart: Int
    package let initBytes: [UInt8]
    package let format: UInt64
    package let beginsStream: Bool
    /// How the clock was set that its instants are read from.
    package let setting: ClockSetting
    /// Nil for the open fragment.
    package let record: RingRecord?

    /// The bytes of one of its frames.
    package func bytes(of frame: RingFrame) -> [UInt8] { bytes(at: frame.position) }

    package func bytes(at position: Int) -> [UInt8] {
        let offset = head.samples[..<position].reduce(0) { $0 + Int($1.size) }
        let start = mediaStart + offset
        return Array(bytes[start..<(start + Int(head.samples[position].size))])
    }
}

extension CameraRing {
    private struct Near {
        var entries: [RingEntry] = []
        var open: OpenFragment?
        /// That the open one will be closed with.
        let sequence: UInt64
        let word: ClockWord
        let isFresh: Bool
    }

    private func near(_ instant: WallTime) -> Near {
        notice()
        let now = clock.now
        return state.withLock { state in
            let passes = state.passes(now)
            let (found, word) = passes.find(instant, now)
            var near = Near(
                sequence: state.nextSequence, word: word,
                isFresh: passes.count > 1 && passes[passes.count - 1].first == nil)
            guard let found else { return near }
            let pass = passes[found]
            let position = state.index.position(endingAtOrAfter: instant, in: pass.entries)
            let low = max(pass.entries.lowerBound, position - 1)
            let high = min(pass.entries.upperBound, position + 2)
            near.entries = low < high ? (low..<high).map { state.index[$0] } : []
            // The open one is near when the instant is not well before it.
            if pass.hasOpen, high == pass.entries.upperBound { near.open = state.open }
            return near
        }
    }

    /// The clock's word alone, and whether it was set and no frame has come since.
    package func word(at instant: WallTime) -> (word: ClockWord, isFresh: Bool) {
        let near = near(instant)
        return (near.word, near.isFresh)
    }

    /// Frames around an instant: all of the fragments that it could be in, and one more on each
    /// side, as far as the clock was not set in between.
    package func frames(around instant: WallTime) throws(Failure) -> [RingFrame] {
        try look(at: instant).frames
    }

    /// The same, and what the clock has to say to the instant.
    package func look(at instant: WallTime) throws(Failure) -> RingLook {
        let near = near(instant)
        var frames: [RingFrame] = []
        for entry in near.entries {
            guard let head = try head(of: entry) else { continue }
            frames += Self.frames(head.samples, entry.sequence, isLive: entry.waiting != nil)
        }
        if let open = near.open {
            frames += Self.frames(open.samples, near.sequence, isLive: true)
        }
        return RingLook(
            frames: frames.sorted { $0.instant < $1.instant }, word: near.word,
            isFresh: near.isFresh)
    }

    private static func frames(
        _ samples: [Sample], _ sequence: UInt64, isLive: Bool
    ) -> [RingFrame] {
        var offset = 0
        var frames: [RingFrame] = []
        frames.reserveCapacity(samples.count)
        for (position, sample) in samples.enumerated() {
            frames.append(
                RingFrame(
                    sequence: sequence, position: position, sample: sample, offset: offset,
                    isLive: isLive))
            offset += Int(sample.size)
        }
        return frames
    }

    /// Nil when it was overwritten meanwhile.
    private func head(of entry: RingEntry) throws(Failure) -> FragmentHead? {
        if let waiting = entry.waiting { return waiting.head }
        let start = entry.offset + UInt64(entry.record.fragmentOffset)
        let length = min(UInt64(entry.record.fragmentLength), UInt64(OpenFragment.headBytes))
        var bytes: [UInt8] = []
        try storage.read(start..<(start + length), into: &bytes)
        guard isHeld(entry.sequence) else { return nil }
        guard let parsed = FragmentHead.parse(bytes.span) else {
            throw damage(entry.record)
        }
        return parsed.head
    }

    private func isHeld(_ sequence: UInt64) -> Bool {
        state.withLock { $0.index.position(of: sequence) != nil }
    }

    private func damage(_ record: RingRecord) -> Failure {
        Failure(
            .corrupt,
            "footage of \(camera) from \(record.first) to \(record.last) is damaged on the disk;"
                + " check the disk")
    }

    /// The whole fragment, checked against the hash it was stored with. Nil when the ring has moved
    /// on.
    package func load(_ sequence: UInt64) throws(Failure) -> LoadedFragment? {
        if let open = loadOpen(sequence) { return open }
        let entry = state.withLock { state in
            state.index.position(of: sequence).map { state.index[$0] }
        }
        guard let entry else { return nil }
        if let waiting = entry.waiting {
            // Its buffer may be given back as soon as the disk has it, so it is copied under the
            // lock.
            let copied = state.withLock { state -> [UInt8]? in
                guard let position = state.index.position(of: sequence),
                    state.index[position].waiting === waiting
                else { return nil }
                let buffer = waiting.buffer
                return Array(span: buffer.bytes(waiting.fragment))
            }
            guard let copied else { return try load(sequence) }
            let start = waiting.fragment.count - waiting.head.mediaBytes
            return LoadedFragment(
                sequence: sequence, head: waiting.head, bytes: copied, mediaStart: start,
                initBytes: waiting.initBytes, format: entry.record.format,
                beginsStream: entry.record.beginsStream, setting: entry.record.setting,
                record: entry.record)
        }
        return try loadStored(entry)
    }

    private func loadOpen(_ sequence: UInt64) -> LoadedFragment? {
        state.withLock { state -> LoadedFragment? in
            guard sequence == state.nextSequence, let open = state.open, !open.samples.isEmpty
            else { return nil }
            let buffer = open.buffer
            return LoadedFragment(
                sequence: sequence,
                head: FragmentHead(
                    sequence: UInt32(truncatingIfNeeded: sequence), samples: open.samples,
                    lastDuration: 1),
                bytes: Array(span: buffer.bytes(OpenFragment.headBytes..<open.mediaEnd)),
                mediaStart: 0, initBytes: open.initBytes, format: open.format,
                beginsStream: open.beginsStream, setting: open.setting, record: nil)
        }
    }

    private func loadStored(_ entry: RingEntry) throws(Failure) -> LoadedFragment? {
        let record = entry.record
        let initStart = entry.offset + UInt64(record.headerBytes)
        let start = entry.offset + UInt64(record.fragmentOffset)
        // Each to a place of its own: a fragment may have megabytes, too many to move them again.
        var (initBytes, bytes): ([UInt8], [UInt8]) = ([], [])
        try storage.read(initStart..<(initStart + UInt64(record.initLength)), into: &initBytes)
        try storage.read(start..<(start + UInt64(record.fragmentLength)), into: &bytes)
        guard isHeld(entry.sequence) else { return nil }
        guard initBytes.count == Int(record.initLength),
            bytes.count == Int(record.fragmentLength),
            SHA256.hash(bytes.span) == record.fragmentHash,
            SHA256.hash(initBytes.span) == record.initHash,
            let (head, length) = FragmentHead.parse(bytes.span)
        else { throw damage(record) }
        return LoadedFragment(
            sequence: entry.sequence, head: head, bytes: bytes, mediaStart: length,
            initBytes: initBytes, format: record.format, beginsStream: record.beginsStream,
            setting: record.setting, record: record)
    }
}
