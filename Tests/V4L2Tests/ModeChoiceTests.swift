import Testing
import V4L2

@Suite struct ModeChoiceTests {
    private static func mode(
        _ format: PixelFormat, _ width: Int, _ height: Int, _ rates: Int...
    ) -> Mode {
        Mode(
            format: format, width: width, height: height,
            rates: rates.compactMap { FrameRate(frames: $0, seconds: 1) })
    }

    private static let webcam = [
        mode(.yuyv, 640, 480, 30, 15), mode(.yuyv, 1920, 1080, 5), mode(.mjpeg, 640, 480, 60, 30),
        mode(.mjpeg, 1920, 1080, 30, 15), mode(.mjpeg, 2592, 1944, 15),
        mode(.mjpeg, 1280, 720, 60, 30), mode(.h264, 1920, 1080, 30),
    ]

    @Test func `the largest MJPEG up to 1080p is chosen, at no more than 30 frames`() throws {
        let choice = try #require(ModeChoice.best(of: Self.webcam))
        #expect(choice.mode.format == .mjpeg && choice.mode.width == 1920)
        #expect(choice.rate == FrameRate(frames: 30, seconds: 1))
    }

    @Test func `a size that is too slow is not chosen`() throws {
        let modes = [Self.mode(.mjpeg, 1920, 1080, 10), Self.mode(.mjpeg, 1280, 720, 30)]
        #expect(ModeChoice.best(of: modes)?.mode.width == 1280)
        let raw = [Self.mode(.yuyv, 1920, 1080, 5), Self.mode(.yuyv, 800, 600, 20)]
        #expect(ModeChoice.best(of: raw)?.mode.width == 800)
    }

    @Test func `when all are slow, the fastest is chosen`() throws {
        let modes = [Self.mode(.yuyv, 1920, 1080, 5), Self.mode(.grey, 640, 480, 10)]
        #expect(ModeChoice.best(of: modes)?.mode.format == .grey)
    }

    @Test func `raw at full speed comes before MJPEG that crawls`() {
        let modes = [Self.mode(.mjpeg, 1920, 1080, 5), Self.mode(.yuyv, 640, 480, 30)]
        #expect(ModeChoice.best(of: modes)?.mode.format == .yuyv)
    }

    @Test func `when all are too large, the smallest is chosen`() {
        let modes = [Self.mode(.mjpeg, 4000, 3000, 30), Self.mode(.mjpeg, 2592, 1944, 30)]
        #expect(ModeChoice.best(of: modes)?.mode.width == 2592)
    }

    @Test func `wishes are met or refused`() throws {
        let large = ModeChoice.best(of: Self.webcam, wish: ModeWish(width: 2592))
        #expect(large?.mode.height == 1944)
        let slow = ModeChoice.best(of: Self.webcam, wish: ModeWish(framesPerSecond: 15))
        #expect(slow?.rate == FrameRate(frames: 15, seconds: 1))
        let coded = ModeChoice.best(of: Self.webcam, wish: ModeWish(format: .h264))
        #expect(coded?.mode.format == .h264)
        #expect(ModeChoice.best(of: Self.webcam, wish: ModeWish(width: 1000)) == nil)
    }

    @Test func `nothing that we can record is no choice`() {
        #expect(ModeChoice.best(of: []) == nil)
        #expect(ModeChoice.best(of: [Self.mode(PixelFormat("S910"), 640, 480, 30)]) == nil)
        #expect(ModeChoice.best(of: [Self.mode(.mjpeg, 0, 0)]) == nil)
    }

    @Test func `a driver that names no rates is believed`() {
        let choice = ModeChoice.best(of: [Self.mode(.mjpeg, 640, 480)])
        #expect(choice != nil && choice?.rate == nil)
        #expect(FrameRate(frames: 30, seconds: 0) == nil)
    }

    @Test func `formats are written as four letters`() {
        #expect(PixelFormat.yuyv.description == "YUYV")
        #expect(PixelFormat.mjpeg.code == 0x4750_4A4D)
    }

    @Test func `controls are named as v4l2-ctl names them`() {
        #expect(controlName("Exposure Time, Absolute") == "exposure_time_absolute")
        #expect(controlName("White Balance, Auto & Preset") == "white_balance_auto_preset")
    }
}
