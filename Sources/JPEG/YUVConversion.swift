internal import Base

/// A copy of a picture as JPEG wants it: full range, BT.601, sides that are multiples of what
/// shares a colour. Cameras mostly send limited range, and BT.709 when they are large; without
/// conversion black is grey and red is orange. Fixed point with 14 bits: at most one step from the
/// exact value.
struct ConvertedPlanes {
    private(set) var y: [UInt8]
    private(set) var u: [UInt8]
    private(set) var v: [UInt8]
    let width: Int
    let colourWidth: Int

    init(_ picture: borrowing YUVPicture) {
        let (across, down) = (picture.subsampling.across, picture.subsampling.down)
        let isGrey = picture.subsampling == .grey
        let (wide, high) = (picture.colourWidth, picture.colourHeight)
        width = isGrey ? picture.width : wide * across
        let height = isGrey ? picture.height : high * down
        colourWidth = isGrey ? 0 : wide
        y = [UInt8](repeating: 0, count: width * height)
        u = [UInt8](repeating: 0, count: colourWidth * high)
        v = u
        var lift = [Int32](repeating: 0, count: width)
        let colours = isGrey ? nil : Colours(picture.range, picture.matrix)
        let brightness = Brightness(picture.range)
        for row in 0..<height {
            let from = min(row, picture.height - 1)
            if let colours, row % down == 0 {
                convertColours(picture, row / down, colours, across, into: &lift)
            }
            let source = picture.planes.0.extracting(droppingFirst: from * picture.strides.0)
            let start = row * width
            brightness.convert(source, picture.width, lift, &y, start)
            for i in picture.width..<max(width, picture.width) {
                y[start + i] = y[start + picture.width - 1]
            }
        }
    }

    private mutating func convertColours(
        _ picture: borrowing YUVPicture, _ row: Int, _ colours: Colours, _ across: Int,
        into lift: inout [Int32]
    ) {
        let blue = picture.planes.1.extracting(droppingFirst: row * picture.strides.1)
        let red = picture.planes.2.extracting(droppingFirst: row * picture.strides.2)
        colours.convert(blue, red, colourWidth, &u, &v, row * colourWidth, across, &lift)
    }
}

/// Black and white where JPEG has them, plus what the change of matrix adds.
private struct Brightness {
    private let black: Int32
    private let scale: Int32

    init(_ range: YUVPicture.Range) {
        black = range == .limited ? 16 : 0
        scale = range == .limited ? 19077 : 16384  // 255 / 219
    }

    func convert(
        _ source: Span<UInt8>, _ count: Int, _ lift: [Int32], _ out: inout [UInt8], _ start: Int
    ) {
        precondition(source.count >= count && lift.count >= count && out.count >= start + count)
        unsafe source.withUnsafeBufferPointer { source in
            unsafe lift.withUnsafeBufferPointer { lift in
                unsafe out.withUnsafeMutableBufferPointer { out in
                    for i in 0..<count {
                        let full = (unsafe Int32(source[i]) &- black) &* scale
                        let value = (full &+ (unsafe lift[i]) &+ 8192) &>> 14
                        unsafe out[start &+ i] = UInt8(
                            truncatingIfNeeded: min(max(value, 0), 255))
                    }
                }
            }
        }
    }
}

/// Colours in full range and BT.601. `lift`: what each pixel's brightness changes by.
private struct Colours {
    private let scale: Int32
    /// BT.709 to BT.601: brightness from blue and red, blue from both, red from both.
    private let matrix: (Int32, Int32, Int32, Int32, Int32, Int32)

    init(_ range: YUVPicture.Range, _ matrix: YUVPicture.Matrix) {
        scale = range == .limited ? 18651 : 16384  // 255 / 224
        self.matrix =
            matrix == .bt709
            ? (1664, 3213, 16218, -1813, -1187, 16112) : (0, 0, 16384, 0, 0, 16384)
    }

    func convert(
        _ blue: Span<UInt8>, _ red: Span<UInt8>, _ count: Int, _ u: inout [UInt8],
        _ v: inout [UInt8], _ start: Int, _ across: Int, _ lift: inout [Int32]
    ) {
        precondition(blue.count >= count && red.count >= count && lift.count >= count * across)
        precondition(u.count >= start + count && v.count >= start + count)
        let m = matrix
        for i in 0..<count {
            let b = ((Int32(blue[i]) &- 128) &* scale) &>> 6
            let r = ((Int32(red[i]) &- 128) &* scale) &>> 6
            // Eight bits of fraction are left; with the matrix, 22.
            let newB = (((b &* m.2) &>> 8) &+ ((r &* m.3) &>> 8) &+ 8192) &>> 14
            let newR = (((b &* m.4) &>> 8) &+ ((r &* m.5) &>> 8) &+ 8192) &>> 14
            u[start &+ i] = UInt8(truncatingIfNeeded: min(max(newB &+ 128, 0), 255))
            v[start &+ i] = UInt8(truncatingIfNeeded: min(max(newR &+ 128, 0), 255))
            let change = ((b &* m.0) &>> 8) &+ ((r &* m.1) &>> 8)
            for k in 0..<across { lift[i &* across &+ k] = change }
        }
    }
}
