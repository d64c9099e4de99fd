internal import Base

extension FragmentHead {
    /// Reads what `encode` wrote, from the start of a fragment, and how long it is; the media
    /// follows. Anything else is refused: a fragment of ours has one spelling.
    package static func parse(_ bytes: Span<UInt8>) -> (head: FragmentHead, length: Int)? {
        guard let frames = box(bytes, at: 0, "uuid"), frames >= 60,
            bytes.count >= frames
        else { return nil }
        for i in 0..<16 where bytes[8 + i] != Self.uuid[i] { return nil }
        let first = bytes.bigEndian(Int64.self, at: 24)
        let flags = bytes.bigEndian(UInt32.self, at: 32)
        let offset = bytes.bigEndian(Int64.self, at: 36)
        let error = bytes.bigEndian(Int64.self, at: 44)
        let count = Int(bytes.bigEndian(UInt32.self, at: 52))
        guard count >= 1, count <= samplesMax, frames == 56 + 4 * count else { return nil }
        let moof = frames
        // moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20, trun 20 and 16 a sample.
        let moofLength = 88 + 16 * count
        let length = moof + moofLength + 8
        guard bytes.count >= length, box(bytes, at: moof, "moof") == moofLength,
            box(bytes, at: moof + 24, "traf") == moofLength - 24,
            box(bytes, at: moof + 48, "tfdt") != nil, box(bytes, at: moof + 68, "trun") != nil,
            bytes.bigEndian(UInt32.self, at: moof + 80) == UInt32(count)
        else { return nil }
        let sequence = bytes.bigEndian(UInt32.self, at: moof + 20)
        var decode = bytes.bigEndian(Int64.self, at: moof + 60)
        var samples: [Sample] = []
        samples.reserveCapacity(count)
        var duration: UInt32 = 0
        for i in 0..<count {
            let at = moof + 88 + 16 * i
            duration = bytes.bigEndian(UInt32.self, at: at)
            let delta = bytes.bigEndian(Int32.self, at: 56 + 4 * i)
            samples.append(
                Sample(
                    size: bytes.bigEndian(UInt32.self, at: at + 4),
                    instant: WallTime(microseconds: first &+ Int64(delta)), decode: decode,
                    composition: bytes.bigEndian(Int32.self, at: at + 12),
                    isKey: bytes.bigEndian(UInt32.self, at: at + 8) == 0x0200_0000))
            decode &+= Int64(duration)
        }
        let clock =
            flags & 1 == 1
            ? CameraClock(offsetMicroseconds: offset, errorMicroseconds: error) : nil
        let head = FragmentHead(
            sequence: sequence, samples: samples, lastDuration: duration, clock: clock)
        guard box(bytes, at: length - 8, "mdat") == head.mediaBytes + 8 else { return nil }
        // Whatever was not looked at above is as we write it, or it is not ours.
        let again = head.encode()
        guard again.count == length else { return nil }
        for i in 0..<length where again[i] != bytes[i] { return nil }
        return (head, length)
    }

    /// The box's length when it has this name.
    private static func box(
        _ bytes: Span<UInt8>, at offset: Int, _ name: String
    ) -> Int? {
        guard bytes.count >= offset + 8 else { return nil }
        let letters = bytes.bigEndian(UInt32.self, at: offset + 4)
        var wanted: UInt32 = 0
        for letter in name.utf8 { wanted = wanted << 8 | UInt32(letter) }
        guard letters == wanted else { return nil }
        return Int(bytes.bigEndian(UInt32.self, at: offset))
    }
}
