package import Base

/// One frame's place in a fragment.
package struct Sample: Hashable, Sendable {
    package var size: UInt32
    /// The frame's instant on the server's clock.
    package var instant: WallTime
    /// Decoding order in microseconds on the stream's own timeline; never goes back.
    package var decode: Int64
    /// Showing minus decoding time; not zero only with B-frames.
    package var composition: Int32
    package var isKey: Bool

    package init(
        size: UInt32, instant: WallTime, decode: Int64, composition: Int32, isKey: Bool
    ) {
        self.size = size
        self.instant = instant
        self.decode = decode
        self.composition = composition
        self.isKey = isKey
    }
}

/// What stands before a fragment's media: `uuid` with the instants, `moof` with the samples, and
/// the head of `mdat`. Players skip the `uuid` box; we read times and places from it and `trun`.
package struct FragmentHead: Hashable, Sendable {
    package static let samplesMax = 256
    /// "proofreel-frames" with its version in the last byte.
    static let uuid: [UInt8] = [
        0x70, 0x72, 0x6F, 0x6F, 0x66, 0x72, 0x65, 0x65, 0x6C, 0x2D, 0x74, 0x69, 0x6D, 0x65, 0x73, 1,
    ]

    package var sequence: UInt32
    package var samples: [Sample]
    /// How long the last sample is shown; the others end where the next begins.
    package var lastDuration: UInt32
    package var clock: CameraClock?

    package init(
        sequence: UInt32, samples: [Sample], lastDuration: UInt32, clock: CameraClock? = nil
    ) {
        self.sequence = sequence
        self.samples = samples
        self.lastDuration = lastDuration
        self.clock = clock
    }

    package var mediaBytes: Int { samples.reduce(0) { $0 + Int($1.size) } }

    package func encode() -> [UInt8] {
        var writer = BoxWriter(capacity: 256 + samples.count * 20)
        let first = samples.first?.instant ?? WallTime(microseconds: 0)
        writer.box("uuid") { box in
            box.put(Self.uuid)
            box.put(first.microseconds)
            box.put(UInt32(clock == nil ? 0 : 1))
            box.put(clock?.offsetMicroseconds ?? 0)
            box.put(clock?.errorMicroseconds ?? 0)
            box.put(UInt32(samples.count))
            for sample in samples {
                box.put(Int32(clamping: sample.instant.microseconds &- first.microseconds))
            }
        }
        let before = writer.bytes.count
        // The offset of the media from the start of `moof`; the box's length does not depend on it.
        var moof = moofBytes(dataOffset: 0)
        moof = moofBytes(dataOffset: Int32(moof.count + 8))
        writer.put(moof)
        precondition(writer.bytes.count == before + moof.count)
        writer.put(UInt32(mediaBytes + 8))
        writer.letters("mdat")
        return writer.bytes
    }

    private func moofBytes(dataOffset: Int32) -> [UInt8] {
        var writer = BoxWriter(capacity: 128 + samples.count * 16)
        writer.box("moof") {
            $0.fullBox("mfhd") { $0.put(sequence) }
            $0.box("traf") {
                // Offsets count from the start of this moof.
                $0.fullBox("tfhd", flags: 0x020000) { $0.put(InitSegment.trackID) }
                $0.fullBox("tfdt", version: 1) { $0.put(samples.first?.decode ?? 0) }
                // Data offset, then duration, size, flags and composition offset of each sample.
                $0.fullBox("trun", version: 1, flags: 0x000F01) { trun(&$0, dataOffset) }
            }
        }
        return writer.bytes
    }

    private func trun(_ writer: inout BoxWriter, _ dataOffset: Int32) {
        writer.put(UInt32(samples.count))
        writer.put(dataOffset)
        for (i, sample) in samples.enumerated() {
            let next = i + 1 < samples.count ? samples[i + 1].decode : nil
            writer.put(next.map { UInt32(clamping: $0 &- sample.decode) } ?? lastDuration)
            writer.put(sample.size)
            writer.put(sample.isKey ? UInt32(0x0200_0000) : 0x0101_0000)
            writer.put(sample.composition)
        }
    }
}
