/// How a camera codes its pictures: the four letters of Video4Linux.
package struct PixelFormat: Hashable, Sendable, CustomStringConvertible {
    package let code: UInt32

    package init(code: UInt32) { self.code = code }

    /// Four ASCII characters.
    package init(_ letters: StaticString) {
        precondition(letters.utf8CodeUnitCount == 4)
        var code: UInt32 = 0
        for letter in letters.description.utf8.reversed() { code = code << 8 | UInt32(letter) }
        self.code = code
    }

    package var description: String {
        String(decoding: (0..<4).map { UInt8(truncatingIfNeeded: code >> ($0 * 8)) }, as: UTF8.self)
    }

    package static let mjpeg = PixelFormat("MJPG")
    /// Stills, which some drivers call their MJPEG.
    package static let jpeg = PixelFormat("JPEG")
    package static let h264 = PixelFormat("H264")
    package static let yuyv = PixelFormat("YUYV")
    package static let uyvy = PixelFormat("UYVY")
    package static let nv12 = PixelFormat("NV12")
    package static let i420 = PixelFormat("YU12")
    package static let rgb24 = PixelFormat("RGB3")
    package static let bgr24 = PixelFormat("BGR3")
    package static let grey = PixelFormat("GREY")

    /// By the names that people set.
    package static func named(_ text: String) -> PixelFormat? {
        let known: [(String, PixelFormat)] = [
            ("mjpeg", .mjpeg), ("h264", .h264), ("yuyv", .yuyv), ("uyvy", .uyvy), ("nv12", .nv12),
            ("i420", .i420), ("rgb24", .rgb24), ("bgr24", .bgr24), ("grey", .grey),
        ]
        return known.first { $0.0 == text.lowercased() }?.1
    }

    package var isJPEG: Bool { self == .mjpeg || self == .jpeg }

    /// From what one would rather record; nil for what we cannot.
    package var rank: Int? {
        Self.ranked.firstIndex(of: self)
    }

    private static let ranked: [PixelFormat] = [
        .mjpeg, .jpeg, .yuyv, .uyvy, .nv12, .i420, .rgb24, .bgr24, .grey, .h264,
    ]
}
