/// One format and size that a camera offers, with its rates.
package struct Mode: Hashable, Sendable, CustomStringConvertible {
    package let format: PixelFormat
    package let width: Int
    package let height: Int
    /// Empty when the driver does not say.
    package let rates: [FrameRate]

    package init(format: PixelFormat, width: Int, height: Int, rates: [FrameRate]) {
        self.format = format
        self.width = width
        self.height = height
        self.rates = rates
    }

    package var description: String {
        "\(format) \(width)x\(height) \(rates.map(\.description).joined(separator: "/"))"
    }

    package var area: Int { width * height }
}

/// Frames in so many seconds, as the driver counts them.
package struct FrameRate: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let frames: Int
    package let seconds: Int

    /// Neither may be zero.
    package init?(frames: Int, seconds: Int) {
        guard frames > 0, seconds > 0 else { return nil }
        self.frames = frames
        self.seconds = seconds
    }

    package static func < (a: FrameRate, b: FrameRate) -> Bool {
        a.frames * b.seconds < b.frames * a.seconds
    }

    func isAtLeast(_ perSecond: Int) -> Bool { frames >= perSecond * seconds }

    package var description: String {
        frames % seconds == 0 ? "\(frames / seconds)" : "\(frames):\(seconds)"
    }
}

/// What to ask of a camera; nil leaves the choice to `ModeChoice`.
package struct ModeWish: Hashable, Sendable {
    package var format: PixelFormat?
    package var width: Int?
    package var height: Int?
    package var framesPerSecond: Int?

    package init(
        format: PixelFormat? = nil, width: Int? = nil, height: Int? = nil,
        framesPerSecond: Int? = nil
    ) {
        self.format = format
        self.width = width
        self.height = height
        self.framesPerSecond = framesPerSecond
    }
}

/// The mode to record in, and the rate.
package struct ModeChoice: Hashable, Sendable {
    package static let widthMax = 1920
    package static let heightMax = 1080
    /// Fewer frames than that miss what moves.
    package static let rateMin = 15
    /// More fill the ring and show nothing more.
    package static let rateMax = 30

    package let mode: Mode
    package let rate: FrameRate?

    /// MJPEG at the largest size up to 1080p that still gives 15 frames a second: it is kept as the
    /// camera made it. Then the raw formats by the same rule. If nothing is fast enough, what is
    /// fastest; if nothing is small enough, what is smallest. Nil: the camera has nothing that we
    /// can record, or nothing as wished.
    package static func best(of modes: [Mode], wish: ModeWish = ModeWish()) -> ModeChoice? {
        let possible = modes.filter { mode in
            mode.format.rank != nil && mode.area > 0
                && wish.format ?? mode.format == mode.format
                && wish.width ?? mode.width == mode.width
                && wish.height ?? mode.height == mode.height
        }
        let isSizeFree = wish.width == nil && wish.height == nil
        let rateMin = wish.framesPerSecond ?? rateMin
        return possible.max { a, b in
            let ours = Merit(a, isSizeFree, rateMin)
            return ours < Merit(b, isSizeFree, rateMin)
        }.map { mode in
            ModeChoice(mode: mode, rate: rate(of: mode, wanted: wish.framesPerSecond))
        }
    }

    /// The fastest up to what is wanted; the slowest, if all are faster.
    private static func rate(of mode: Mode, wanted: Int?) -> FrameRate? {
        let max = wanted ?? rateMax
        let slow = mode.rates.filter { $0.frames <= max * $0.seconds }
        return slow.max() ?? mode.rates.min()
    }

    /// What makes one mode better than another, most important first.
    private struct Merit: Comparable {
        let fits: Bool
        let isFast: Bool
        let rank: Int
        let area: Int
        let rate: FrameRate?

        init(_ mode: Mode, _ isSizeFree: Bool, _ rateMin: Int) {
            fits = !isSizeFree || mode.width <= widthMax && mode.height <= heightMax
            // A driver that does not say is believed.
            isFast = mode.rates.isEmpty || mode.rates.contains { $0.isAtLeast(rateMin) }
            rank = -(mode.format.rank ?? .max)
            area = fits ? mode.area : -mode.area
            rate = mode.rates.max()
        }

        static func < (a: Merit, b: Merit) -> Bool {
            if a.fits != b.fits { return b.fits }
            if a.isFast != b.isFast { return b.isFast }
            if a.isFast {
                if a.rank != b.rank { return a.rank < b.rank }
                if a.area != b.area { return a.area < b.area }
            }
            if a.rate != b.rate, let x = a.rate, let y = b.rate { return x < y }
            return (a.rank, a.area) < (b.rank, b.area)
        }
    }
}
