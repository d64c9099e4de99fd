internal import JPEG

/// Two pixels a letter: the upper half block in the upper one's colour, on the lower one's.
enum BlockPicture {
    static func encode(_ picture: ColourPicture) -> [UInt8] {
        var text = ""
        for y in stride(from: 0, to: picture.height, by: 2) {
            var last = ""
            for x in 0..<picture.width {
                let colours =
                    "38;2;" + colour(picture, x, y) + ";"
                    + (y + 1 < picture.height ? "48;2;" + colour(picture, x, y + 1) : "49")
                if colours != last { text += "\u{1B}[\(colours)m" }
                last = colours
                text += "▀"
            }
            text += "\u{1B}[0m\n"
        }
        return Array(text.utf8)
    }

    private static func colour(_ picture: ColourPicture, _ x: Int, _ y: Int) -> String {
        let i = (y * picture.width + x) * 3
        return "\(picture.pixels[i]);\(picture.pixels[i + 1]);\(picture.pixels[i + 2])"
    }
}
