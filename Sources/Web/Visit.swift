internal import Access
internal import Base
internal import HTTPD
package import HTTPFormat
package import Server

/// One request, taken apart: what is asked for, by whom, and how the answer should be.
package struct Visit: Sendable {
    /// Headers that mean something here; others are not read.
    package struct Headers: Sendable {
        var accept: String?
        var ifNoneMatch: String?
        var range: String?
        var ifRange: String?

        /// A program asks, rather than a person or a frame for a picture.
        var wantsJSON: Bool { accept?.contains("json") == true }
    }

    package let target: RequestTarget
    package let headers: Headers
    package let isHead: Bool
    package let body: [UInt8]
    /// What the route's pattern left open, in one text.
    package let parameter: String
    /// Nobody where the route asks for no log-in.
    package let caller: Caller?
    /// Tells the server that a stream of this visit has something new.
    package let wake: @Sendable () -> Void

    func identified() throws(Failure) -> Caller {
        guard let caller else { throw Failure(.denied, "log in first") }
        return caller
    }

    /// Throws for a query with other names: a misspelt one would otherwise find too much.
    func allow(_ names: [String]) throws(Failure) {
        for item in target.items where !names.contains(item.name) {
            throw Failure(
                .invalid,
                names.isEmpty
                    ? "this takes nothing behind a question mark; leave \"\(item.name)\" out"
                    : "there is no \"\(item.name)\" here; there are: "
                        + names.joined(separator: ", "))
        }
    }

    func number(
        _ name: String, _ range: ClosedRange<Int64>
    ) throws(Failure) -> Int64? {
        guard let text = target.value(name) else { return nil }
        guard let number = Int64(text), range.contains(number) else {
            throw Failure(
                .invalid,
                "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not"
                    + " \"\(text)\"")
        }
        return number
    }

    func time(_ name: String) throws(Failure) -> WallTime? {
        try target.value(name).map { text throws(Failure) in try Self.time(text, name) }
    }

    static func time(_ text: String, _ name: String) throws(Failure) -> WallTime {
        guard let time = WallTime(text) else {
            throw Failure(
                .invalid,
                "\(name) is a time such as 2026-11-26T14:03:05.000000Z, not \"\(text)\"")
        }
        return time
    }
}
