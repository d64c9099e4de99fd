package import Base

extension JPEGEncoder {
    /// Begins a work beside the caller's, and returns what waits for its end.
    package typealias Beside = (_ work: @escaping @Sendable () -> Void) -> () -> Void

    /// A smaller picture is made sooner than another thread has begun.
    private static let halvesLinesMin = 256

    /// The same picture as `encode` makes, of two halves that can be made at the same time: the
    /// lower one begins anew behind a restart marker. The bytes do not depend on `beside`.
    /// With the picture in small, which is made before the caller waits for the other half.
    package mutating func encodeHalves(
        _ picture: borrowing YUVPicture, quality: Int, beside start: Beside?
    ) throws(Failure) -> (jpeg: [UInt8], small: GreyPicture) {
        // Groups of pixels that are coded as one (MCU) are not cut.
        let sampling = picture.subsampling
        let (wide, high) = (8 * sampling.across, 8 * sampling.down)
        let middle = (picture.height / 2 + high - 1) / high * high
        let groups = (picture.width + wide - 1) / wide * (middle / high)
        guard picture.height >= Self.halvesLinesMin, groups <= Int(UInt16.max) else {
            return (try encode(picture, quality: quality), GreyPicture(quarterOf: picture))
        }
        let lower = LowerHalf(picture.lines(middle..<picture.height), quality)
        let wait = start?({ lower.make() })
        let above: Result<[UInt8], Failure>
        do throws(Failure) {
            above = .success(try encode(picture.lines(0..<middle), quality: quality))
        } catch { above = .failure(error) }
        let small = GreyPicture(quarterOf: picture)
        // Whatever came of the upper half, the lower one borrows the planes until here.
        if let wait { wait() } else { lower.make() }
        let halves = (try above.get(), try lower.jpeg.get())
        let whole = JPEGHalves.joined(
            halves.0, halves.1, height: picture.height, groups: groups)
        guard let whole else { return (try encode(picture, quality: quality), small) }
        return (whole, small)
    }
}

/// What another thread makes of planes that it borrows. `encodeHalves` waits for it before it
/// returns, and reads the outcome only then, which is what `@unchecked Sendable` claims.
@safe private final class LowerHalf: @unchecked Sendable {
    private let planes:
        (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>)
    private let strides: (Int, Int, Int)
    private let size: (width: Int, height: Int)
    private let subsampling: JPEGHeader.Subsampling
    private let range: YUVPicture.Range
    private let matrix: YUVPicture.Matrix
    private let quality: Int
    private(set) var jpeg: Result<[UInt8], Failure> = .success([])

    init(_ picture: borrowing YUVPicture, _ quality: Int) {
        func lent(_ plane: Span<UInt8>) -> UnsafeBufferPointer<UInt8> {
            unsafe plane.withUnsafeBufferPointer { unsafe $0 }
        }
        unsafe planes = (
            lent(picture.planes.0), lent(picture.planes.1), lent(picture.planes.2)
        )
        strides = picture.strides
        size = (picture.width, picture.height)
        subsampling = picture.subsampling
        range = picture.range
        matrix = picture.matrix
        self.quality = quality
    }

    func make() {
        let picture = unsafe YUVPicture(
            width: size.width, height: size.height, subsampling: subsampling,
            y: Span(_unsafeElements: planes.0), u: Span(_unsafeElements: planes.1),
            v: Span(_unsafeElements: planes.2), strides: strides, range: range, matrix: matrix)
        do throws(Failure) {
            var encoder = try JPEGEncoder()
            jpeg = .success(try encoder.encode(picture, quality: quality))
        } catch { jpeg = .failure(error) }
    }
}
