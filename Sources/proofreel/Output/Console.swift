internal import EvidenceFormat
internal import Linux

/// Where words go: answers to standard output, everything else to standard error.
struct Console: Sendable {
    let isTerminal = StandardStream.output.isTerminal
    private let colours: Bool
    private let errorColours: Bool

    init() {
        let wanted = Environment.value("NO_COLOR") == nil && Environment.value("TERM") != "dumb"
        colours = wanted && StandardStream.output.isTerminal
        errorColours = wanted && StandardStream.error.isTerminal
    }

    func print(_ text: String) { StandardStream.output.write(text + "\n") }

    /// One document, one line.
    func print(_ json: JSON) { StandardStream.output.write(json.encode() + [0x0A]) }

    func complain(_ text: String) {
        StandardStream.error.write(
            (errorColours ? "\u{1B}[31mproofreel:\u{1B}[0m " : "proofreel: ") + text + "\n")
    }

    /// What a person should know and a script need not.
    func note(_ text: String) {
        StandardStream.error.write(
            (errorColours ? "\u{1B}[33mnote:\u{1B}[0m " : "note: ") + text + "\n")
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
