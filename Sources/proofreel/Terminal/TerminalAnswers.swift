/// Reads what a terminal answers to a question, byte for byte. Whatever else arrives, keys that
/// somebody types among it, is passed over. No I/O.
///
/// Every terminal answers the last part, so its answer says that no other will come.
struct TerminalAnswers {
    /// Kitty's graphics with a picture of one pixel; the number of colours for sixel; the size of a
    /// letter; then what kind of terminal it is.
    static func question(withKitty: Bool) -> String {
        let kitty = "\u{1B}_Gi=7447,s=1,v=1,a=q,t=d,f=24;AAAA\u{1B}\\"
        return (withKitty ? kitty : "") + "\u{1B}[?1;1;0S\u{1B}[16t\u{1B}[c"
    }
    static let waitMilliseconds = 1000
    private static let partBytesMax = 256

    private enum State {
        case text, escape, control, graphics, graphicsEscape
    }

    private(set) var hasGraphics = false
    private(set) var hasSixel = false
    private(set) var colours: Int?
    private(set) var letter: (width: Int, height: Int)?
    private(set) var isComplete = false
    private var state = State.text
    private var part: [UInt8] = []

    /// True when nothing more is to be waited for.
    mutating func take(_ byte: UInt8) -> Bool {
        switch state {
        case .text: if byte == 0x1B { state = .escape }
        case .escape:
            part = []
            state =
                switch byte {
                case UInt8(ascii: "["): .control
                case UInt8(ascii: "_"): .graphics
                case 0x1B: .escape
                default: .text
                }
        case .control:
            if (0x40...0x7E).contains(byte) {
                control(final: byte)
                state = .text
            } else {
                collect(byte)
            }
        case .graphics:
            if byte == 0x1B { state = .graphicsEscape } else { collect(byte) }
        case .graphicsEscape:
            if byte == UInt8(ascii: "\\"), part.starts(with: "Gi=7447".utf8) {
                hasGraphics = hasGraphics || part.suffix(3).elementsEqual(";OK".utf8)
            }
            state = byte == 0x1B ? .graphicsEscape : .text
        }
        return isComplete
    }

    private mutating func collect(_ byte: UInt8) {
        part.append(byte)
        if part.count > Self.partBytesMax || byte < 0x20 { state = .text }
    }

    private mutating func control(final: UInt8) {
        let isPrivate = part.first == UInt8(ascii: "?")
        let numbers = part.drop { $0 == UInt8(ascii: "?") }
            .split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { Int(String(decoding: $0, as: UTF8.self)) ?? -1 }
        switch (final, isPrivate) {
        case (UInt8(ascii: "c"), true):
            hasSixel = numbers.dropFirst().contains(4)
            isComplete = true
        case (UInt8(ascii: "S"), true):
            if numbers.count >= 3, numbers[0] == 1, numbers[1] == 0 { colours = numbers[2] }
        case (UInt8(ascii: "t"), false):
            if numbers.count == 3, numbers[0] == 6, (1...200).contains(numbers[1]),
                (1...200).contains(numbers[2])
            {
                letter = (numbers[2], numbers[1])
            }
        default: break
        }
    }
}
