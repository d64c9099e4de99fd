import Base
import JPEG
import Testing

@Suite struct JPEGTests {
    typealias Subsampling = JPEGHeader.Subsampling

    /// An even colour.
    func encode(
        _ width: Int, _ height: Int, _ subsampling: Subsampling, _ colour: (UInt8, UInt8, UInt8),
        _ range: YUVPicture.Range, _ matrix: YUVPicture.Matrix = .bt601, padding: Int = 0
    ) throws -> [UInt8] {
        let isGrey = subsampling == .grey
        let wide = (width + subsampling.across - 1) / subsampling.across
        let high = (height + subsampling.down - 1) / subsampling.down
        let y = [UInt8](repeating: colour.0, count: (width + padding) * height)
        let u = [UInt8](repeating: colour.1, count: isGrey ? 0 : (wide + padding) * high)
        let v = [UInt8](repeating: colour.2, count: u.count)
        let picture = YUVPicture(
            width: width, height: height, subsampling: subsampling, y: y.span, u: u.span,
            v: v.span, strides: (width + padding, wide + padding, wide + padding), range: range,
            matrix: matrix)
        var encoder = try JPEGEncoder()
        return try encoder.encode(picture, quality: 95)
    }

    func brightness(_ jpeg: [UInt8]) throws -> Int {
        let picture = try GreyPicture(jpeg: jpeg.span, scale: .whole)
        return Int(picture.pixels[picture.pixels.count / 2])
    }

    @Test(
        arguments: [Subsampling.yuv420, .yuv422, .yuv444, .grey, .yuv440, .yuv411],
        [(64, 48), (65, 49), (1, 1), (17, 2)])
    func `size and subsampling come back`(_ subsampling: Subsampling, _ size: (Int, Int)) throws {
        for padding in [0, 13] {
            for range in [YUVPicture.Range.full, .limited] {
                let jpeg = try encode(
                    size.0, size.1, subsampling, (100, 128, 128), range, padding: padding)
                let header = try JPEGHeader(jpeg.span)
                #expect((header.width, header.height) == size)
                #expect(header.subsampling == subsampling)
            }
        }
    }

    @Test func `black and white are black and white, whatever the range`() throws {
        for (value, wanted) in [(16, 0), (235, 255), (126, 128)] as [(UInt8, Int)] {
            let jpeg = try encode(64, 48, .yuv420, (value, 128, 128), .limited)
            #expect(abs(try brightness(jpeg) - wanted) <= 2)
        }
        for value in [0, 128, 255] as [UInt8] {
            let jpeg = try encode(64, 48, .yuv420, (value, 128, 128), .full)
            #expect(abs(try brightness(jpeg) - Int(value)) <= 1)
        }
    }

    @Test func `brightness of BT.709 colours is that of BT.601`() throws {
        // Pure red and blue in BT.709, limited range; JPEG's brightness of red is 76, of blue 29.
        let red = try encode(64, 48, .yuv420, (63, 102, 240), .limited, .bt709)
        #expect(abs(try brightness(red) - 76) <= 3)
        let blue = try encode(64, 48, .yuv444, (32, 240, 118), .limited, .bt709)
        #expect(abs(try brightness(blue) - 29) <= 3)
        let red601 = try encode(64, 48, .yuv422, (81, 90, 240), .limited)
        #expect(abs(try brightness(red601) - 76) <= 3)
    }

    @Test func `a picture is decoded small`() throws {
        let jpeg = try encode(321, 241, .yuv420, (200, 128, 128), .full)
        for (scale, size) in [
            (GreyPicture.Scale.eighth, (41, 31)), (.quarter, (81, 61)), (.whole, (321, 241)),
        ] {
            let picture = try GreyPicture(jpeg: jpeg.span, scale: scale)
            #expect((picture.width, picture.height) == size)
            #expect(picture.pixels.allSatisfy { abs(Int($0) - 200) <= 2 })
            #expect(!picture.isDamaged)
        }
    }

    @Test(arguments: [(64, 48), (65, 49), (1, 1), (3, 2), (1922, 6)])
    func `a small picture from the planes is the mean of what it stands for`(
        _ size: (width: Int, height: Int)
    ) {
        var random = SeededRandom(seed: 9)
        let stride = size.width + 7
        let luma = (0..<(stride * size.height)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        for range in [YUVPicture.Range.full, .limited] {
            let small = GreyPicture(
                quarterOf: luma.span, width: size.width, height: size.height, stride: stride,
                range: range)
            #expect((small.width, small.height) == ((size.width + 3) / 4, (size.height + 3) / 4))
            var worst = 0.0
            for (i, pixel) in small.pixels.enumerated() {
                let (x, y) = (i % small.width * 4, i / small.width * 4)
                var values: [Double] = []
                for row in y..<min(y + 4, size.height) {
                    for column in x..<min(x + 4, size.width) {
                        values.append(Double(luma[row * stride + column]))
                    }
                }
                let mean = values.reduce(0, +) / Double(values.count)
                let full = range == .full ? mean : (mean - 16) * 255 / 219
                worst = max(worst, abs(Double(pixel) - min(255, max(0, full))))
            }
            #expect(worst <= 1.1)
        }
    }

    @Test func `a cut picture is refused or called damaged`() throws {
        let jpeg = try encode(64, 48, .yuv420, (200, 128, 128), .full)
        for count in 0..<(jpeg.count - 2) {
            let cut = Array(jpeg[..<count])
            let picture = try? GreyPicture(jpeg: cut.span, scale: .whole)
            #expect(picture == nil || picture?.isDamaged == true)
            _ = try? JPEGHeader(cut.span)
        }
    }

    @Test func `random bytes never crash it`() throws {
        let jpeg = try encode(64, 48, .yuv420, (200, 128, 128), .full)
        var random = SeededRandom(seed: 5)
        for _ in 0..<500 {
            var bytes = jpeg
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = UInt8.random(in: 0...255, using: &random)
            }
            if let header = try? JPEGHeader(bytes.span), header.width * header.height > 1 << 22 {
                continue
            }
            _ = try? GreyPicture(jpeg: bytes.span, scale: .eighth)
        }
        let noise = (0..<1000).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(throws: Failure.self) { try JPEGHeader(noise.span) }
    }
}
