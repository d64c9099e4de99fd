import AV
import Base
import Linux
import Testing

@testable import JPEG

/// A JPEG that was made of two halves shows what one that was made at once shows.
@Suite struct JPEGHalvesTests {
    typealias Subsampling = JPEGHeader.Subsampling

    struct Planes {
        let y, u, v: [UInt8]
        let strides: (Int, Int, Int)

        /// Slopes with noise on them, and nothing like them behind each line.
        init(_ width: Int, _ height: Int, _ subsampling: Subsampling, seed: UInt64) {
            var random = SeededRandom(seed: seed)
            func plane(_ wide: Int, _ high: Int) -> [UInt8] {
                (0..<(wide + 5) * high).map { at in
                    let (row, column) = (at / (wide + 5), at % (wide + 5))
                    let slope = (row * 3 + column * 2) / 9 & 255
                    return UInt8(clamping: slope + Int.random(in: -12...12, using: &random))
                }
            }
            let wide = (width + subsampling.across - 1) / subsampling.across
            let high = (height + subsampling.down - 1) / subsampling.down
            y = plane(width, height)
            u = subsampling == .grey ? [] : plane(wide, high)
            v = subsampling == .grey ? [] : plane(wide, high)
            strides = (width + 5, wide + 5, wide + 5)
        }
    }

    /// At once, in halves one after the other, and in halves on two threads.
    func jpegs(
        _ planes: Planes, _ size: (width: Int, height: Int), _ subsampling: Subsampling,
        _ range: YUVPicture.Range
    ) throws -> (whole: [UInt8], halves: [[UInt8]], small: [GreyPicture]) {
        let (y, u, v) = (planes.y, planes.u, planes.v)
        let picture = YUVPicture(
            width: size.width, height: size.height, subsampling: subsampling, y: y.span, u: u.span,
            v: v.span, strides: planes.strides, range: range, matrix: .bt709)
        var encoder = try JPEGEncoder()
        let whole = try encoder.encode(picture, quality: 90)
        let alone = try encoder.encodeHalves(picture, quality: 90, beside: nil)
        let beside = try encoder.encodeHalves(picture, quality: 90) { work in
            let thread = Thread(name: "half", work)
            return { thread.join() }
        }
        return (whole, [alone.jpeg, beside.jpeg], [alone.small, beside.small])
    }

    @Test(
        arguments: Subsampling.allCases,
        [(320, 256), (333, 271), (64, 1080), (1922, 258), (90, 40)]
    )
    func `halves show what the whole shows`(
        _ subsampling: Subsampling, _ size: (width: Int, height: Int)
    ) throws {
        let planes = Planes(size.width, size.height, subsampling, seed: 3)
        for range in [YUVPicture.Range.full, .limited] {
            let made = try jpegs(planes, size, subsampling, range)
            let shown = try ColourPicture(
                jpeg: made.whole.span, atLeast: size.width, size.height)
            #expect((shown.width, shown.height) == size)
            for half in made.halves {
                let header = try JPEGHeader(half.span)
                #expect((header.width, header.height) == size)
                #expect(header.subsampling == subsampling)
                let picture = try ColourPicture(
                    jpeg: half.span, atLeast: size.width, size.height)
                #expect((picture == shown) == true)
                #expect((half == made.whole) == (size.height < 256))
            }
            #expect((made.halves[0] == made.halves[1]) == true)
            #expect((made.small[0].pixels == made.small[1].pixels) == true)
        }
    }

    /// libavcodec as the referee.
    @Test func `another decoder sees the same in both`() throws {
        let planes = Planes(640, 360, .yuv420, seed: 5)
        let made = try jpegs(planes, (640, 360), .yuv420, .limited)
        func decoded(_ jpeg: [UInt8]) throws -> [[UInt8]] {
            var decoder = try Decoder(.mjpeg, parameterSets: [])
            var packet = Packet()
            var frame = Frame()
            try packet.fill(jpeg.span, presentation: 0)
            try decoder.send(packet)
            try decoder.finish()
            let came = try decoder.receive(into: &frame)
            let isDamaged = frame.isDamaged
            #expect(came && !isDamaged)
            return [frame.copyOfPlane(0), frame.copyOfPlane(1), frame.copyOfPlane(2)]
        }
        let whole = try decoded(made.whole)
        for half in made.halves { #expect((try decoded(half) == whole) == true) }
    }

    @Test func `what does not belong together is not joined`() throws {
        let planes = Planes(320, 256, .yuv420, seed: 7)
        let whole = try jpegs(planes, (320, 256), .yuv420, .full).whole
        #expect(JPEGHalves.joined(whole, whole, height: 512, groups: 320) != nil)
        let grey = try jpegs(planes, (320, 256), .grey, .full).whole
        #expect(JPEGHalves.joined(whole, grey, height: 512, groups: 320) == nil)
        for cut in [0, 2, 3, 20, 300, whole.count - 1] {
            let bytes = Array(whole[..<cut])
            #expect(JPEGHalves.joined(whole, bytes, height: 512, groups: 320) == nil)
            #expect(JPEGHalves.joined(bytes, whole, height: 512, groups: 320) == nil)
        }
    }

    @Test(arguments: [YUVPicture.Range.full, .limited], [YUVPicture.Matrix.bt601, .bt709])
    func `every colour is at most one step from what it should be`(
        _ range: YUVPicture.Range, _ matrix: YUVPicture.Matrix
    ) {
        // All brightnesses with many pairs of colours, those at the ends among them.
        let (width, height) = (256, 1024)
        let steps = (0..<32).map { min(255, $0 * 8 + $0 / 4) }
        let y = (0..<width * height).map { UInt8($0 % width) }
        let u = (0..<width * height).map { UInt8(steps[$0 / width % 32]) }
        let v = (0..<width * height).map { UInt8(steps[$0 / width / 32]) }
        let copy = ConvertedPlanes(
            YUVPicture(
                width: width, height: height, subsampling: .yuv444, y: y.span, u: u.span,
                v: v.span, strides: (width, width, width), range: range, matrix: matrix))
        let (light, colour) = range == .limited ? (255.0 / 219, 255.0 / 224) : (1, 1)
        // Kr and Kb of the camera's matrix, and of JPEG's.
        let (kr, kb) = matrix == .bt709 ? (0.2126, 0.0722) : (0.299, 0.114)
        func byte(_ value: Double) -> Double { min(255, max(0, value)) }
        var worst = 0.0
        for at in stride(from: 0, to: width * height, by: 5) {
            let luma = (Double(y[at]) - (range == .limited ? 16 : 0)) * light
            let (blue, red) = ((Double(u[at]) - 128) * colour, (Double(v[at]) - 128) * colour)
            let r = luma + 2 * (1 - kr) * red
            let b = luma + 2 * (1 - kb) * blue
            let g = (luma - kr * r - kb * b) / (1 - kr - kb)
            let wanted = 0.299 * r + 0.587 * g + 0.114 * b
            let (wantedBlue, wantedRed) = ((b - wanted) / 1.772, (r - wanted) / 1.402)
            worst = max(
                worst, abs(Double(copy.y[at]) - byte(wanted)),
                abs(Double(copy.u[at]) - byte(128 + wantedBlue)),
                abs(Double(copy.v[at]) - byte(128 + wantedRed)))
        }
        #expect(worst <= 1)
    }
}
