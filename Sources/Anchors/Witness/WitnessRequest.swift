internal import Base
package import EvidenceFormat

/// The two requests that a witness takes, cut from a stream of bytes: HTTP/1.1, strictly, and
/// nothing else of it. No I/O; one for each connection, which ends after the answer.
package struct WitnessRequestReader: Sendable {
    package static let headBytesMax = 4096

    package enum Request: Hashable, Sendable {
        case add(AddCheckpoint)
        /// Hash of the log's name.
        case last(String)
    }

    package enum Progress: Hashable, Sendable {
        case more
        /// The client waits for a word before it sends the body.
        case goOn
        case request(Request)
        case refuse(status: Int, words: String)
    }

    private var bytes: [UInt8] = []
    private var bodyStart: Int?
    private var length = 0
    private var isEnded = false

    package init() {}

    /// After anything but `.more` and `.goOn` nothing more is taken.
    package mutating func take(_ more: Span<UInt8>) -> Progress {
        guard !isEnded else { return .more }
        bytes.append(span: more)
        let progress = advance()
        switch progress {
        case .more, .goOn: break
        case .request, .refuse: isEnded = true
        }
        return progress
    }

    private mutating func advance() -> Progress {
        var isNew = false
        if bodyStart == nil {
            guard let end = Self.headEnd(bytes) else {
                return bytes.count <= Self.headBytesMax
                    ? .more : .refuse(status: 431, words: "the header is too long")
            }
            guard end <= Self.headBytesMax else {
                return .refuse(status: 431, words: "the header is too long")
            }
            switch Head.parse(bytes[..<(end - 4)]) {
            case .failure(let refusal): return refusal.progress
            case .success(let head):
                if let hash = head.logHash { return .request(.last(hash)) }
                bodyStart = end
                length = head.length
                isNew = head.waits
            }
        }
        guard let bodyStart else { return .more }
        let have = bytes.count - bodyStart
        guard have >= length else { return isNew && have == 0 ? .goOn : .more }
        guard have == length else {
            return .refuse(status: 400, words: "more bytes follow than Content-Length says")
        }
        do throws(Failure) {
            return .request(.add(try AddCheckpoint(parsing: Array(bytes[bodyStart...]))))
        } catch {
            return .refuse(status: 400, words: error.words)
        }
    }

    /// Behind the empty line.
    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        let limit = min(bytes.count, headBytesMax + 4)
        guard limit >= 4 else { return nil }
        for i in 3..<limit
        where bytes[i] == 0x0A && bytes[i - 1] == 0x0D && bytes[i - 2] == 0x0A
            && bytes[i - 3] == 0x0D
        {
            return i + 1
        }
        return nil
    }
}

/// Request line and fields.
private struct Head {
    struct Refusal: Error {
        let status: Int
        let words: String
        var progress: WitnessRequestReader.Progress { .refuse(status: status, words: words) }
    }

    /// Of a GET.
    var logHash: String?
    var length = 0
    var waits = false

    private static let addPath = "/add-checkpoint"
    private static let lastPath = "/checkpoint/"

    static func parse(_ bytes: ArraySlice<UInt8>) -> Result<Head, Refusal> {
        do throws(Refusal) {
            return .success(try Head(bytes))
        } catch {
            return .failure(error)
        }
    }

    private init(_ bytes: ArraySlice<UInt8>) throws(Refusal) {
        guard bytes.allSatisfy({ $0 == 0x0D || $0 == 0x0A || (0x20..<0x7F).contains($0) }) else {
            throw Refusal(status: 400, words: "the header is not ASCII")
        }
        let text = String(decoding: bytes, as: UTF8.self)
        // Swift takes CR LF for one character.
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        guard let first = lines.popFirst(), isWhole(first), lines.allSatisfy(isWhole) else {
            throw Refusal(status: 400, words: "a line of the header ends without CR LF")
        }
        let words = first.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
            throw Refusal(status: 400, words: "the first line is not METHOD PATH HTTP/1.1")
        }
        var lengths: [String] = []
        for line in lines {
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex,
                !line[..<colon].contains(" ")
            else { throw Refusal(status: 400, words: "a field of the header is malformed") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            switch line[..<colon].lowercased() {
            case "content-length": lengths.append(String(value))
            case "transfer-encoding":
                throw Refusal(status: 411, words: "send a Content-Length and no encoding")
            case "expect": waits = value.lowercased() == "100-continue"
            default: break
            }
        }
        try take(method: words[0], path: words[1], lengths)
    }

    private mutating func take(
        method: Substring, path: Substring, _ lengths: [String]
    ) throws(Refusal) {
        if path.hasPrefix(Self.lastPath) {
            guard method == "GET" else { throw Refusal(status: 405, words: "only GET is for this") }
            let hash = String(path.dropFirst(Self.lastPath.count))
            guard Digest(hex: hash) != nil, lengths.isEmpty || lengths == ["0"] else {
                throw Refusal(status: 404, words: "no log has this name")
            }
            logHash = hash
            return
        }
        guard path == Self.addPath else {
            throw Refusal(status: 404, words: "there is only \(Self.addPath)")
        }
        guard method == "POST" else { throw Refusal(status: 405, words: "only POST is for this") }
        guard lengths.count == 1, let length = Self.decimal(lengths[0]) else {
            throw Refusal(status: 411, words: "send one Content-Length")
        }
        guard length <= AddCheckpoint.bytesMax else {
            throw Refusal(
                status: 413, words: "a request has at most \(AddCheckpoint.bytesMax) bytes")
        }
        self.length = length
    }

    private static func decimal(_ text: String) -> Int? {
        guard (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }
}

/// No line break of another kind inside.
private func isWhole(_ line: Substring) -> Bool {
    !line.utf8.contains(0x0D) && !line.utf8.contains(0x0A)
}
