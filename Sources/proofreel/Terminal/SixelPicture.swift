internal import JPEG

/// Sixel, the graphics of the VT340: bands of six rows, one pass over a band for each colour.
enum SixelPicture {
    /// Levels of red, green and blue for terminals with so many colours.
    private static func levels(_ colours: Int) -> (Int, Int, Int) {
        switch colours {
        case 252...: (6, 7, 6)
        case 64...: (4, 4, 4)
        default: (2, 4, 2)
        }
    }

    static func encode(_ picture: ColourPicture, colours: Int) -> [UInt8] {
        let levels = levels(colours)
        let indexes = dithered(picture, levels)
        var out = Array("\u{1B}P0;1q\"1;1;\(picture.width);\(picture.height)".utf8)
        for index in 0..<levels.0 * levels.1 * levels.2 {
            let (red, green, blue) = (
                index / (levels.1 * levels.2), index / levels.2 % levels.1, index % levels.2
            )
            out += Array(
                "#\(index);2;\(red * 100 / (levels.0 - 1));\(green * 100 / (levels.1 - 1));"
                    .utf8)
            out += Array("\(blue * 100 / (levels.2 - 1))".utf8)
        }
        for top in stride(from: 0, to: picture.height, by: 6) {
            band(indexes, picture.width, top..<min(top + 6, picture.height), &out)
        }
        return out + Array("\u{1B}\\".utf8)
    }

    private static func band(
        _ indexes: [UInt8], _ width: Int, _ rows: Range<Int>, _ out: inout [UInt8]
    ) {
        var passes: [UInt8: [UInt8]] = [:]
        for (bit, row) in rows.enumerated() {
            for x in 0..<width {
                passes[
                    indexes[row * width + x], default: [UInt8](repeating: 0, count: width)][x] |=
                    1 << UInt8(bit)
            }
        }
        for (colour, sixels) in passes.sorted(by: { $0.key < $1.key }) {
            out += Array("#\(colour)".utf8)
            var x = 0
            while x < width {
                let end = sixels[x...].firstIndex { $0 != sixels[x] } ?? width
                let letter = 0x3F + sixels[x]
                if end - x > 3 {
                    out += Array("!\(end - x)".utf8) + [letter]
                } else {
                    out += [UInt8](repeating: letter, count: end - x)
                }
                x = end
            }
            out.append(UInt8(ascii: "$"))
        }
        out.append(UInt8(ascii: "-"))
    }

    /// The palette's number for each pixel; what a pixel misses goes to its neighbours (Floyd and
    /// Steinberg), so few colours look like many.
    private static func dithered(_ picture: ColourPicture, _ levels: (Int, Int, Int)) -> [UInt8] {
        let width = picture.width
        var values = picture.pixels.map { Int32($0) * 16 }
        var indexes = [UInt8](repeating: 0, count: width * picture.height)
        for y in 0..<picture.height {
            for x in 0..<width {
                var index = 0
                for (channel, count) in [levels.0, levels.1, levels.2].enumerated() {
                    let i = (y * width + x) * 3 + channel
                    let value = min(max(values[i], 0), 4080)
                    let level = (Int(value) * (count - 1) + 2040) / 4080
                    index = index * count + level
                    let missed = value - Int32(level * 4080 / (count - 1))
                    if x + 1 < width { values[i + 3] += missed * 7 / 16 }
                    guard y + 1 < picture.height else { continue }
                    let below = i + width * 3
                    values[below] += missed * 5 / 16
                    if x > 0 { values[below - 3] += missed * 3 / 16 }
                    if x + 1 < width { values[below + 3] += missed / 16 }
                }
                indexes[y * width + x] = UInt8(index)
            }
        }
        return indexes
    }
}
