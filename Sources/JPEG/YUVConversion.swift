internal import Base

/// A copy of a picture as JPEG wants it: full range, BT.601, sides that are multiples of what
/// shares a colour. Cameras mostly send limited range, and BT.709 when they are large; without
/// conversion black is grey and red is orange. At most one step from the exact value.
///
/// Fixed point in 16 bits, five of them after the point, because eight such numbers fit in the
/// smallest register that every processor has; in 32 bits it took three times as long.
@safe struct ConvertedPlanes {
    /// Brightness, blue, red.
    private let bytes: [UInt8]
    let width: Int
    let height: Int
    let colourWidth: Int
    private let colourHeight: Int

    init(_ picture: borrowing YUVPicture) {
        let sampling = picture.subsampling
        let isGrey = sampling == .grey
        let (wide, high) = (picture.colourWidth, picture.colourHeight)
        let width = isGrey ? picture.width : wide * sampling.across
        let height = isGrey ? picture.height : high * sampling.down
        self.width = width
        self.height = height
        (colourWidth, colourHeight) = isGrey ? (0, 0) : (wide, high)
        let (blue, red) = (width * height, width * height + colourWidth * colourHeight)
        let count = red + colourWidth * colourHeight
        let brightness = Brightness(picture.range)
        let colours = Colours(picture.range, picture.matrix)
        var lift = [Int16](repeating: 0, count: width)
        let (y, u, v) = picture.planes
        let (strides, colourWide) = (picture.strides, colourWidth)
        let (shownWidth, shownHeight) = (picture.width, picture.height)
        bytes = unsafe Array(unsafeUninitializedCapacity: count) { out, initialized in
            for row in 0..<height {
                if !isGrey, row % sampling.down == 0 {
                    let line = row / sampling.down
                    unsafe colours.convert(
                        u.extracting(droppingFirst: line * strides.1),
                        v.extracting(droppingFirst: line * strides.2), colourWide,
                        out.baseAddress! + blue + line * colourWide,
                        out.baseAddress! + red + line * colourWide, sampling.across, &lift)
                }
                let from = min(row, shownHeight - 1)
                let line = unsafe out.baseAddress! + row * width
                unsafe brightness.convert(
                    y.extracting(droppingFirst: from * strides.0), shownWidth, lift, line)
                for i in shownWidth..<max(width, shownWidth) {
                    unsafe line[i] = unsafe line[shownWidth - 1]
                }
            }
            initialized = count
        }
    }

    var y: Span<UInt8> {
        @_lifetime(borrow self) get { bytes.span.extracting(0..<(width * height)) }
    }
    var u: Span<UInt8> {
        @_lifetime(borrow self) get {
            bytes.span.extracting(droppingFirst: width * height)
                .extracting(first: colourWidth * colourHeight)
        }
    }
    var v: Span<UInt8> {
        @_lifetime(borrow self) get {
            bytes.span.extracting(last: colourWidth * colourHeight)
        }
    }
}

/// The product of a number with seven bits after the point and a factor with 14: five are left.
@inline(__always) private func times(_ number: Int16, _ factor: Int16) -> Int16 {
    Int16(truncatingIfNeeded: (Int32(number) &* Int32(factor)) &>> 16)
}

/// The nearest byte to a number with five bits after the point.
@inline(__always) private func byte(_ number: Int16) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max((number &+ 16) &>> 5, 0), 255))
}

/// Black and white where JPEG has them, plus what the change of matrix adds.
private struct Brightness {
    private let black: Int16
    private let scale: Int16

    init(_ range: YUVPicture.Range) {
        black = range == .limited ? 16 : 0
        scale = range == .limited ? 19077 : 16384  // 255 / 219
    }

    func convert(
        _ source: Span<UInt8>, _ count: Int, _ lift: [Int16], _ out: UnsafeMutablePointer<UInt8>
    ) {
        precondition(source.count >= count && lift.count >= count)
        unsafe source.withUnsafeBufferPointer { source in
            unsafe lift.withUnsafeBufferPointer { lift in
                for i in 0..<count {
                    let full = times((unsafe Int16(source[i]) &- black) &<< 7, scale)
                    unsafe out[i] = byte(full &+ (unsafe lift[i]))
                }
            }
        }
    }
}

/// Colours in full range and BT.601. `lift`: what each pixel's brightness changes by.
private struct Colours {
    /// With 14 bits after the point: brightness from blue and red, blue from both, red from both.
    private let factors: (Int16, Int16, Int16, Int16, Int16, Int16)

    init(_ range: YUVPicture.Range, _ matrix: YUVPicture.Matrix) {
        let scale = range == .limited ? 255.0 / 224 : 1
        func factor(_ share: Double) -> Int16 { Int16((share * scale * 16384).rounded()) }
        factors =
            matrix == .bt709
            ? (
                factor(0.101579), factor(0.196076), factor(0.989854), factor(-0.110653),
                factor(-0.072453), factor(0.983398)
            ) : (0, 0, factor(1), 0, 0, factor(1))
    }

    func convert(
        _ blue: Span<UInt8>, _ red: Span<UInt8>, _ count: Int, _ u: UnsafeMutablePointer<UInt8>,
        _ v: UnsafeMutablePointer<UInt8>, _ across: Int, _ lift: inout [Int16]
    ) {
        precondition(blue.count >= count && red.count >= count && lift.count >= count * across)
        let m = factors
        unsafe blue.withUnsafeBufferPointer { blue in
            unsafe red.withUnsafeBufferPointer { red in
                unsafe lift.withUnsafeMutableBufferPointer { lift in
                    for i in 0..<count {
                        let b = (unsafe Int16(blue[i]) &- 128) &<< 7
                        let r = (unsafe Int16(red[i]) &- 128) &<< 7
                        unsafe u[i] = byte(times(b, m.2) &+ times(r, m.3) &+ 128 &<< 5)
                        unsafe v[i] = byte(times(b, m.4) &+ times(r, m.5) &+ 128 &<< 5)
                        // Spread backwards over those who share the colour, in place.
                        unsafe lift[i] = times(b, m.0) &+ times(r, m.1)
                    }
                    guard across > 1 else { return }
                    for i in (0..<count).reversed() {
                        let change = unsafe lift[i]
                        for k in 0..<across { unsafe lift[i &* across &+ k] = change }
                    }
                }
            }
        }
    }
}
