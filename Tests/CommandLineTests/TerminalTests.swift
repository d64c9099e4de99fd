import Base
import Foundation
import JPEG
import Linux
import TestSupport
import Testing

@testable import proofreel

/// Pictures on terminals: what is sent, read back by readers of the tests' own.
@Suite struct TerminalTests {
    /// A gradient with hard edges in it.
    static func picture(_ width: Int, _ height: Int) -> ColourPicture {
        var pixels: [UInt8] = []
        for y in 0..<height {
            for x in 0..<width {
                pixels += [
                    UInt8(x * 255 / max(1, width - 1)), UInt8(y * 255 / max(1, height - 1)),
                    x / 4 % 2 == 0 ? 0 : 255,
                ]
            }
        }
        return ColourPicture(width: width, height: height, pixels: pixels)
    }

    @Test func `two pixels are one letter, byte for byte`() {
        let picture = ColourPicture(
            width: 2, height: 3,
            pixels: [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255, 1, 2, 3, 4, 5, 6])
        let text = String(decoding: BlockPicture.encode(picture), as: UTF8.self)
        #expect(
            text == "\u{1B}[38;2;255;0;0;48;2;0;0;255m▀▀\u{1B}[0m\n"
                + "\u{1B}[38;2;1;2;3;49m▀\u{1B}[38;2;4;5;6;49m▀\u{1B}[0m\n")
    }

    @Test(arguments: [(1, 1), (7, 4), (80, 42), (33, 13)])
    func `letters have the colours of all pixels`(width: Int, height: Int) throws {
        let picture = Self.picture(width, height)
        let text = String(decoding: BlockPicture.encode(picture), as: UTF8.self)
        let lines = text.split(separator: "\n")
        #expect(lines.count == (height + 1) / 2)
        var found = [UInt8](repeating: 0, count: width * height * 3)
        for (row, line) in lines.enumerated() {
            var colours: [Int] = []
            var x = 0
            for part in line.split(separator: "\u{1B}[") {
                let end = try #require(part.firstIndex(of: "m"))
                colours = part[..<end].split(separator: ";").compactMap { Int($0) }
                for letter in part[part.index(after: end)...] {
                    #expect(letter == "▀")
                    for channel in 0..<3 {
                        found[(2 * row * width + x) * 3 + channel] = UInt8(colours[2 + channel])
                        guard 2 * row + 1 < height else { continue }
                        found[((2 * row + 1) * width + x) * 3 + channel] =
                            UInt8(colours[7 + channel])
                    }
                    x += 1
                }
            }
            #expect(x == width)
        }
        #expect(found == picture.pixels)
    }

    @Test func `a sixel picture of one colour, byte for byte`() {
        let picture = ColourPicture(
            width: 5, height: 7, pixels: [UInt8](repeating: 255, count: 5 * 7 * 3))
        let text = String(decoding: SixelPicture.encode(picture, colours: 16), as: UTF8.self)
        let palette = (0..<16).map { i in
            "#\(i);2;\(i / 8 * 100);\(i / 2 % 4 * 100 / 3);\(i % 2 * 100)"
        }
        #expect(
            text == "\u{1B}P0;1q\"1;1;5;7" + palette.joined()
                + "#15!5~$-" + "#15!5@$-" + "\u{1B}\\")
    }

    @Test(arguments: [(1, 1, 16), (64, 40, 64), (37, 25, 256), (64, 48, 16)])
    func `every pixel of a sixel picture is painted once, near its colour`(
        width: Int, height: Int, colours: Int
    ) throws {
        let picture = Self.picture(width, height)
        let painted = try Sixels(SixelPicture.encode(picture, colours: colours))
        #expect(painted.width == width && painted.height == height)
        #expect(painted.colours <= colours)
        let isWhole = painted.counts.prefix(width * height).allSatisfy { $0 == 1 }
        #expect(isWhole)
        // Dithering errs in each pixel and is right on the whole.
        for channel in 0..<3 {
            var (wanted, found) = (0, 0)
            for i in 0..<width * height {
                wanted += Int(picture.pixels[i * 3 + channel])
                found += painted.pixels[i * 3 + channel]
            }
            #expect(abs(wanted - found) <= width * height * 8, "channel \(channel)")
        }
    }

    @Test func `kitty gets all pixels in pieces that it takes`() throws {
        let picture = Self.picture(90, 61)
        let text = String(decoding: KittyPicture.encode(picture), as: UTF8.self)
        #expect(text.hasPrefix("\u{1B}_Ga=T,q=2,f=24,s=90,v=61,m=1;"))
        var joined = ""
        let parts = text.components(separatedBy: "\u{1B}\\").dropLast()
        for (i, part) in parts.enumerated() {
            let pieces = part.split(separator: ";", maxSplits: 1)
            #expect(part.hasPrefix("\u{1B}_G") && pieces[1].count <= 4096)
            #expect(pieces[0].hasSuffix(i + 1 == parts.count ? "m=0" : "m=1"))
            joined += pieces[1]
        }
        #expect(Data(base64Encoded: joined).map { Array($0) } == picture.pixels)
        let png = String(decoding: KittyPicture.encode(png: [1, 2], columns: 40), as: UTF8.self)
        #expect(png == "\u{1B}_Ga=T,q=2,f=100,c=40,m=0;AQI=\u{1B}\\")
    }

    // MARK: What terminals answer

    static func answers(_ text: String, garbage: [UInt8] = []) -> TerminalAnswers {
        var answers = TerminalAnswers()
        for byte in garbage + Array(text.utf8) where answers.take(byte) { break }
        return answers
    }

    static let size = Terminal.Size(columns: 80, rows: 24, pixelWidth: 0, pixelHeight: 0)

    static func way(_ text: String, coloured: Bool = true, term: String = "xterm") -> Screen.Way? {
        Screen(term: term, isColoured: coloured, size: size, answers(text))?.way
    }

    @Test func `the best way that a terminal knows is taken`() {
        #expect(Self.way("\u{1B}_Gi=7447;OK\u{1B}\\\u{1B}[?62;4c") == .kitty)
        #expect(Self.way("\u{1B}[?1;0;1024S\u{1B}[?62;4;22c") == .sixel(colours: 1024))
        #expect(Self.way("\u{1B}[?63;1;2;4c") == .sixel(colours: 256))
        #expect(Self.way("\u{1B}_Gi=7447;ENOTSUPPORTED:x\u{1B}\\\u{1B}[?6c") == .blocks)
        #expect(Self.way("\u{1B}_Gi=1;OK\u{1B}\\\u{1B}[?6c") == .blocks)
        #expect(Self.way("\u{1B}[?1;3;0S\u{1B}[?64;1;2c") == .blocks)
        // The first number is the kind of terminal, not a thing that it can.
        #expect(Self.way("\u{1B}[?4c") == .blocks)
        #expect(Self.way("") == .blocks)
        #expect(Self.way("", coloured: false) == nil)
        #expect(Self.way("\u{1B}[?62;4c", term: "dumb") == nil)
        let tiny = Terminal.Size(columns: 10, rows: 3, pixelWidth: 0, pixelHeight: 0)
        #expect(Screen(term: "xterm", isColoured: true, size: tiny, Self.answers("")) == nil)
        #expect(Screen(term: nil, isColoured: true, size: Self.size, Self.answers("")) == nil)
    }

    @Test func `sizes are those of letters, and no picture grows`() throws {
        let measured = Self.answers("\u{1B}[6;18;9t\u{1B}[?62;4c")
        let screen = try #require(
            Screen(term: "xterm", isColoured: true, size: Self.size, measured))
        #expect(screen.width == 720 && screen.height == 21 * 18)
        #expect(screen.fitted(1920, 1080) == (672, 378))
        #expect(screen.fitted(100, 50) == (100, 50))
        #expect(screen.fitted(16384, 1) == (720, 1))
        #expect(screen.fitted(1, 16384) == (1, 378))
        let absurd = Self.answers("\u{1B}[6;9999;0t\u{1B}[?62;4c")
        #expect(absurd.letter == nil)
    }

    @Test func `keys and rubbish between the answers do no harm`() {
        let typed = Array("ls\r\u{1B}[A\u{1B}OP\u{1B}\u{1B}".utf8) + [0xFF, 0x00, 0x9B]
        let answers = Self.answers("\u{1B}[?62;4c", garbage: typed)
        #expect(answers.isComplete && answers.hasSixel)
        let endless = [UInt8](repeating: UInt8(ascii: "1"), count: 100_000)
        let flooded = Self.answers("\u{1B}[?62;4c", garbage: Array("\u{1B}[?".utf8) + endless)
        #expect(flooded.isComplete && flooded.hasSixel)
    }

    @Test func `whatever a terminal says, reading it ends`() {
        var random = SeededRandom(seed: 5)
        let letters = Array("\u{1B}[_?;0149\\GciStK=OA".utf8)
        var complete = 0
        for _ in 0..<20_000 {
            var answers = TerminalAnswers()
            for _ in 0..<40 {
                let byte = letters[Int(random.next() % UInt64(letters.count))]
                if answers.take(byte) { break }
            }
            if answers.isComplete { complete += 1 }
            _ = Screen(term: "x", isColoured: true, size: Self.size, answers)
        }
        #expect(complete > 0)
    }
}

/// A reader of sixel: what is painted where, and how often.
private struct Sixels {
    var width = 0
    var height = 0
    var pixels: [Int] = []
    var counts: [Int] = []
    var colours = 0

    private struct Wrong: Error {}

    init(_ bytes: [UInt8]) throws {
        let text = Array(String(decoding: bytes, as: UTF8.self))
        var at = 0
        func number() -> Int {
            var value = 0
            while at < text.count, let digit = text[at].wholeNumberValue {
                value = value * 10 + digit
                at += 1
            }
            return value
        }
        func list() -> [Int] {
            var found = [number()]
            while at < text.count, text[at] == ";" {
                at += 1
                found.append(number())
            }
            return found
        }
        guard String(text.prefix(7)) == "\u{1B}P0;1q\"" else { throw Wrong() }
        at = 7
        let raster = list()
        (width, height) = (raster[2], raster[3])
        let rows = (height + 5) / 6 * 6
        pixels = [Int](repeating: 0, count: width * rows * 3)
        counts = [Int](repeating: 0, count: width * rows)
        var palette: [Int: [Int]] = [:]
        var (x, top, colour) = (0, 0, [0, 0, 0])
        while at < text.count {
            let letter = text[at]
            at += 1
            switch letter {
            case "#":
                let said = list()
                if said.count == 5 { palette[said[0]] = said.suffix(3).map { $0 * 255 / 100 } }
                guard let known = palette[said[0]] else { throw Wrong() }
                colour = known
            case "$": x = 0
            case "-": (x, top) = (0, top + 6)
            case "\u{1B}":
                guard at + 1 == text.count, text[at] == "\\" else { throw Wrong() }
                at += 1
            default:
                let times = letter == "!" ? number() : 1
                let sixel = letter == "!" ? text[at] : letter
                if letter == "!" { at += 1 }
                guard let value = sixel.asciiValue, (0x3F...0x7E).contains(value) else {
                    throw Wrong()
                }
                for _ in 0..<times {
                    for bit in 0..<6 where (value - 0x3F) >> UInt8(bit) & 1 == 1 {
                        let i = (top + bit) * width + x
                        counts[i] += 1
                        pixels.replaceSubrange(i * 3..<i * 3 + 3, with: colour)
                    }
                    x += 1
                }
            }
        }
        colours = palette.count
    }
}
