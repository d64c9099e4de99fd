package import Base
package import FragmentFormat

/// A picture's whole past: the frames from the key frame that it can be decoded from, up to itself,
/// in the order of decoding.
package struct Stretch: Sendable {
    package let format: StreamFormat
    package let initBytes: [UInt8]
    package let samples: [Sample]
    /// The samples' bytes, one after the other: NAL units with four-byte lengths, or one JPEG.
    package let media: [UInt8]

    package var wanted: Sample { samples[samples.count - 1] }

    /// The same as a file that plays: the exact bitstream up to the frame.
    package func file(clock: CameraClock?) -> [UInt8] {
        let head = FragmentHead(
            sequence: 1, samples: samples, lastDuration: 40_000, clock: clock)
        return initBytes + head.encode() + media
    }
}

extension CameraRing {
    /// Nil when the ring has moved on meanwhile, or does not reach back to the key frame.
    package func stretch(to frame: RingFrame) throws(Failure) -> Stretch? {
        guard let last = try load(frame.sequence), frame.position < last.head.samples.count,
            last.head.samples[frame.position] == frame.sample
        else { return nil }
        guard let format = InitSegment.parse(last.initBytes) else {
            throw Failure(.corrupt, "the init segment of \(camera)'s footage makes no sense")
        }
        if format.codec.isIntra {
            return Stretch(
                format: format, initBytes: last.initBytes, samples: [frame.sample],
                media: last.bytes(of: frame))
        }
        var samples = Array(last.head.samples[...frame.position])
        let end = last.mediaStart + frame.media.upperBound
        var media = Array(last.bytes[last.mediaStart..<end])
        var first = last
        // The last key frame among what was gathered, else the fragments before.
        while true {
            if let key = samples.lastIndex(where: \.isKey) {
                media.removeFirst(samples[..<key].reduce(0) { $0 + Int($1.size) })
                samples.removeFirst(key)
                return Stretch(
                    format: format, initBytes: last.initBytes, samples: samples, media: media)
            }
            guard !first.beginsStream, first.sequence > 1, samples.count < Self.stretchMax,
                let before = try load(first.sequence - 1), before.format == last.format
            else { return nil }
            // All of them by the clock of the wanted one, so that the stretch has one time.
            let moved = last.setting.moved(since: before.setting) ?? 0
            samples = before.head.samples.map { $0.moved(by: moved) } + samples
            media = Array(before.bytes[before.mediaStart...]) + media
            first = before
        }
    }

    /// Frames between key frames; more are no camera's setting.
    private static var stretchMax: Int { 3000 }
}

extension Sample {
    fileprivate func moved(by microseconds: Int64) -> Sample {
        var sample = self
        sample.instant = WallTime(microseconds: instant.microseconds &+ microseconds)
        return sample
    }
}
