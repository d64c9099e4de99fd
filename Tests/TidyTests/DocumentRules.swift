import Foundation

/// The `[words](target)` links of a document that point into the project.
func relativeLinks(_ file: SourceFile) -> [(line: Int, target: String)] {
    var links: [(line: Int, target: String)] = []
    var isFenced = false
    for (index, line) in file.lines.enumerated() {
        if line.hasPrefix("```") { isFenced.toggle() }
        if isFenced { continue }
        for match in line.matches(of: /\]\(([^)\s]+)\)/) {
            let target = String(match.output.1)
            if target.contains("://") || target.hasPrefix("mailto:") { continue }
            links.append((index + 1, target))
        }
    }
    return links
}

/// The path from the project's folder that a link in `file` points to.
func resolved(_ target: String, from file: SourceFile) -> String {
    let path = target.split(separator: "#", omittingEmptySubsequences: false)[0]
    if path.isEmpty { return file.path }
    var parts = file.path.split(separator: "/").dropLast().map(String.init)
    for part in path.split(separator: "/") {
        switch part {
        case ".": break
        case "..": _ = parts.popLast()
        default: parts.append(String(part))
        }
    }
    return parts.joined(separator: "/")
}

/// The anchors that a forge makes of a document's headings.
func anchors(_ file: SourceFile) -> Set<String> {
    Set(
        file.lines.filter { $0.hasPrefix("#") }.map { line in
            line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
                .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                .replacingOccurrences(of: " ", with: "-")
        })
}

func deadLinks(_ documents: [SourceFile], exists: (String) -> Bool) -> [Finding] {
    let byPath = Dictionary(documents.map { ($0.path, $0) }, uniquingKeysWith: { a, _ in a })
    return documents.flatMap { file in
        relativeLinks(file).compactMap { link -> Finding? in
            let place = "\(file.path):\(link.line)"
            let path = resolved(link.target, from: file)
            guard exists(path) else { return Finding(place, "no \(link.target)") }
            guard let mark = link.target.firstIndex(of: "#"), let other = byPath[path] else {
                return nil
            }
            let anchor = String(link.target[link.target.index(after: mark)...])
            guard !anchors(other).contains(anchor) else { return nil }
            return Finding(place, "\(path) has no heading #\(anchor)")
        }
    }
}

/// A document that no index names is read by nobody.
func unlinkedDocuments(_ documents: [SourceFile]) -> [Finding] {
    let indexes = documents.filter { ["README.md", "docs/README.md"].contains($0.path) }
    let linked = Set(
        indexes.flatMap { file in relativeLinks(file).map { resolved($0.target, from: file) } })
    return documents.filter { $0.path.hasPrefix("docs/") && !linked.contains($0.path) }
        .map { Finding($0.path, "linked from neither README.md nor docs/README.md") }
}

/// `proofreel <subcommand>` in code marks of a document names a command that exists: the program's
/// sources have it as a string.
func unknownCommands(_ documents: [SourceFile], program: [SourceFile]) -> [Finding] {
    let known = Set(
        program.flatMap { $0.text.matches(of: /"([a-z][a-z-]*)"/).map { String($0.output.1) } })
    // First words of our files' formats, which documents show too.
    let formats: Set<String> = ["keyset", "successor", "data", "bundle"]
    return documents.flatMap { file in
        var isFenced = false
        return file.lines.enumerated().flatMap { index, line -> [Finding] in
            if line.hasPrefix("```") { isFenced.toggle() }
            let pieces = line.components(separatedBy: "`").enumerated()
            let code =
                isFenced ? [line] : pieces.filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
            return code.flatMap { $0.matches(of: /(?:^|[\s\/])proofreel ([a-z][a-z-]*)/) }
                .map { String($0.output.1) }.filter { !known.contains($0) && !formats.contains($0) }
                .map { Finding("\(file.path):\(index + 1)", "there is no `proofreel \($0)`") }
        }
    }
}

/// `SomeTests: a sentence` in code marks of a document names a test that exists.
func unknownTests(_ documents: [SourceFile], tests: [SourceFile]) -> [Finding] {
    documents.flatMap { file in
        file.lines.enumerated().flatMap { index, line in
            line.matches(of: /`(\w+Tests): ([^`]+)`/).compactMap { match -> Finding? in
                let (_, suite, sentence) = match.output
                let known = tests.contains { test in
                    test.path.hasSuffix("/\(suite).swift") && test.text.contains("`\(sentence)`")
                }
                guard !known else { return nil }
                return Finding(
                    "\(file.path):\(index + 1)", "there is no test \(suite): \(sentence)")
            }
        }
    }
}
