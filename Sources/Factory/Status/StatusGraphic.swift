package import Base
package import EvidenceFormat

/// A small picture that says whether a camera, or all cameras of a work centre, are connected: made
/// to stand on the screen of a work order. A pure function of what is known.
package struct StatusGraphic: Sendable {
    package enum State: String, CaseIterable, Sendable, Comparable {
        case connected, off, connecting, problem

        /// What is worse wins.
        package static func < (a: State, b: State) -> Bool { a.rank < b.rank }
        private var rank: Int {
            switch self {
            case .connected: 0
            case .off: 1
            case .connecting: 2
            case .problem: 3
            }
        }
    }

    /// One camera, as it is now.
    package struct Part: Sendable {
        package let id: String
        package let name: String
        package let state: State
        package let since: WallTime
        /// What is wrong, in a few words, and what to do about it.
        package var problem: String?
        package var remedy: String?
        package var lastFrame: WallTime?

        package init(_ id: String, _ name: String, _ state: State, since: WallTime) {
            self.id = id
            self.name = name
            self.state = state
            self.since = since
        }
    }

    package let title: String
    package let state: State
    package let since: WallTime?
    package let words: String
    private let parts: [Part]

    /// Of one camera, or of all that a work centre has.
    package init(_ title: String, _ parts: [Part], now: WallTime) {
        self.title = title
        self.parts = parts
        guard let worst = parts.map(\.state).max() else {
            state = .off
            since = nil
            words = "no camera"
            return
        }
        state = worst
        let bad = parts.filter { $0.state == worst }
        // As long as the first of them, not the last.
        let since = bad.map(\.since).min()
        self.since = since
        let age = since.map { Self.age(from: $0, to: now) } ?? ""
        let others = parts.count > 1 ? "\(bad.map(\.name).joined(separator: ", ")): " : ""
        switch worst {
        case .connected:
            words = parts.count > 1 ? "\(parts.count) cameras connected" : "connected"
        case .off: words = "\(others)off for \(age)"
        case .connecting: words = "\(others)connecting for \(age)"
        case .problem: words = "\(others)no picture for \(age)"
        }
    }

    /// `12 s`, `3 min`, `5 h`, `2 days`.
    static func age(from: WallTime, to now: WallTime) -> String {
        let seconds = max(0, (now.microseconds - from.microseconds) / 1_000_000)
        switch seconds {
        case ..<60: return "\(seconds) s"
        case ..<3600: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h"
        default: return "\(seconds / 86_400) days"
        }
    }

    package var colour: String {
        switch state {
        case .connected: "#1a7f37"
        case .off: "#6e7781"
        case .connecting: "#9a6700"
        case .problem: "#cf222e"
        }
    }

    /// For whoever sees no colours.
    private var sign: String {
        switch state {
        case .connected: "M5 12l4 4 8-9"
        case .off: "M6 12h12"
        case .connecting: "M12 6v6l4 3"
        case .problem: "M12 5v9M12 18v1"
        }
    }

    package var json: JSON {
        var fields: [(String, JSON)] = [
            ("name", .string(title)), ("state", .string(state.rawValue)),
            ("words", .string(words)), ("colour", .string(colour)),
            ("cameras", .array(parts.map(\.json))),
        ]
        if let since { fields.append(("since", .string(since.description))) }
        return .object(JSONObject(fields))
    }

    // MARK: SVG

    private static let lettersMax = 44
    private static let height = 36

    /// Whole and without anything from elsewhere: no script, no font, no address.
    package func svg() -> String {
        let title = Self.text(self.title)
        let words = Self.text(self.words)
        let letters = max(Self.count(self.title), Self.count(self.words))
        let width = 44 + 7 * letters
        let since = since.map { " since \($0.description)" } ?? ""
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(Self.height)" \
            viewBox="0 0 \(width) \(Self.height)" role="img" aria-label="\(title): \(words)">
            <title>\(title): \(state.rawValue)\(since)</title>
            <circle cx="18" cy="18" r="14" fill="\(colour)"/>
            <path d="\(sign)" transform="translate(6 6)" fill="none" stroke="#ffffff" \
            stroke-width="2.5" stroke-linecap="round" stroke-linejoin="round"/>
            <text x="40" y="15" font-family="sans-serif" font-size="12" font-weight="bold" \
            fill="\(colour)">\(title)</text>
            <text x="40" y="30" font-family="sans-serif" font-size="11" \
            fill="#57606a">\(words)</text>
            </svg>

            """
    }

    private static func count(_ text: String) -> Int { min(text.count, lettersMax) }

    /// Names are anybody's: nothing in them is markup, and none is longer than the picture.
    private static func text(_ text: String) -> String {
        var safe = ""
        let cut = text.count > lettersMax ? text.prefix(lettersMax - 1) + "…" : text[...]
        for scalar in cut.unicodeScalars {
            switch scalar {
            case "&": safe += "&amp;"
            case "<": safe += "&lt;"
            case ">": safe += "&gt;"
            case "\"": safe += "&quot;"
            case "'": safe += "&#39;"
            default:
                // What XML cannot hold, and what turns the direction of a line.
                let isAllowed =
                    scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                    && !(0x202A...0x202E).contains(scalar.value)
                    && !(0x2066...0x2069).contains(scalar.value)
                    && scalar.value & 0xFFFE != 0xFFFE
                safe.unicodeScalars.append(isAllowed ? scalar : "·")
            }
        }
        return safe
    }
}

extension StatusGraphic.Part {
    fileprivate var json: JSON {
        var fields: [(String, JSON)] = [
            ("id", .string(id)), ("name", .string(name)), ("state", .string(state.rawValue)),
            ("since", .string(since.description)),
        ]
        for (key, value) in [
            ("problem", problem), ("remedy", remedy), ("last_frame", lastFrame?.description),
        ] {
            if let value { fields.append((key, .string(value))) }
        }
        return .object(JSONObject(fields))
    }
}
