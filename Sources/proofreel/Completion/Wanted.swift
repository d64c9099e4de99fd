internal import Access

/// What a word on the command line names, as far as its placeholder in the help tells: what a
/// shell can offer for it, and whether it is a path.
enum Wanted: Hashable, Sendable {
    case file, folder, camera
    case oneOf([String])
    /// A text of the caller's own.
    case text

    /// Of a placeholder such as `FILE|DIR`, `CAMERA…` or `bash|zsh|fish`.
    init(_ placeholder: String) {
        let isWord = placeholder.allSatisfy { $0.isLowercase || $0 == "|" || $0 == "-" }
        self =
            if placeholder.contains("FILE") {
                .file
            } else if placeholder.contains("DIR") {
                .folder
            } else if placeholder.hasPrefix("CAMERA") {
                .camera
            } else if placeholder == "ROLE" {
                .oneOf(Role.grantable.map(\.rawValue))
            } else if isWord, !placeholder.isEmpty {
                .oneOf(placeholder.split(separator: "|").map(String.init))
            } else {
                .text
            }
    }

    var isPath: Bool { self == .file || self == .folder }
}

extension OptionSpec {
    /// What says which server is asked for names of cameras, and who asks.
    static let ofServer: [String] =
        ["--data"]
        + Remote.options.filter { !["timeout", "wait"].contains($0.name) }.map(\.word)

    /// As it is typed.
    var word: String { name == "o" ? "-o" : "--\(name)" }

    /// Nil for a flag.
    var wanted: Wanted? { value.map { name == "camera" ? .camera : Wanted($0) } }
}

extension CommandSpec {
    /// Of the words that are no options. Commands that change a camera call its id `ID`.
    var wantedWord: Wanted? {
        guard positionals.upperBound > 0 else { return nil }
        let placeholder = String(usage.prefix { $0 != " " })
        let isOfCamera = path.first == "camera" && placeholder == "ID" && path.last != "add"
        return isOfCamera ? .camera : Wanted(placeholder)
    }
}
