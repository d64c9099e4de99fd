internal import CV4L2

extension Device {
    static let modesMax = 1024
    static let ratesMax = 64
    private static let videoCapture = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue

    /// Everything that the camera offers; also while another program streams from it.
    package func modes() -> [Mode] {
        var modes: [Mode] = []
        var format = v4l2_fmtdesc()
        format.type = Self.videoCapture
        while modes.count < Self.modesMax, hasNext(proofreel_enum_fmt, &format) {
            addSizes(PixelFormat(code: format.pixelformat), to: &modes)
            format.index += 1
        }
        return modes
    }

    private func addSizes(_ format: PixelFormat, to modes: inout [Mode]) {
        var sizes = proofreel_sizes()
        var index: UInt32 = 0
        while modes.count < Self.modesMax,
            unsafe proofreel_next_size(descriptor, format.code, index, &sizes) >= 0
        {
            if sizes.is_range == 0 {
                add(format, Int(sizes.width), Int(sizes.height), to: &modes)
            } else {
                // Any size in steps: those that people use.
                for (width, height) in Self.commonSizes {
                    guard Self.fits(width, sizes.width, sizes.width_max, sizes.width_step),
                        Self.fits(height, sizes.height, sizes.height_max, sizes.height_step)
                    else { continue }
                    add(format, width, height, to: &modes)
                }
                return
            }
            index += 1
        }
    }

    private static let commonSizes = [
        (320, 240), (640, 480), (800, 600), (1280, 720), (1280, 960), (1920, 1080), (3840, 2160),
    ]

    private static func fits(_ value: Int, _ min: UInt32, _ max: UInt32, _ step: UInt32) -> Bool {
        value >= Int(min) && value <= Int(max) && (value - Int(min)) % Swift.max(1, Int(step)) == 0
    }

    private func add(
        _ format: PixelFormat, _ width: Int, _ height: Int, to modes: inout [Mode]
    ) {
        let rates = rates(format, width, height)
        modes.append(Mode(format: format, width: width, height: height, rates: rates))
    }

    private func rates(_ format: PixelFormat, _ width: Int, _ height: Int) -> [FrameRate] {
        var rates: [FrameRate] = []
        var found = proofreel_intervals()
        while rates.count < Self.ratesMax,
            unsafe proofreel_next_interval(
                descriptor, format.code, UInt32(width), UInt32(height), UInt32(rates.count), &found)
                >= 0
        {
            guard found.is_range == 0 else {
                return [found.interval, found.interval_max].compactMap(Self.rate)
            }
            guard let rate = Self.rate(found.interval) else { break }
            rates.append(rate)
        }
        return rates
    }

    private static func rate(_ interval: v4l2_fract) -> FrameRate? {
        FrameRate(frames: Int(interval.denominator), seconds: Int(interval.numerator))
    }

    /// Sets format and rate; what the driver made of it. Before the buffers, which depend on it.
    func set(_ choice: ModeChoice) throws(V4L2Failure) -> Mode {
        let mode = choice.mode
        var format = proofreel_format()
        format.width = UInt32(mode.width)
        format.height = UInt32(mode.height)
        format.pixels = mode.format.code
        let code = unsafe proofreel_set_format(descriptor, &format)
        guard code >= 0 else {
            throw asked(-code, "set \(mode.format) \(mode.width)x\(mode.height)")
        }
        bytesPerLine = Int(format.bytes_per_line)
        let width = Int(format.width)
        let height = Int(format.height)
        let actual = PixelFormat(code: format.pixels)
        guard actual == mode.format else {
            throw V4L2Failure(.refused, "the camera gives \(actual) instead of \(mode.format)")
        }
        return Mode(format: actual, width: width, height: height, rates: setRate(choice.rate))
    }

    /// Many drivers have one rate and refuse to be asked; then frames come as they come.
    private func setRate(_ rate: FrameRate?) -> [FrameRate] {
        guard let rate else { return [] }
        var interval = v4l2_fract(
            numerator: UInt32(clamping: rate.seconds), denominator: UInt32(clamping: rate.frames))
        guard unsafe proofreel_set_interval(descriptor, &interval) >= 0 else { return [] }
        return Self.rate(interval).map { [$0] } ?? []
    }
}
