import AV
import Base
import CameraSupport
import Ingest
import JPEG
import Linux
import Testing

@Suite struct RenderTests {
    /// What a source delivered, as the ring keeps it: lengths before the NAL units.
    struct Recording {
        let format: StreamFormat
        let samples: [(bytes: [UInt8], media: Int64)]
        let keys: [Int]

        init(_ url: String) throws {
            let stop = StopSignal()
            let sink = RecordingSink(until: .max, stop)
            try TestSource(.init(CameraURL(url))).run(into: sink, until: stop)
            format = sink.formats[0]
            samples = sink.frames.map { frame in
                var bytes: [UInt8] = []
                for unit in frame.units {
                    bytes.appendBigEndian(UInt32(unit.count))
                    bytes += unit
                }
                return (bytes, frame.time.media)
            }
            keys = sink.frames.indices.filter { sink.frames[$0].isKey }
        }

        /// From the key frame before a sample on.
        func fragment(for index: Int) -> [(bytes: [UInt8], media: Int64)] {
            Array(samples[(keys.last { $0 <= index } ?? 0)...])
        }
    }

    @Test(arguments: [
        "test:h264?size=320x240&hurry=1&frames=30&gop=10",
        "test:h264?size=320x240&hurry=1&frames=30&gop=15&bf=2",
        "test:h265?size=320x240&hurry=1&frames=30&gop=10",
        "test:h265?size=320x240&hurry=1&frames=30&gop=15&bf=2",
    ])
    func `exactly the wanted frame is rendered`(_ url: String) throws {
        let recording = try Recording(url)
        for (index, sample) in recording.samples.enumerated() {
            let rendered = try FrameRenderer.render(
                recording.format, samples: recording.fragment(for: index), wanted: sample.media)
            #expect((rendered.width, rendered.height) == (320, 240))
            let shown = try reading(jpeg: rendered.jpeg)
            #expect(shown?.frame == UInt32(sample.media / 40_000))
        }
    }

    @Test(arguments: [
        "test:h264?size=640x360&hurry=1&frames=3", "test:h265?size=1280x720&hurry=1&frames=3",
    ])
    func `what is seen in the planes is what is seen in the JPEG`(_ url: String) throws {
        let recording = try Recording(url)
        let rendered = try FrameRenderer.render(
            recording.format, samples: recording.samples, wanted: recording.samples[2].media)
        let (planes, jpeg) = (
            rendered.grey, try GreyPicture(jpeg: rendered.jpeg.span, scale: .quarter)
        )
        #expect((planes.width, planes.height) == (jpeg.width, jpeg.height))
        // Colours pull brightness a little between BT.709 and JPEG's BT.601.
        let distances = zip(planes.pixels, jpeg.pixels).map { abs(Int($0) - Int($1)) }
        #expect(distances.reduce(0, +) / distances.count <= 3)
    }

    /// Several threads show the same picture as one, and none where one shows none. What H.265
    /// leaves out where it is spoilt is unmarked and undefined, so there the bytes may differ.
    @Test(arguments: [
        "test:h264?size=320x240&hurry=1&frames=12&gop=12",
        "test:h264?size=320x240&hurry=1&frames=12&gop=12&bf=2",
        "test:h265?size=320x240&hurry=1&frames=12&gop=12",
        "test:h265?size=320x240&hurry=1&frames=12&gop=12&bf=2",
    ])
    func `several threads show nothing that one would not`(_ url: String) throws {
        let recording = try Recording(url)
        func picture(_ samples: [(bytes: [UInt8], media: Int64)], by threads: Int) -> [UInt8]? {
            try? FrameRenderer.render(
                recording.format, samples: samples, wanted: recording.samples[9].media,
                threads: threads
            ).jpeg
        }
        let whole = try #require(picture(recording.samples, by: 1))
        for threads in [2, 4] { #expect(picture(recording.samples, by: threads) == whole) }
        var random = SeededRandom(seed: 17)
        for turn in 0..<60 {
            var samples = recording.samples
            let sample = Int.random(in: 0..<10, using: &random)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let at = Int.random(in: 4..<samples[sample].bytes.count, using: &random)
                samples[sample].bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            let alone = picture(samples, by: 1)
            for threads in [2, 4] {
                guard let beside = picture(samples, by: threads) else { continue }
                let same = recording.format.codec == .h264 ? beside == alone : alone != nil
                #expect(same, "turn \(turn), \(threads) threads")
            }
        }
    }

    @Test func `a frame is refused when one behind it that it builds on is damaged`()
        throws
    {
        let recording = try Recording("test:h264?size=320x240&hurry=1&frames=12&gop=12&bf=2")
        let pairs = recording.samples.indices.dropFirst(2).filter { index in
            recording.samples[index].media < recording.samples[index - 1].media
        }
        #expect(!pairs.isEmpty)
        for index in pairs {
            var samples = recording.samples
            let half = samples[index - 1].bytes.count / 2
            for at in half..<samples[index - 1].bytes.count { samples[index - 1].bytes[at] = 0 }
            #expect(throws: Failure.self, "sample \(index)") {
                try FrameRenderer.render(
                    recording.format, samples: samples, wanted: samples[index].media)
            }
        }
    }

    @Test func `a frame that is not there is not replaced by another`() throws {
        let recording = try Recording("test:h264?size=128x48&hurry=1&frames=5")
        let error = #expect(throws: Failure.self) {
            try FrameRenderer.render(
                recording.format, samples: recording.samples, wanted: 39_999)
        }
        #expect(error?.kind == .notFound)
    }

    @Test func `a frame without its key frame is refused`() throws {
        let recording = try Recording("test:h264?size=128x48&hurry=1&frames=5")
        #expect(throws: Failure.self) {
            try FrameRenderer.render(
                recording.format, samples: Array(recording.samples[1...]), wanted: 80_000)
        }
    }

    @Test func `cut and spoilt samples end in a failure or the right frame`() throws {
        let recording = try Recording("test:h264?size=128x48&hurry=1&frames=4&gop=4")
        let whole = recording.samples[0].bytes
        for cut in stride(from: 0, to: whole.count, by: max(1, whole.count / 40)) {
            var samples = recording.samples
            samples[0].bytes = Array(whole[..<cut])
            #expect(throws: Failure.self) {
                try FrameRenderer.render(recording.format, samples: samples, wanted: 0)
            }
        }
        var random = SeededRandom(seed: 7)
        for _ in 0..<50 {
            var samples = recording.samples
            for _ in 0..<4 {
                let at = Int.random(in: 0..<whole.count, using: &random)
                samples[0].bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            // Whatever comes of it, it comes back.
            _ = try? FrameRenderer.render(recording.format, samples: samples, wanted: 120_000)
        }
    }
}
