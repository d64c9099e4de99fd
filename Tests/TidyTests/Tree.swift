import Foundation

/// One text file of the project, by its path from the project's folder.
struct SourceFile: Sendable {
    let path: String
    let text: String

    var lines: [String] { text.components(separatedBy: "\n") }

    /// The folder under `Sources/` that it stands in.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 1 ? String(parts[1]) : ""
    }

    /// Its lines with comments and raw texts of several lines blanked, so that rules about code do
    /// not trip over words, or over another language.
    var code: [String] {
        var isText = false
        return lines.map { line in
            if isText {
                isText = !line.hasPrefix("\"\"\"#")
                return ""
            }
            isText = line.hasSuffix("#\"\"\"")
            guard let start = line.range(of: "//") else { return line }
            // `//` inside a string literal (a URL) is not a comment.
            let quotes = line[..<start.lowerBound].count { $0 == "\"" }
            return quotes % 2 == 1 ? line : String(line[..<start.lowerBound])
        }
    }
}

/// What a rule found: where, and what to do about it.
struct Finding: Hashable, CustomStringConvertible {
    let place: String
    let words: String

    init(_ place: String, _ words: String) {
        self.place = place
        self.words = words
    }

    var description: String { "\(place): \(words)" }
}

/// The project as it stands on disk.
enum Tree {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    static func file(_ path: String) throws -> SourceFile {
        let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        return SourceFile(path: path, text: text)
    }

    /// All files under `folder` whose name ends in one of `endings`, in the order of their paths.
    static func files(_ folder: String, _ endings: String...) throws -> [SourceFile] {
        let all = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
        let paths = (all?.allObjects as? [String] ?? []).sorted().filter { path in
            endings.contains { path.hasSuffix($0) }
        }
        return try paths.map { try file("\(folder)/\($0)") }
    }

    static func swiftSources() throws -> [SourceFile] { try files("Sources", ".swift") }

    /// Every document a reader may open.
    static func documents() throws -> [SourceFile] {
        let top = try FileManager.default.contentsOfDirectory(atPath: root.path)
            .filter { $0.hasSuffix(".md") }.sorted()
        return try top.map(file) + files("docs", ".md")
    }
}
