package import Base

extension InitSegment {
    /// The format that `make` wrote these bytes for.
    package static func parse(_ bytes: [UInt8]) -> StreamFormat? {
        for (name, codec) in [("avc1", Codec.h264), ("hvc1", .h265), ("mp4v", .mjpeg)] {
            guard let entry = position(of: name, in: bytes), entry + 82 <= bytes.count else {
                continue
            }
            let span = bytes.span
            let width = Int(span.bigEndian(UInt16.self, at: entry + 28))
            let height = Int(span.bigEndian(UInt16.self, at: entry + 30))
            let sets: [[UInt8]]?
            switch codec {
            case .mjpeg: sets = []
            case .h264: sets = position(of: "avcC", in: bytes).flatMap { avc(bytes, $0 + 4) }
            case .h265: sets = position(of: "hvcC", in: bytes).flatMap { hevc(bytes, $0 + 4) }
            }
            guard let sets else { return nil }
            return StreamFormat(codec: codec, width: width, height: height, parameterSets: sets)
        }
        return nil
    }

    /// Where the four letters stand.
    private static func position(of name: String, in bytes: [UInt8]) -> Int? {
        let letters = Array(name.utf8)
        guard bytes.count >= 4 else { return nil }
        for i in 0...(bytes.count - 4) where bytes[i] == letters[0] {
            if bytes[i + 1] == letters[1], bytes[i + 2] == letters[2], bytes[i + 3] == letters[3] {
                return i
            }
        }
        return nil
    }

    private static func avc(_ bytes: [UInt8], _ start: Int) -> [[UInt8]]? {
        var reader = SetReader(bytes: bytes, position: start + 5)
        guard let spsCount = reader.byte(), reader.sets(Int(spsCount & 0x1F)),
            let ppsCount = reader.byte(), reader.sets(Int(ppsCount))
        else { return nil }
        return reader.found
    }

    private static func hevc(_ bytes: [UInt8], _ start: Int) -> [[UInt8]]? {
        var reader = SetReader(bytes: bytes, position: start + 22)
        guard let arrays = reader.byte() else { return nil }
        for _ in 0..<arrays {
            guard reader.byte() != nil, let high = reader.byte(), let low = reader.byte(),
                reader.sets(Int(high) << 8 | Int(low))
            else { return nil }
        }
        return reader.found
    }
}

private struct SetReader {
    let bytes: [UInt8]
    var position: Int
    var found: [[UInt8]] = []

    init(bytes: [UInt8], position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func sets(_ count: Int) -> Bool {
        for _ in 0..<count {
            guard let high = byte(), let low = byte() else { return false }
            let length = Int(high) << 8 | Int(low)
            guard position + length <= bytes.count else { return false }
            found.append(Array(bytes[position..<(position + length)]))
            position += length
        }
        return true
    }
}
