internal import Base
internal import JPEG
internal import Linux

/// How the terminal at hand shows pictures, and how large they may be there.
struct Screen: Hashable, Sendable {
    enum Way: Hashable, Sendable {
        case kitty
        case sixel(colours: Int)
        case blocks
    }

    /// Sent through a terminal in full, so no larger than a person needs to recognise it.
    private static let pixelsMax = (width: 1024, height: 768)
    /// Letters of terminals that do not tell their size.
    private static let letterDefault = (width: 10, height: 20)

    let way: Way
    let width: Int
    let height: Int
    let columns: Int

    /// From what the environment and the terminal say; nil when nothing can be shown.
    init?(term: String?, isColoured: Bool, size: Terminal.Size?, _ answers: TerminalAnswers) {
        guard let term, term != "dumb", let size, size.columns >= 20, size.rows >= 8 else {
            return nil
        }
        // A line for the prompt and one for words stay free.
        let rows = size.rows - 3
        columns = size.columns
        if answers.hasGraphics {
            way = .kitty
        } else if answers.hasSixel {
            way = .sixel(colours: answers.colours ?? 256)
        } else if isColoured {
            way = .blocks
            width = size.columns
            height = rows * 2
            return
        } else {
            return nil
        }
        let letter =
            answers.letter
            ?? (size.pixelWidth > 0 && size.pixelHeight > 0
                ? (size.pixelWidth / size.columns, size.pixelHeight / size.rows)
                : Self.letterDefault)
        width = min(size.columns * max(1, letter.0), Self.pixelsMax.width)
        height = min(rows * max(1, letter.1), Self.pixelsMax.height)
    }

    /// Asks the terminal of this process. The console of Linux shows letters only, and what it
    /// does not know of the question it would print.
    static func found(isColoured: Bool) -> Screen? {
        let term = Environment.value("TERM")
        var answers = TerminalAnswers()
        if let term, term != "dumb", term != "linux" {
            // These two would take the question of kitty for a title of the window.
            let isInside = term.hasPrefix("screen") || term.hasPrefix("tmux")
            _ = Terminal.ask(
                TerminalAnswers.question(withKitty: !isInside),
                waitMilliseconds: TerminalAnswers.waitMilliseconds
            ) { answers.take($0) }
        }
        return Screen(term: term, isColoured: isColoured, size: Terminal.size, answers)
    }

    /// What makes the terminal show a picture; nil when it is of a kind that we do not decode.
    func encode(_ bytes: [UInt8]) throws(Failure) -> [UInt8]? {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]), way == .kitty {
            return KittyPicture.encode(png: bytes, columns: columns / 2) + [0x0A]
        }
        guard bytes.starts(with: [0xFF, 0xD8, 0xFF]) else { return nil }
        let header = try JPEGHeader(bytes.span)
        let (wide, high) = fitted(header.width, header.height)
        let picture = try ColourPicture(jpeg: bytes.span, atLeast: wide, high)
            .scaled(to: wide, high)
        switch way {
        case .kitty: return KittyPicture.encode(picture) + [0x0A]
        case .sixel(let colours): return SixelPicture.encode(picture, colours: colours) + [0x0A]
        case .blocks: return BlockPicture.encode(picture)
        }
    }

    /// The largest size of the same shape that fits, never larger than the picture.
    func fitted(_ pictureWidth: Int, _ pictureHeight: Int) -> (width: Int, height: Int) {
        var (wide, high) = (min(width, pictureWidth), 0)
        high = wide * pictureHeight / pictureWidth
        if high > min(height, pictureHeight) {
            high = min(height, pictureHeight)
            wide = high * pictureWidth / pictureHeight
        }
        return (max(1, wide), max(1, high))
    }
}
