import AV
import Base
import Testing

@Suite struct CodecTests {
    struct Coded {
        var packets: [(bytes: [UInt8], time: Int64, isKey: Bool)] = []
    }

    /// Frame n is evenly grey with brightness 40 + 10 n.
    func encode(_ settings: Encoder.Settings, frames: Int) throws -> Coded {
        var encoder = try Encoder(settings)
        var packet = Packet()
        var coded = Coded()
        func take() throws {
            while try encoder.receive(into: &packet) {
                coded.packets.append(
                    (packet.bytes.array(), packet.presentation ?? -1, packet.isKey))
            }
        }
        let colour = [UInt8](repeating: 128, count: settings.width * settings.height / 4)
        for n in 0..<frames {
            let y = [UInt8](repeating: UInt8(40 + 10 * n), count: settings.width * settings.height)
            try encoder.send(y: y.span, u: colour.span, v: colour.span, time: Int64(n) * 40_000)
            try take()
        }
        try encoder.finish()
        try take()
        return coded
    }

    func decode(_ codec: Codec, _ coded: Coded) throws -> [(time: Int64, brightness: Int)] {
        var decoder = try Decoder(codec, parameterSets: [])
        var packet = Packet()
        var frame = Frame()
        var out: [(time: Int64, brightness: Int)] = []
        func take() throws {
            while try decoder.receive(into: &frame) {
                let (size, layout) = ((frame.width, frame.height), frame.layout)
                #expect(size == (128, 96))
                #expect(layout?.planeCount == 3)
                let isOdd = frame.isDamaged || frame.isFullRange
                #expect(!isOdd)
                let middle = frame.plane(0)[48 * frame.stride(0) + 64]
                let (y, u) = (frame.copyOfPlane(0), frame.copyOfPlane(1))
                #expect(y[48 * 128 + 64] == middle)
                #expect(u.count == 64 * 48)
                out.append((frame.presentation ?? -1, Int(middle)))
            }
        }
        for one in coded.packets {
            let bytes = one.bytes
            try packet.fill(bytes.span, presentation: one.time)
            try decoder.send(packet)
            try take()
        }
        try decoder.finish()
        try take()
        return out
    }

    @Test(arguments: [Codec.h264, .h265], [0, 2])
    func `what was encoded is decoded in the order of its times`(
        _ codec: Codec, _ bFrames: Int
    ) throws {
        var settings = Encoder.Settings(codec: codec, width: 128, height: 96, keyInterval: 6)
        settings.bFrames = bFrames
        let coded = try encode(settings, frames: 12)
        #expect(coded.packets.count == 12)
        #expect(coded.packets.filter(\.isKey).count == 2)
        let frames = try decode(codec, coded)
        #expect(frames.map(\.time) == (0..<12).map { $0 * 40_000 })
        for (n, frame) in frames.enumerated() { #expect(abs(frame.brightness - 40 - 10 * n) <= 4) }
    }

    @Test(arguments: [Codec.h264, .h265])
    func `the size is read without decoding`(_ codec: Codec) throws {
        // 1080 is no multiple of a block, so the size is cropped.
        let settings = Encoder.Settings(codec: codec, width: 1920, height: 1080)
        var encoder = try Encoder(settings)
        let y = [UInt8](repeating: 90, count: 1920 * 1080)
        let colour = [UInt8](repeating: 128, count: 960 * 540)
        try encoder.send(y: y.span, u: colour.span, v: colour.span, time: 0)
        try encoder.finish()
        var packet = Packet()
        let came = try encoder.receive(into: &packet)
        #expect(came)
        let bytes = packet.bytes.array()
        let size = try #require(PictureSize.read(bytes, codec: codec))
        #expect(size == (1920, 1080))
        #expect(PictureSize.read([0, 0, 1, 0x67, 1, 2, 3], codec: codec) == nil)
        #expect(PictureSize.read([], codec: codec) == nil)
    }

    @Test(arguments: Codec.allCases)
    func `random bytes end in a failure or in nothing`(_ codec: Codec) throws {
        var random = SeededRandom(seed: 3)
        for _ in 0..<30 {
            var decoder = try Decoder(codec, parameterSets: [])
            var packet = Packet()
            var frame = Frame()
            for _ in 0..<5 {
                let bytes =
                    [0, 0, 1] + (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
                try packet.fill(bytes.span, presentation: 0)
                try? decoder.send(packet)
                while (try? decoder.receive(into: &frame)) == true {}
            }
        }
    }

    @Test func `lengths that reach past the end are refused`() throws {
        var packet = Packet()
        let good: [UInt8] = [0, 0, 0, 2, 9, 9, 0, 0, 0, 1, 8]
        try packet.fill(lengthPrefixed: good.span, presentation: 7)
        let (bytes, time) = (packet.bytes.array(), packet.presentation)
        #expect(bytes == [0, 0, 0, 1, 9, 9, 0, 0, 0, 1, 8])
        #expect(time == 7)
        for bad in [[0, 0, 0, 3, 9, 9], [255, 255, 255, 255, 1], [0, 0, 1]] as [[UInt8]] {
            #expect(throws: AVFailure.self) {
                var packet = Packet()
                try packet.fill(lengthPrefixed: bad.span, presentation: 0)
            }
        }
    }
}
