/// Names and letters of the kernel's key codes (`linux/input-event-codes.h`). Letters are those of
/// a keyboard for the United States, which scanners type unless they are told otherwise.
package enum KeyNames {
    static let enters: Set<UInt16> = [28, 96]
    static let shifts: Set<UInt16> = [42, 54]

    /// `F9`, `KP5`, `ENTER`; what has no name here is `KEY` with its number.
    package static func name(_ code: UInt16) -> String { names[code] ?? "KEY\(code)" }

    static func letter(_ code: UInt16, shifted: Bool) -> Character? {
        guard let pair = letters[code] else { return nil }
        return shifted ? pair.1 : pair.0
    }

    private static let names: [UInt16: String] = {
        var names: [UInt16: String] = [
            1: "ESC", 12: "MINUS", 13: "EQUAL", 14: "BACKSPACE", 15: "TAB", 26: "LEFTBRACE",
            27: "RIGHTBRACE", 28: "ENTER", 29: "LEFTCTRL", 39: "SEMICOLON", 40: "APOSTROPHE",
            41: "GRAVE", 42: "LEFTSHIFT", 43: "BACKSLASH", 51: "COMMA", 52: "DOT", 53: "SLASH",
            54: "RIGHTSHIFT", 55: "KPASTERISK", 56: "LEFTALT", 57: "SPACE", 58: "CAPSLOCK",
            74: "KPMINUS", 78: "KPPLUS", 83: "KPDOT", 96: "KPENTER", 97: "RIGHTCTRL",
            98: "KPSLASH", 99: "PRINT", 100: "RIGHTALT", 102: "HOME", 103: "UP", 104: "PAGEUP",
            105: "LEFT", 106: "RIGHT", 107: "END", 108: "DOWN", 109: "PAGEDOWN", 110: "INSERT",
            111: "DELETE", 113: "MUTE", 114: "VOLUMEDOWN", 115: "VOLUMEUP", 119: "PAUSE",
            125: "LEFTMETA", 126: "RIGHTMETA", 163: "NEXT", 164: "PLAYPAUSE", 165: "PREVIOUS",
            212: "CAMERA", 272: "MOUSELEFT", 273: "MOUSERIGHT", 274: "MOUSEMIDDLE",
        ]
        for (i, digit) in "1234567890".enumerated() { names[UInt16(2 + i)] = String(digit) }
        for (first, row) in rows {
            for (i, letter) in row.enumerated() {
                names[first + UInt16(i)] = String(letter).uppercased()
            }
        }
        for i in 0..<10 { names[UInt16(59 + i)] = "F\(i + 1)" }
        names[87] = "F11"
        names[88] = "F12"
        for i in 0..<12 { names[UInt16(183 + i)] = "F\(i + 13)" }
        for (code, digit) in [
            (71, 7), (72, 8), (73, 9), (75, 4), (76, 5), (77, 6), (79, 1), (80, 2), (81, 3),
            (82, 0),
        ] { names[UInt16(code)] = "KP\(digit)" }
        return names
    }()

    private static let rows: [(UInt16, String)] = [
        (16, "qwertyuiop"), (30, "asdfghjkl"), (44, "zxcvbnm"),
    ]

    private static let letters: [UInt16: (Character, Character)] = {
        var letters: [UInt16: (Character, Character)] = [
            12: ("-", "_"), 13: ("=", "+"), 26: ("[", "{"), 27: ("]", "}"), 39: (";", ":"),
            40: ("'", "\""), 41: ("`", "~"), 43: ("\\", "|"), 51: (",", "<"), 52: (".", ">"),
            53: ("/", "?"), 57: (" ", " "), 55: ("*", "*"), 74: ("-", "-"), 78: ("+", "+"),
            83: (".", "."), 98: ("/", "/"),
        ]
        for (i, pair) in zip("1234567890", "!@#$%^&*()").enumerated() {
            letters[UInt16(2 + i)] = pair
        }
        for (first, row) in rows {
            for (i, letter) in row.enumerated() {
                letters[first + UInt16(i)] = (letter, Character(letter.uppercased()))
            }
        }
        for (code, digit) in zip(
            [71, 72, 73, 75, 76, 77, 79, 80, 81, 82] as [UInt16], "7894561230")
        { letters[code] = (digit, digit) }
        return letters
    }()
}
