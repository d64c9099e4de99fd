internal import Base

/// The words after a command, sorted into options and the rest by its specification.
struct Arguments {
    private(set) var positionals: [String] = []
    private var values: [String: [String]] = [:]
    private var flags: Set<String> = []

    static func asksForHelp(_ words: [String], _ command: CommandSpec) -> Bool {
        words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
    }

    init(_ words: [String], _ command: CommandSpec) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positionals += rest
                rest = []
            } else if word.hasPrefix("--") || (word.hasPrefix("-") && word != "-") {
                try takeOption(word, &rest, command)
            } else {
                positionals.append(word)
            }
        }
        guard command.positionals.contains(positionals.count) else {
            throw UsageError(Self.countWords(positionals, command))
        }
    }

    private mutating func takeOption(
        _ word: String, _ rest: inout ArraySlice<String>, _ command: CommandSpec
    ) throws {
        let isShort = !word.hasPrefix("--")
        let parts = word.drop { $0 == "-" }.split(
            separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let known = command.options.first {
            isShort ? $0.name == name && name == "o" : $0.name == name
        }
        guard let option = known, isShort == (name == "o") else {
            throw UsageError(Self.unknown(word, name, command))
        }
        guard option.value != nil else {
            guard parts.count == 1 else { throw UsageError("--\(name) takes no value") }
            flags.insert(name)
            return
        }
        let value = parts.count == 2 ? String(parts[1]) : rest.popFirst()
        guard let value, !value.isEmpty else {
            throw UsageError("\(word) wants a value (\(option.value ?? ""))")
        }
        guard option.repeats || values[name] == nil else {
            throw UsageError("--\(name) is given twice; give it once")
        }
        values[name, default: []].append(value)
    }

    private static func unknown(_ word: String, _ name: String, _ command: CommandSpec) -> String {
        let names = command.options.map { $0.name == "o" ? "-o" : "--\($0.name)" } + ["--help"]
        if let near = Nearest.name(to: "--\(name)", among: names) {
            return "there is no option \(word); did you mean \(near)?"
        }
        return "there is no option \(word)"
    }

    private static func countWords(_ given: [String], _ command: CommandSpec) -> String {
        let line = "proofreel \(command.name) \(command.usage)"
        if given.count > command.positionals.upperBound {
            return "\"\(given[command.positionals.upperBound])\" is one word too many: \(line)"
        }
        return "something is missing: \(line)"
    }

    // MARK: What was given

    func has(_ flag: String) -> Bool { flags.contains(flag) }
    func value(_ name: String) -> String? { values[name]?.first }
    func all(_ name: String) -> [String] { values[name] ?? [] }

    func required(_ name: String) throws -> String {
        guard let value = value(name) else { throw UsageError("--\(name) is missing") }
        return value
    }

    func number(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError(
                "--\(name) wants a number from \(range.lowerBound) to \(range.upperBound),"
                    + " not \(text)"
            )
        }
        return number
    }

    func recordID(_ text: String) throws -> RecordID {
        guard let id = RecordID(text) else {
            throw UsageError(
                "\"\(text)\" is no record id; one looks like 0192e0a1-7c3e-7d2b-8f00-1a2b3c4d5e6f")
        }
        return id
    }

    /// `500MB`, `4GB`, in powers of ten as disks are sold.
    func size(_ name: String) throws -> UInt64? {
        guard let text = value(name) else { return nil }
        let units: [(String, UInt64)] = [
            ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ]
        let upper = text.uppercased()
        for (unit, scale) in units where upper.hasSuffix(unit) {
            if let number = UInt64(upper.dropLast(2)), number > 0, number < 1_000_000 {
                return number * scale
            }
        }
        throw UsageError("--\(name) wants a size such as 500MB, 4GB or 1TB, not \(text)")
    }
}
