package import Base
internal import CTurboJPEG

/// Red, green and blue, small enough for a screen.
package struct ColourPicture: Hashable, Sendable {
    package let width: Int
    package let height: Int
    /// Three bytes a pixel, row after row, without gaps.
    package let pixels: [UInt8]

    package init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(pixels.count == width * height * 3, "a picture has as many pixels as it says")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// Decodes a JPEG at the smallest fraction of its size that still has `width` and `height`.
    package init(jpeg: Span<UInt8>, atLeast width: Int, _ height: Int) throws(Failure) {
        let handle = unsafe tjInitDecompress()
        defer { _ = unsafe tjDestroy(handle) }
        let header = try unsafe JPEGHeader.read(jpeg, handle)
        let divisor =
            [8, 4, 2].first { header.width / $0 >= width && header.height / $0 >= height } ?? 1
        let wide = (header.width + divisor - 1) / divisor
        let high = (header.height + divisor - 1) / divisor
        guard wide * high <= GreyPicture.pixelsMax else {
            throw Failure(
                .invalid,
                "a picture of \(header.width)x\(header.height) is larger than we decode; save it"
                    + " and open it elsewhere")
        }
        var pixels = [UInt8](repeating: 0, count: wide * high * 3)
        let code = unsafe jpeg.withUnsafeBufferPointer { bytes in
            unsafe tjDecompress2(
                handle, bytes.baseAddress, UInt(bytes.count), &pixels, Int32(wide),
                Int32(wide * 3), Int32(high), Int32(TJPF_RGB.rawValue),
                TJFLAG_FASTDCT | TJFLAG_LIMITSCANS)
        }
        guard code == 0 || (unsafe tjGetErrorCode(handle)) == TJERR_WARNING.rawValue else {
            throw unsafe failure("decode a JPEG", handle)
        }
        self.init(width: wide, height: high, pixels: pixels)
    }

    /// - quality: 1...100.
    package func jpeg(quality: Int) throws(Failure) -> [UInt8] {
        precondition(1...100 ~= quality, "JPEG qualities are 1...100")
        let handle = unsafe tjInitCompress()
        defer { _ = unsafe tjDestroy(handle) }
        var out: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        defer { unsafe tjFree(out) }
        let code = unsafe tjCompress2(
            handle, pixels, Int32(width), Int32(width * 3), Int32(height),
            Int32(TJPF_RGB.rawValue), &out, &count, Int32(TJSAMP_420.rawValue), Int32(quality), 0)
        guard code == 0, let out = unsafe out else {
            throw unsafe failure("encode a JPEG", handle, .invalid)
        }
        return unsafe Array(UnsafeBufferPointer(start: out, count: Int(count)))
    }

    /// Another size; each new pixel is the mean of those that it covers.
    package func scaled(to newWidth: Int, _ newHeight: Int) -> ColourPicture {
        guard newWidth != width || newHeight != height else { return self }
        var result = [UInt8](repeating: 0, count: newWidth * newHeight * 3)
        for y in 0..<newHeight {
            let rows = Self.covered(y, newHeight, height)
            for x in 0..<newWidth {
                let columns = Self.covered(x, newWidth, width)
                var (red, green, blue) = (0, 0, 0)
                for row in rows {
                    for column in columns {
                        let i = (row * width + column) * 3
                        red += Int(pixels[i])
                        green += Int(pixels[i + 1])
                        blue += Int(pixels[i + 2])
                    }
                }
                let count = rows.count * columns.count
                let i = (y * newWidth + x) * 3
                result[i] = UInt8((red + count / 2) / count)
                result[i + 1] = UInt8((green + count / 2) / count)
                result[i + 2] = UInt8((blue + count / 2) / count)
            }
        }
        return ColourPicture(width: newWidth, height: newHeight, pixels: result)
    }

    private static func covered(_ i: Int, _ new: Int, _ old: Int) -> Range<Int> {
        let start = i * old / new
        return start..<max(start + 1, (i + 1) * old / new)
    }
}
