internal import Base
internal import Linux

/// A light for a screen of another program. Each state has a shape of its own and a lightness of
/// its own, so it reads in grey as well, and for who sees no red or green.
enum StatusGraphic {
    private static let nameMax = 28

    static func svg(_ light: CameraLight) -> String {
        let words = words(light)
        let name = escaped(shortened(light.name))
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="240" height="44" viewBox="0 0 240 44" \
            role="img" aria-label="\(escaped(light.name)): \(words)">
            <title>\(escaped(light.name)): \(words)</title>
            <rect x="0.5" y="0.5" width="239" height="43" rx="6" fill="#fff" stroke="#767676"/>
            \(shape(light.state))
            <g font-family="sans-serif" fill="#1a1a1a">
            <text x="46" y="19" font-size="14" font-weight="bold">\(name)</text>
            <text x="46" y="35" font-size="12">\(words)</text>
            </g>
            </svg>

            """
    }

    private static func words(_ light: CameraLight) -> String {
        switch light.state {
        case .connected: "connected"
        case .problem: "problem since \(time(light.since))"
        case .off: "off since \(time(light.since))"
        }
    }

    /// A full disc, a triangle with a mark, an empty ring with a bar.
    private static func shape(_ state: CameraLight.State) -> String {
        switch state {
        case .connected:
            ##"<circle cx="23" cy="22" r="11" fill="#2e9e4f" stroke="#14532d" stroke-width="2"/>"##
        case .problem:
            ##"<path d="M23 9 L37 34 H9 Z" fill="#7a0019"/>"##
                + ##"<path d="M23 17 V25 M23 28 V31" stroke="#fff" stroke-width="3"/>"##
        case .off:
            ##"<circle cx="23" cy="22" r="10" fill="none" stroke="#767676" stroke-width="3"/>"##
                + ##"<path d="M16 29 L30 15" stroke="#767676" stroke-width="3"/>"##
        }
    }

    /// On the clock of the server's wall, which is the plant's.
    private static func time(_ instant: WallTime) -> String {
        String(LocalTime(instant).text.prefix { $0 != "." }.dropLast(3))
    }

    private static func shortened(_ name: String) -> String {
        name.count > nameMax ? "\(name.prefix(nameMax - 1))…" : name
    }

    /// For text and for attributes; what no document may have is left out.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for letter in text.unicodeScalars {
            switch letter {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "\u{00}"..."\u{1F}", "\u{7F}", "\u{FFFE}", "\u{FFFF}": continue
            default: escaped.unicodeScalars.append(letter)
            }
        }
        return escaped
    }
}
