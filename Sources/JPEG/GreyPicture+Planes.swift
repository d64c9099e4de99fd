extension GreyPicture {
    package init(quarterOf picture: borrowing YUVPicture) {
        self.init(
            quarterOf: picture.planes.0, width: picture.width, height: picture.height,
            stride: picture.strides.0, range: picture.range)
    }

    /// A quarter of the sides, from the brightness that was decoded anyway, which saves decoding
    /// the finished JPEG again. Each pixel is the mean of 4x4, as a JPEG's small picture is in
    /// effect, so what is measured on one kind holds for the other.
    ///
    /// `luma`: one byte each, lines `stride` apart.
    package init(
        quarterOf luma: Span<UInt8>, width: Int, height: Int, stride: Int, range: YUVPicture.Range
    ) {
        precondition(1...JPEGHeader.sideMax ~= width && 1...JPEGHeader.sideMax ~= height)
        precondition(stride >= width && luma.count >= stride * (height - 1) + width)
        let (wide, high) = ((width + 3) / 4, (height + 3) / 4)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(wide * high)
        let levels = Self.levels(range)
        var sums = [UInt16](repeating: 0, count: wide * 4)
        for row in 0..<high {
            let lines = min(4, height - 4 * row)
            for i in sums.indices { sums[i] = 0 }
            for line in 0..<lines {
                let start = (4 * row + line) * stride
                Self.add(luma.extracting(start..<(start + width)), to: &sums)
            }
            // All but the edges are means of sixteen, which takes no division.
            let whole = lines == 4 ? width / 4 : 0
            Self.appendMeans(of: sums, whole, levels, to: &pixels)
            for column in whole..<wide {
                let i = column * 4
                let sum = Int(sums[i]) + Int(sums[i + 1]) + Int(sums[i + 2]) + Int(sums[i + 3])
                let count = lines * min(4, width - i)
                pixels.append(levels[(sum + count / 2) / count])
            }
        }
        self.init(width: wide, height: high, pixels: pixels)
    }

    /// What JPEG would say for each brightness: black is 0 there, and white 255.
    private static func levels(_ range: YUVPicture.Range) -> [UInt8] {
        (0...255).map { (value: Int) -> UInt8 in
            guard range == .limited else { return UInt8(value) }
            let full = (max(0, value - 16) * 510 + 219) / 438
            return UInt8(min(255, full))
        }
    }

    /// The nearest to the mean of each sixteen whose sums by column stand side by side.
    private static func appendMeans(
        of sums: [UInt16], _ count: Int, _ levels: [UInt8], to pixels: inout [UInt8]
    ) {
        precondition(sums.count >= 4 * count && levels.count == 256)
        pixels.append(addingCapacity: count) { out in
            unsafe sums.withUnsafeBufferPointer { sums in
                unsafe levels.withUnsafeBufferPointer { levels in
                    for column in 0..<count {
                        let i = column &* 4
                        let sum = unsafe sums[i] &+ sums[i &+ 1] &+ sums[i &+ 2] &+ sums[i &+ 3]
                        out.append(unsafe levels[Int((sum &+ 8) &>> 4)])
                    }
                }
            }
        }
    }

    private static func add(_ line: Span<UInt8>, to sums: inout [UInt16]) {
        let count = line.count
        precondition(sums.count >= count)
        unsafe line.withUnsafeBufferPointer { line in
            unsafe sums.withUnsafeMutableBufferPointer { sums in
                for i in 0..<count { unsafe sums[i] &+= UInt16(line[i]) }
            }
        }
    }
}
