import AV
import Base
import CameraSupport
import Ingest
import JPEG
import Linux
import Testing

@Suite struct TestSourceTests {
    func run(_ url: String, until frames: Int = .max) throws -> RecordingSink {
        let stop = StopSignal()
        let sink = RecordingSink(until: frames, stop)
        try TestSource(.init(CameraURL(url))).run(into: sink, until: stop)
        return sink
    }

    @Test func `each picture of MJPEG shows its number`() throws {
        let sink = try run("test:mjpeg?size=320x240&hurry=1&frames=12&code=7")
        #expect(sink.formats == [StreamFormat(codec: .mjpeg, width: 320, height: 240)])
        #expect(sink.frames.count == 12)
        for (n, frame) in sink.frames.enumerated() {
            #expect(frame.isKey)
            #expect(frame.time.media == Int64(n) * 40_000)
            #expect(try reading(jpeg: frame.units[0]) == .init(code: 7, frame: UInt32(n)))
        }
    }

    @Test(arguments: [Codec.h264, .h265])
    func `video begins with parameter sets and a key frame`(_ codec: Codec) throws {
        let sink = try run("test:\(codec)?size=320x240&hurry=1&frames=12&gop=5")
        let format = try #require(sink.formats.first)
        #expect(sink.formats.count == 1)
        #expect(format.codec == codec)
        #expect((format.width, format.height) == (320, 240))
        #expect(format.parameterSets.count == (codec == .h264 ? 2 : 3))
        #expect(sink.frames.count == 12)
        #expect(sink.frames.indices.filter { sink.frames[$0].isKey } == [0, 5, 10])
    }

    @Test func `with B-frames the order of arrival is not that of presentation`() throws {
        let sink = try run("test:h264?size=320x240&hurry=1&frames=20&gop=10&bf=2")
        let times = sink.frames.map(\.time.media)
        #expect(times != times.sorted())
        #expect(times.sorted() == (0..<20).map { $0 * 40_000 })
    }

    @Test func `frames are captured at their times`() throws {
        let sink = try run("test:mjpeg?size=128x48&fps=100&frames=5")
        let first = sink.frames[0].time
        for (n, frame) in sink.frames.enumerated() {
            #expect(frame.time.monotonic - first.monotonic == UInt64(n) * 10_000_000)
            #expect(
                frame.time.received.microseconds - first.received.microseconds == n * 10_000)
        }
    }

    @Test(arguments: ["h264", "mjpeg"])
    func `a new size is announced`(_ codec: String) throws {
        let sink = try run("test:\(codec)?size=640x480&hurry=1&frames=8&shrink=4")
        #expect(sink.formats.map(\.width) == [640, 320])
        #expect(sink.frames.map(\.format) == [0, 0, 0, 0, 1, 1, 1, 1])
        #expect(sink.frames[4].isKey)
    }

    @Test func `it fails and stalls as asked`() throws {
        #expect(throws: SourceFailure.self) {
            _ = try run("test:mjpeg?size=128x48&hurry=1&fail=3")
        }
        let stop = StopSignal()
        let sink = RecordingSink(until: .max, stop)
        let source = try TestSource(.init(CameraURL("test:mjpeg?size=128x48&hurry=1&stall=3")))
        let thread = Linux.Thread(name: "stopper") {
            Linux.Thread.sleep(nanoseconds: 200_000_000)
            stop.raise()
        }
        try source.run(into: sink, until: stop)
        thread.join()
        #expect(sink.frames.count <= 3)
    }

    @Test func `what the sink refuses ends the source`() throws {
        let stop = StopSignal()
        let sink = RecordingSink(until: .max, stop)
        sink.failsAt = 2
        let source = try TestSource(.init(CameraURL("test:h264?size=128x48&hurry=1")))
        let error = #expect(throws: SourceFailure.self) {
            try source.run(into: sink, until: stop)
        }
        #expect(error?.cause == .disk)
    }

    @Test(arguments: [
        "test:vp8", "test:h264?size=10x10", "test:h264?size=641x480", "test:h264?fps=0",
        "test:h264?colour=1", "test:h264?size=99999x48", "rtsp://host/", "test:h264?gop=x",
    ])
    func `a wish that makes no sense is refused`(_ text: String) throws {
        let url = try CameraURL(text)
        #expect(throws: Failure.self) { try TestSource.Options(url) }
    }

    @Test func `the pattern is read after scaling, and never from another picture`() throws {
        let pattern = TestPattern(width: 640, height: 480, code: 200)
        let planes = pattern.draw(4_000_000_123)
        let y = planes.y
        #expect(
            PatternReader.read(width: 640, height: 480, stride: 640, y.span)
                == .init(code: 200, frame: 4_000_000_123))
        // Every second pixel and line.
        var half: [UInt8] = []
        for row in stride(from: 0, to: 480, by: 2) {
            for column in stride(from: 0, to: 640, by: 2) { half.append(y[row * 640 + column]) }
        }
        #expect(
            PatternReader.read(width: 320, height: 240, stride: 320, half.span)?.frame
                == 4_000_000_123)
        var spoilt = y
        for row in 0..<20 { for x in 300..<310 { spoilt[row * 640 + x] ^= 0xFF } }
        #expect(PatternReader.read(width: 640, height: 480, stride: 640, spoilt.span) == nil)
        let grey = [UInt8](repeating: 90, count: 640 * 480)
        #expect(PatternReader.read(width: 640, height: 480, stride: 640, grey.span) == nil)
    }
}

/// Which frame a JPEG of the test camera shows.
func reading(jpeg: [UInt8]) throws -> PatternReader.Reading? {
    let picture = try GreyPicture(jpeg: jpeg.span, scale: .whole)
    let pixels = picture.pixels
    return PatternReader.read(
        width: picture.width, height: picture.height, stride: picture.width, pixels.span)
}
