internal import Base

/// One option of a command, as parser and help know it.
struct OptionSpec: Sendable {
    let name: String
    /// What stands for the value in the help; nil for a flag.
    let value: String?
    let repeats: Bool
    let meaning: String

    static func flag(_ name: String, _ meaning: String) -> OptionSpec {
        OptionSpec(name: name, value: nil, repeats: false, meaning: meaning)
    }
    static func value(_ name: String, _ value: String, _ meaning: String) -> OptionSpec {
        OptionSpec(name: name, value: value, repeats: false, meaning: meaning)
    }
    static func list(_ name: String, _ value: String, _ meaning: String) -> OptionSpec {
        OptionSpec(name: name, value: value, repeats: true, meaning: meaning)
    }
}

/// One command: its words, its help, and what it does.
struct CommandSpec: Sendable {
    struct Example: Sendable {
        let line: String
        let meaning: String
        init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    /// `["admin", "dump"]`
    let path: [String]
    let summary: String
    /// What follows the words in the usage line.
    let usage: String
    var positionals: ClosedRange<Int> = 0...0
    let options: [OptionSpec]
    let examples: [Example]
    var notes = ""
    let run: @Sendable (Arguments, Console) throws -> ExitCode

    var name: String { path.joined(separator: " ") }
}

/// Options that several commands share.
extension OptionSpec {
    static let data = value(
        "data", "DIR", "data directory; else PROOFREEL_DATA, else ~/.local/share/proofreel")
    static let json = flag("json", "one JSON document per line, for scripts")
    static let passphrase = value(
        "passphrase-file", "FILE", "what opens the log's key; else PROOFREEL_PASSPHRASE_FILE")
    static let actor = value("actor", "NAME", "who does it; else the login name")
    static let reason = value("reason", "TEXT", "why; stands in the log for ever")

    static let reading = [data, json]
    static let writing = [actor, data, passphrase, json]
    /// For commands that a server may answer: this machine's, or another one's.
    static let asking = reading + Remote.options
    static let adding = writing + Remote.options

    /// Links by their short names.
    static let links = [
        list("check", "ID", "quality check, for example odoo:<database>/quality.check/17"),
        list("work-order", "ID", "work or manufacturing order"),
        list("lot", "ID", "lot"),
        list("serial", "ID", "serial number"),
        list("product", "ID", "product"),
        list("operator", "NAME", "who was at work; kept apart, so that it can be erased"),
        list("link", "KIND=VALUE", "any other kind of link"),
    ]
}
