internal import Base
internal import JPEG
internal import V4L2

/// Makes JPEGs of pictures that a USB camera sends uncoded. Keeps its buffers from picture to
/// picture; lives on its source's thread.
///
/// Video4Linux says of these formats, unless a driver says otherwise: BT.601, and limited range
/// where there are colours apart from brightness.
struct RawPicture: ~Copyable {
    private let format: PixelFormat
    private let width: Int
    private let height: Int
    /// Lines may be longer in memory than the picture is wide.
    private let stride: Int
    private let quality: Int
    private var encoder: JPEGEncoder
    private var y: [UInt8] = []
    private var u: [UInt8] = []
    private var v: [UInt8] = []

    /// Nil for a format that this is not for.
    init?(_ mode: Mode, bytesPerLine: Int, quality: Int) throws(Failure) {
        let depth: Int
        switch mode.format {
        case .yuyv, .uyvy: depth = 2
        case .rgb24, .bgr24: depth = 3
        case .nv12, .i420, .grey: depth = 1
        default: return nil
        }
        format = mode.format
        width = mode.width
        height = mode.height
        stride = max(bytesPerLine, width * depth)
        self.quality = quality
        encoder = try JPEGEncoder()
    }

    private var colourWidth: Int { (width + 1) / 2 }
    private var colourHeight: Int { (height + 1) / 2 }

    /// What one picture has at least.
    var byteCount: Int {
        switch format {
        case .nv12: stride * height + stride * colourHeight
        case .i420: stride * height + 2 * (stride / 2) * colourHeight
        default: stride * height
        }
    }

    /// The caller has checked that there are `byteCount` bytes.
    mutating func encoded(_ bytes: Span<UInt8>) throws(Failure) -> [UInt8] {
        switch format {
        case .yuyv: return try packed(bytes, brightness: 0, colour: 1)
        case .uyvy: return try packed(bytes, brightness: 1, colour: 0)
        case .rgb24: return try colours(bytes, red: 0, blue: 2)
        case .bgr24: return try colours(bytes, red: 2, blue: 0)
        case .nv12: return try twoPlanes(bytes)
        case .i420: return try threePlanes(bytes)
        default:
            let none: [UInt8] = []
            return try encoder.encode(
                YUVPicture(
                    width: width, height: height, subsampling: .grey, y: bytes, u: none.span,
                    v: none.span, strides: (stride, 0, 0), range: .full, matrix: .bt601),
                quality: quality)
        }
    }

    private mutating func makeRoom(_ pixels: Int, _ colours: Int) {
        guard y.count != pixels || u.count != colours else { return }
        y = [UInt8](repeating: 0, count: pixels)
        u = [UInt8](repeating: 0, count: colours)
        v = u
    }

    /// Two pixels in four bytes.
    private mutating func packed(
        _ bytes: Span<UInt8>, brightness: Int, colour: Int
    ) throws(Failure) -> [UInt8] {
        makeRoom(width * height, colourWidth * height)
        for row in 0..<height {
            var from = row * stride
            var to = row * width
            var pair = row * colourWidth
            for _ in 0..<(width / 2) {
                y[to] = bytes[from + brightness]
                y[to + 1] = bytes[from + 2 + brightness]
                u[pair] = bytes[from + colour]
                v[pair] = bytes[from + 2 + colour]
                from += 4
                to += 2
                pair += 1
            }
        }
        return try encodePlanes(.yuv422, (width, colourWidth, colourWidth), .limited)
    }

    private mutating func twoPlanes(_ bytes: Span<UInt8>) throws(Failure) -> [UInt8] {
        makeRoom(0, colourWidth * colourHeight)
        for row in 0..<colourHeight {
            var from = stride * (height + row)
            for to in (row * colourWidth)..<((row + 1) * colourWidth) {
                u[to] = bytes[from]
                v[to] = bytes[from + 1]
                from += 2
            }
        }
        let (u, v) = (self.u, self.v)
        return try encoder.encode(
            YUVPicture(
                width: width, height: height, subsampling: .yuv420, y: bytes, u: u.span, v: v.span,
                strides: (stride, colourWidth, colourWidth), range: .limited, matrix: .bt601),
            quality: quality)
    }

    private mutating func threePlanes(_ bytes: Span<UInt8>) throws(Failure) -> [UInt8] {
        let half = stride / 2
        let first = stride * height
        let second = first + half * colourHeight
        return try encoder.encode(
            YUVPicture(
                width: width, height: height, subsampling: .yuv420, y: bytes,
                u: bytes.extracting(first..<bytes.count),
                v: bytes.extracting(second..<bytes.count),
                strides: (stride, half, half), range: .limited, matrix: .bt601),
            quality: quality)
    }

    /// JFIF's conversion, with 16 bits of fraction.
    private mutating func colours(
        _ bytes: Span<UInt8>, red: Int, blue: Int
    ) throws(Failure) -> [UInt8] {
        makeRoom(width * height, width * height)
        for row in 0..<height {
            var from = row * stride
            for to in (row * width)..<((row + 1) * width) {
                let r = Int32(bytes[from + red])
                let g = Int32(bytes[from + 1])
                let b = Int32(bytes[from + blue])
                y[to] = Self.byte(19595 * r + 38470 * g + 7471 * b, 0)
                u[to] = Self.byte(-11059 * r - 21709 * g + 32768 * b, 128)
                v[to] = Self.byte(32768 * r - 27439 * g - 5329 * b, 128)
                from += 3
            }
        }
        return try encodePlanes(.yuv444, (width, width, width), .full)
    }

    private static func byte(_ value: Int32, _ offset: Int32) -> UInt8 {
        UInt8(clamping: (value + 32768) >> 16 + offset)
    }

    private mutating func encodePlanes(
        _ subsampling: JPEGHeader.Subsampling, _ strides: (Int, Int, Int),
        _ range: YUVPicture.Range
    ) throws(Failure) -> [UInt8] {
        let (y, u, v) = (self.y, self.u, self.v)
        return try encoder.encode(
            YUVPicture(
                width: width, height: height, subsampling: subsampling, y: y.span, u: u.span,
                v: v.span, strides: strides, range: range, matrix: .bt601),
            quality: quality)
    }
}
