/// What the test camera shows: a moving pattern that says which frame it is, to people in large
/// digits and to programs in a row of cells.
///
/// The row is across the top, a 24th of the height. Its 64 cells are equally wide, white for 1:
///
/// | cells | what |
/// |---|---|
/// | 0–3 | 1 0 1 0: here it is |
/// | 4–11 | camera code |
/// | 12–43 | frame number, 32 bits |
/// | 44–59 | CRC-16 (CCITT, from FFFF) of the 5 bytes before |
/// | 60–63 | 0 1 0 1: here it ends |
///
/// High bits come first. `PatternReader` reads it, also from a picture that was coded and scaled.
package struct TestPattern: Sendable {
    package static let cells = 64
    package static let widthMin = 128
    package static let heightMin = 48

    package let width: Int
    package let height: Int
    package let code: UInt8

    package init(width: Int, height: Int, code: UInt8 = 0) {
        precondition(width >= Self.widthMin && height >= Self.heightMin, "too small for cells")
        precondition(width % 2 == 0 && height % 2 == 0, "4:2:0 wants even sides")
        self.width = width
        self.height = height
        self.code = code
    }

    /// Planes of 4:2:0 without padding; full range.
    package struct Planes: Sendable {
        package var y: [UInt8]
        package var u: [UInt8]
        package var v: [UInt8]
    }

    static func rowHeight(_ height: Int) -> Int { max(2, height / 24) }

    static func bits(code: UInt8, frame: UInt32) -> [Bool] {
        let check = checksum(code, frame)
        var bits = [true, false, true, false]
        for shift in (0..<8).reversed() { bits.append(code >> UInt8(shift) & 1 == 1) }
        for shift in (0..<32).reversed() { bits.append(frame >> UInt32(shift) & 1 == 1) }
        for shift in (0..<16).reversed() { bits.append(check >> UInt16(shift) & 1 == 1) }
        return bits + [false, true, false, true]
    }

    static func checksum(_ code: UInt8, _ frame: UInt32) -> UInt16 {
        var bytes = [code]
        for shift in [24, 16, 8, 0] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: frame >> shift))
        }
        var crc: UInt16 = 0xFFFF
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 != 0 ? crc << 1 ^ 0x1021 : crc << 1 }
        }
        return crc
    }

    package func draw(_ frame: UInt32) -> Planes {
        var planes = Planes(y: [], u: [], v: [])
        planes.y.reserveCapacity(width * height)
        let top = cellLine(frame)
        let rows = Self.rowHeight(height)
        for _ in 0..<rows { planes.y += top }
        // A ramp that moves; one line of it is made, the others are the same.
        let shift = Int(frame % 256) * 2
        let ramp = (0..<width).map { UInt8(truncatingIfNeeded: 40 + ($0 / 4 + shift) % 128) }
        for _ in rows..<height { planes.y += ramp }
        drawDigits(frame, into: &planes.y)
        // The colours change slowly across and with time.
        let (wide, high) = (width / 2, height / 2)
        let blue = (0..<wide).map { UInt8(96 + $0 * 64 / wide) }
        for row in 0..<high {
            planes.u += blue
            let red = UInt8(96 + (row + Int(frame % 1024)) % high * 64 / high)
            planes.v += [UInt8](repeating: red, count: wide)
        }
        // No colour under the cells.
        let grey = [UInt8](repeating: 128, count: wide * ((rows + 1) / 2))
        planes.u.replaceSubrange(0..<grey.count, with: grey)
        planes.v.replaceSubrange(0..<grey.count, with: grey)
        return planes
    }

    private func cellLine(_ frame: UInt32) -> [UInt8] {
        let bits = Self.bits(code: code, frame: frame)
        var line: [UInt8] = []
        for (i, bit) in bits.enumerated() {
            let next = (i + 1) * width / Self.cells
            line += [UInt8](repeating: bit ? 235 : 16, count: next - line.count)
        }
        return line
    }
}

// MARK: digits

extension TestPattern {
    /// 3 by 5 dots, a row in each three bits.
    private static let font: [UInt16] = [
        0b111_101_101_101_111, 0b010_110_010_010_111, 0b111_001_111_100_111, 0b111_001_111_001_111,
        0b101_101_111_001_001, 0b111_100_111_001_111, 0b111_100_111_101_111, 0b111_001_010_010_010,
        0b111_101_111_101_111, 0b111_101_111_001_111,
    ]

    /// Camera code and frame number, white on black in the middle.
    private func drawDigits(_ frame: UInt32, into y: inout [UInt8]) {
        let digits = Self.digits(UInt32(code), 3) + [nil] + Self.digits(frame, 8)
        let dot = max(1, width / (digits.count * 4 + 8))
        let left = (width - digits.count * 4 * dot) / 2
        let top = (height - 5 * dot) / 2
        for row in max(0, top - dot)..<min(height, top + 6 * dot) {
            for x in max(0, left - dot)..<min(width, left + digits.count * 4 * dot) {
                y[row * width + x] = 16
            }
        }
        for (place, digit) in digits.enumerated() {
            guard let digit else { continue }
            for bit in 0..<15 where Self.font[digit] >> UInt16(14 - bit) & 1 == 1 {
                let (x, row) = (left + (place * 4 + bit % 3) * dot, top + bit / 3 * dot)
                for line in row..<min(row + dot, height) {
                    for pixel in x..<min(x + dot, width) { y[line * width + pixel] = 235 }
                }
            }
        }
    }

    private static func digits(_ number: UInt32, _ count: Int) -> [Int?] {
        var digits: [Int?] = []
        var rest = number
        for _ in 0..<count {
            digits.insert(Int(rest % 10), at: 0)
            rest /= 10
        }
        return digits
    }
}

/// Reads which frame a picture of the test camera shows.
package enum PatternReader {
    package struct Reading: Hashable, Sendable {
        package let code: UInt8
        package let frame: UInt32

        package init(code: UInt8, frame: UInt32) {
            self.code = code
            self.frame = frame
        }
    }

    /// From brightness; nil when the row of cells is not there, or spoilt.
    package static func read(
        width: Int, height: Int, stride: Int, _ y: Span<UInt8>
    ) -> Reading? {
        guard width >= TestPattern.cells, height >= 8, stride >= width,
            y.count >= stride * (height - 1) + width
        else { return nil }
        // The middle of the row and of each cell, where neighbours have not bled in.
        let rows = max(1, height / 24)
        let lines = (rows / 4)..<max(rows / 4 + 1, rows * 3 / 4)
        var bits: [Bool] = []
        for cell in 0..<TestPattern.cells {
            let (start, end) = (
                cell * width / TestPattern.cells, (cell + 1) * width / TestPattern.cells
            )
            let quarter = (end - start) / 4
            let columns = (start + quarter)..<max(start + quarter + 1, end - quarter)
            var sum = 0
            for line in lines {
                for column in columns { sum += Int(y[line * stride + column]) }
            }
            bits.append(sum > 126 * lines.count * columns.count)
        }
        let code = UInt8(number(bits[4..<12]))
        let frame = UInt32(number(bits[12..<44]))
        let reading = Reading(code: code, frame: frame)
        return bits == TestPattern.bits(code: code, frame: frame) ? reading : nil
    }

    private static func number(_ bits: ArraySlice<Bool>) -> UInt64 {
        bits.reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
    }
}
