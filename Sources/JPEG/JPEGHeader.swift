package import Base
internal import CTurboJPEG

/// What a JPEG says of itself before its picture.
package struct JPEGHeader: Hashable, Sendable {
    package enum Subsampling: Hashable, Sendable, CaseIterable {
        case yuv444, yuv422, yuv420, grey, yuv440, yuv411

        /// How many pixels share a colour, across and down.
        package var across: Int {
            switch self {
            case .yuv444, .grey, .yuv440: 1
            case .yuv422, .yuv420: 2
            case .yuv411: 4
            }
        }
        package var down: Int {
            switch self {
            case .yuv444, .grey, .yuv422, .yuv411: 1
            case .yuv420, .yuv440: 2
            }
        }

        var code: Int32 {
            switch self {
            case .yuv444: Int32(TJSAMP_444.rawValue)
            case .yuv422: Int32(TJSAMP_422.rawValue)
            case .yuv420: Int32(TJSAMP_420.rawValue)
            case .grey: Int32(TJSAMP_GRAY.rawValue)
            case .yuv440: Int32(TJSAMP_440.rawValue)
            case .yuv411: Int32(TJSAMP_411.rawValue)
            }
        }
    }

    package static let sideMax = 16384

    package let width: Int
    package let height: Int
    package let subsampling: Subsampling

    /// Fails when the bytes do not begin as a JPEG does.
    package init(_ jpeg: Span<UInt8>) throws(Failure) {
        let handle = unsafe tjInitDecompress()
        defer { _ = unsafe tjDestroy(handle) }
        self = try unsafe Self.read(jpeg, handle)
    }

    static func read(_ jpeg: Span<UInt8>, _ handle: tjhandle?) throws(Failure) -> JPEGHeader {
        var (width, height, sampling, space): (Int32, Int32, Int32, Int32) = (0, 0, 0, 0)
        let code = unsafe jpeg.withUnsafeBufferPointer { bytes in
            unsafe tjDecompressHeader3(
                handle, bytes.baseAddress, UInt(bytes.count), &width, &height, &sampling, &space)
        }
        guard code == 0 || (unsafe tjGetErrorCode(handle)) == TJERR_WARNING.rawValue,
            let subsampling = Subsampling.allCases.first(where: { $0.code == sampling }),
            1...sideMax ~= Int(width), 1...sideMax ~= Int(height)
        else { throw unsafe failure("read the header of a JPEG", handle) }
        return JPEGHeader(Int(width), Int(height), subsampling)
    }

    private init(_ width: Int, _ height: Int, _ subsampling: Subsampling) {
        self.width = width
        self.height = height
        self.subsampling = subsampling
    }
}
