internal import Base
internal import EvidenceFormat
internal import Linux

/// Where words go: answers to standard output, everything else to standard error.
struct Console: Sendable {
    let isTerminal: Bool
    private let colours: Bool
    private let errorColours: Bool

    init() {
        let wanted = Environment.value("NO_COLOR") == nil && Environment.value("TERM") != "dumb"
        isTerminal = StandardStream.output.isTerminal
        colours = wanted && isTerminal
        errorColours = wanted && StandardStream.error.isTerminal
    }

    /// Whether answers are coloured, as pictures at a terminal are, too.
    var isColoured: Bool { colours }

    func write(_ bytes: [UInt8]) { StandardStream.output.write(bytes) }

    func readInput(limit: Int) throws(Failure) -> [UInt8] {
        try StandardStream.readInput(limit: limit)
    }

    /// A password: typed twice and unseen on a terminal, else the first line of standard input.
    func readSecret(_ what: String) throws(Failure) -> String {
        if StandardStream.input.isTerminal {
            let first = try StandardStream.readUnseen("\(what): ")
            guard try StandardStream.readUnseen("again: ") == first else {
                throw Failure(.invalid, "these were two different ones; nothing was changed")
            }
            return first
        }
        let bytes = try readInput(limit: Console.secretBytesMax)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.invalid, "the \(what) is not UTF-8; give another one")
        }
        return String(text.prefix { $0 != "\n" && $0 != "\r\n" })
    }

    private static let secretBytesMax = 4096

    func print(_ text: String) { write(Array(text.utf8) + [0x0A]) }

    /// One document, one line.
    func print(_ json: JSON) { write(json.encode() + [0x0A]) }

    func complain(_ text: String) {
        let name = errorColours ? "\u{1B}[31mproofreel:\u{1B}[0m " : "proofreel: "
        StandardStream.error.write(Array((name + text + "\n").utf8))
    }

    /// What a person should know and a script need not.
    func note(_ text: String) {
        let name = errorColours ? "\u{1B}[33mnote:\u{1B}[0m " : "note: "
        StandardStream.error.write(Array((name + text + "\n").utf8))
    }

    // MARK: Colours, on a terminal only

    func bold(_ text: String) -> String { colours ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func faint(_ text: String) -> String { colours ? "\u{1B}[2m\(text)\u{1B}[0m" : text }
    func good(_ text: String) -> String { colours ? "\u{1B}[32m\(text)\u{1B}[0m" : text }
    func warning(_ text: String) -> String { colours ? "\u{1B}[33m\(text)\u{1B}[0m" : text }
    func bad(_ text: String) -> String { colours ? "\u{1B}[31m\(text)\u{1B}[0m" : text }
}

/// How far a long command is, on one line that is written over; silent without a terminal.
struct Progress {
    private let shown = StandardStream.error.isTerminal
    private let total: Int
    private let what: String

    init(_ what: String, of total: Int) {
        self.what = what
        self.total = total
    }

    func at(_ count: Int) {
        guard shown, total > 1 else { return }
        StandardStream.error.write("\r\u{1B}[K\(what) \(count) of \(total)")
    }

    func end() {
        if shown, total > 1 { StandardStream.error.write("\r\u{1B}[K") }
    }
}

/// Bytes read of all bytes, a few times a second; silent without a terminal.
final class ByteProgress {
    private static let stepNanoseconds: UInt64 = 200_000_000
    private let shown = StandardStream.error.isTerminal
    private let what: String
    private var last: UInt64 = 0

    init(_ what: String) { self.what = what }

    func at(_ done: UInt64, of total: UInt64? = nil) {
        guard shown else { return }
        let now = SystemClock().monotonicNanoseconds
        guard now - last >= Self.stepNanoseconds else { return }
        last = now
        let whole = total.map { " of \(Amount.bytes($0))" } ?? ""
        StandardStream.error.write("\r\u{1B}[K\(what) \(Amount.bytes(done))\(whole)")
    }

    func end() {
        if shown, last > 0 { StandardStream.error.write("\r\u{1B}[K") }
    }
}
