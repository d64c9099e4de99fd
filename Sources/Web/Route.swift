package import HTTPD
package import WireProtocol

/// A kind of path and what answers it. `Gateway` tries its routes in order.
package struct Route: Sendable {
    /// What follows the words that a path begins with.
    package enum Ending: Sendable {
        case nothing
        /// One or more segments, and a last word or several: `/checks/KEY/pictures`.
        case word(String)
        /// One or more segments, of which the last ends so: `/cameras/ID.jpg`.
        case suffix(String)
        /// Exactly so many segments.
        case segments(Int)
        /// One or more segments.
        case rest
    }

    package enum Method: String, Sendable {
        /// Changes nothing; HEAD as well.
        case get = "GET"
        /// Changes something; `OwnRequest` keeps pages of others from sending it.
        case post = "POST"
    }

    /// As people write it; the documentation and a test go by it.
    package let path: String
    package let method: Method
    let words: [String]
    let ending: Ending
    let isOpen: Bool
    let isQuick: Bool
    let run: @Sendable (Visit, Site) throws -> HTTPReply

    /// `isOpen`: for anybody, without a log-in. `isQuick`: a few reads of the index and no more, so
    /// that it is answered on the server's own thread.
    package init(
        _ path: String, _ words: [String], _ ending: Ending = .nothing, _ method: Method = .get,
        isOpen: Bool = false, isQuick: Bool = false,
        _ run: @escaping @Sendable (Visit, Site) throws -> HTTPReply
    ) {
        self.path = path
        self.method = method
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
            let words = word.split(separator: "/").map(String.init)
            guard rest.count > words.count, rest.suffix(words.count) == words[...] else {
                return nil
            }
            rest.removeLast(words.count)
        case .suffix(let suffix):
            guard let last = rest.last, last.hasSuffix(suffix) else { return nil }
            return String(rest.joined(separator: "/").dropLast(suffix.count))
        case .segments(let count):
            guard rest.count == count else { return nil }
        case .rest:
            guard !rest.isEmpty else { return nil }
        }
        return rest.joined(separator: "/")
    }
}

extension Route {
    /// Everything that is answered.
    package static let all: [Route] =
        health + pictures + cameras + states + floor + [metrics]

    /// What answers a path, and its parameter; or the methods that others are asked with there.
    enum Found {
        case route(Route, parameter: String)
        case methods([Method])
    }

    static func find(_ segments: [String], _ method: String, in routes: [Route]) -> Found {
        var methods: [Method] = []
        for route in routes {
            guard let parameter = route.parameter(of: segments) else { continue }
            if route.method == (method == "HEAD" ? .get : Method(rawValue: method)) {
                return .route(route, parameter: parameter)
            }
            if !methods.contains(route.method) { methods.append(route.method) }
        }
        return .methods(methods)
    }

    /// The status of an answer that refuses.
    package static func status(of code: WireError.Code) -> Int { Replies.status(of: code) }
}
