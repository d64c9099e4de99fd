package import HTTPD
package import WireProtocol

/// A kind of path and what answers it. `Gateway` tries its routes in order.
package struct Route: Sendable {
    /// What follows the words that a path begins with.
    package enum Ending: Sendable {
        case nothing
        /// One or more segments, and a last word: `/checks/KEY/pictures`.
        case word(String)
        /// One or more segments, of which the last ends so: `/cameras/ID.jpg`.
        case suffix(String)
        /// Exactly so many segments.
        case segments(Int)
    }

    /// As people write it; the documentation and a test go by it.
    package let path: String
    let words: [String]
    let ending: Ending
    let isOpen: Bool
    let isQuick: Bool
    let run: @Sendable (Visit, Site) throws -> HTTPReply

    /// `isOpen`: for anybody, without a log-in. `isQuick`: a few reads of the index and no more, so
    /// that it is answered on the server's own thread.
    package init(
        _ path: String, _ words: [String], _ ending: Ending = .nothing, isOpen: Bool = false,
        isQuick: Bool = false, _ run: @escaping @Sendable (Visit, Site) throws -> HTTPReply
    ) {
        self.path = path
        self.words = words
        self.ending = ending
        self.isOpen = isOpen
        self.isQuick = isQuick
        self.run = run
    }

    /// What the pattern leaves open, joined by slashes; nil when the path is another one's.
    func parameter(of segments: [String]) -> String? {
        guard segments.starts(with: words) else { return nil }
        var rest = segments.dropFirst(words.count)
        switch ending {
        case .nothing:
            guard rest.isEmpty else { return nil }
        case .word(let word):
            guard rest.count > 1, rest.last == word else { return nil }
            rest.removeLast()
        case .suffix(let suffix):
            guard let last = rest.last, last.hasSuffix(suffix) else { return nil }
            return String(rest.joined(separator: "/").dropLast(suffix.count))
        case .segments(let count):
            guard rest.count == count else { return nil }
        }
        return rest.joined(separator: "/")
    }
}

extension Route {
    /// Everything that is answered.
    package static let all: [Route] =
        health + pictures + cameras + states + [metrics]

    /// The status of an answer that refuses.
    package static func status(of code: WireError.Code) -> Int { Replies.status(of: code) }
}
