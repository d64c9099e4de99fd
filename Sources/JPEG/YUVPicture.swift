internal import Base
/// Three planes of brightness and colour, or one of brightness, borrowed for a call.
@safe package struct YUVPicture: ~Escapable {
    /// What numbers stand for black and white, and for colours.
    package enum Range: Hashable, Sendable { case full, limited }
    package enum Matrix: Hashable, Sendable { case bt601, bt709 }

    package let width: Int
    package let height: Int
    package let subsampling: JPEGHeader.Subsampling
    let planes: (Span<UInt8>, Span<UInt8>, Span<UInt8>)
    let strides: (Int, Int, Int)
    package let range: Range
    package let matrix: Matrix

    /// - u, v: empty for grey.
    @_lifetime(copy y, copy u, copy v)
    package init(
        width: Int, height: Int, subsampling: JPEGHeader.Subsampling, y: Span<UInt8>,
        u: Span<UInt8>, v: Span<UInt8>, strides: (Int, Int, Int), range: Range, matrix: Matrix
    ) {
        precondition(1...JPEGHeader.sideMax ~= width && 1...JPEGHeader.sideMax ~= height)
        precondition(Self.fits(y, width, height, strides.0), "the plane is smaller than it says")
        if subsampling != .grey {
            let wide = (width + subsampling.across - 1) / subsampling.across
            let high = (height + subsampling.down - 1) / subsampling.down
            precondition(Self.fits(u, wide, high, strides.1) && Self.fits(v, wide, high, strides.2))
        }
        self.width = width
        self.height = height
        self.subsampling = subsampling
        planes = (y, u, v)
        self.strides = strides
        self.range = range
        self.matrix = matrix
    }

    private static func fits(_ plane: Span<UInt8>, _ width: Int, _ height: Int, _ stride: Int)
        -> Bool
    {
        stride >= width && plane.count >= stride * (height - 1) + width
    }

    /// Some of its lines; the first must begin a line of colours.
    @_lifetime(copy self)
    func lines(_ lines: Swift.Range<Int>) -> YUVPicture {
        precondition(lines.lowerBound % subsampling.down == 0 && lines.upperBound <= height)
        let colours = subsampling == .grey ? 0 : lines.lowerBound / subsampling.down
        return YUVPicture(
            width: width, height: lines.count, subsampling: subsampling,
            y: planes.0.extracting(droppingFirst: lines.lowerBound * strides.0),
            u: planes.1.extracting(droppingFirst: colours * strides.1),
            v: planes.2.extracting(droppingFirst: colours * strides.2), strides: strides,
            range: range, matrix: matrix)
    }

    var colourWidth: Int { (width + subsampling.across - 1) / subsampling.across }
    var colourHeight: Int { (height + subsampling.down - 1) / subsampling.down }

    /// JPEG means full range and the BT.601 matrix.
    var isAsInJPEG: Bool { range == .full && (matrix == .bt601 || subsampling == .grey) }
}
