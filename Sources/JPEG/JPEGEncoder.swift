package import Base
internal import CTurboJPEG

/// Encodes pictures as JPEG, straight from their planes. Owns a TurboJPEG compressor; one thread.
@safe package struct JPEGEncoder: ~Copyable {
    private let handle: tjhandle

    package init() throws(Failure) {
        guard let handle = unsafe tjInitCompress() else {
            throw failure("start a JPEG encoder", nil, .full)
        }
        unsafe self.handle = handle
    }

    deinit { _ = unsafe tjDestroy(handle) }

    /// - quality: 1...100.
    package mutating func encode(
        _ picture: borrowing YUVPicture, quality: Int
    ) throws(Failure) -> [UInt8] {
        precondition(1...100 ~= quality, "JPEG qualities are 1...100")
        let sampling = picture.subsampling
        let isEven =
            picture.width % sampling.across == 0 && picture.height % sampling.down == 0
        // TurboJPEG reads whole groups of pixels that share a colour, also past an odd edge.
        if picture.isAsInJPEG, isEven {
            return try encode(
                picture.planes.0, picture.planes.1, picture.planes.2, picture.strides,
                picture, quality)
        }
        let copy = ConvertedPlanes(picture)
        let strides = (copy.width, copy.colourWidth, copy.colourWidth)
        return try encode(copy.y, copy.u, copy.v, strides, picture, quality)
    }

    private func encode(
        _ y: Span<UInt8>, _ u: Span<UInt8>, _ v: Span<UInt8>, _ strides: (Int, Int, Int),
        _ picture: borrowing YUVPicture, _ quality: Int
    ) throws(Failure) -> [UInt8] {
        let (width, height) = (Int32(picture.width), Int32(picture.height))
        let sampling = picture.subsampling.code
        let lengths = [Int32(strides.0), Int32(strides.1), Int32(strides.2)]
        var out: UnsafeMutablePointer<UInt8>?
        var count: UInt = 0
        defer { unsafe tjFree(out) }
        let code = unsafe y.withUnsafeBufferPointer { y in
            unsafe u.withUnsafeBufferPointer { u in
                unsafe v.withUnsafeBufferPointer { v in
                    var planes = unsafe [y.baseAddress, u.baseAddress, v.baseAddress]
                    return unsafe tjCompressFromYUVPlanes(
                        handle, &planes, width, lengths, height, sampling, &out, &count,
                        Int32(quality), 0)
                }
            }
        }
        guard code == 0, let out = unsafe out else {
            throw unsafe failure("encode a JPEG", handle, .invalid)
        }
        return unsafe Array(UnsafeBufferPointer(start: out, count: Int(count)))
    }
}
