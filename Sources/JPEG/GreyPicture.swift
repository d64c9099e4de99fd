package import Base
internal import CTurboJPEG

/// Brightness only, small: enough to see whether a picture is dark, blurred or frozen.
package struct GreyPicture: Sendable {
    package let width: Int
    package let height: Int
    /// Row after row, without gaps.
    package let pixels: [UInt8]
    /// The JPEG was cut or spoilt; what could be decoded is here.
    package let isDamaged: Bool

    package init(width: Int, height: Int, pixels: [UInt8], isDamaged: Bool = false) {
        precondition(pixels.count == width * height, "a picture has as many pixels as it says")
        self.width = width
        self.height = height
        self.pixels = pixels
        self.isDamaged = isDamaged
    }

    package enum Scale: Int32, Sendable, CaseIterable {
        case whole = 1
        case half = 2
        case quarter = 4
        case eighth = 8
    }

    package static let pixelsMax = 64 << 20

    /// Decodes a JPEG at a fraction of its size, which costs a fraction of the time.
    package init(jpeg: Span<UInt8>, scale: Scale = .eighth) throws(Failure) {
        let handle = unsafe tjInitDecompress()
        defer { _ = unsafe tjDestroy(handle) }
        let header = try unsafe JPEGHeader.read(jpeg, handle)
        let divisor = Int(scale.rawValue)
        let width = (header.width + divisor - 1) / divisor
        let height = (header.height + divisor - 1) / divisor
        guard width * height <= Self.pixelsMax else {
            throw Failure(
                .invalid,
                "a picture of \(header.width)x\(header.height) is larger than we decode;"
                    + " choose a smaller size on the camera")
        }
        var pixels = [UInt8](repeating: 0, count: width * height)
        let code = unsafe jpeg.withUnsafeBufferPointer { bytes in
            unsafe tjDecompress2(
                handle, bytes.baseAddress, UInt(bytes.count), &pixels, Int32(width), Int32(width),
                Int32(height), Int32(TJPF_GRAY.rawValue), TJFLAG_FASTDCT)
        }
        // A warning means that something was missing and was made up.
        let isDamaged = code != 0
        if isDamaged, (unsafe tjGetErrorCode(handle)) != TJERR_WARNING.rawValue {
            throw unsafe failure("decode a JPEG", handle)
        }
        self.init(width: width, height: height, pixels: pixels, isDamaged: isDamaged)
    }
}
