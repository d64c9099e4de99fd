let columnsMax = 100
let functionLinesMax = 70

func longLines(_ files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        file.lines.enumerated().compactMap { index, line in
            guard line.count > columnsMax else { return nil }
            return Finding(
                "\(file.path):\(index + 1)", "\(line.count) columns, more than \(columnsMax)")
        }
    }
}

/// Relies on `swift format`: the brace that ends a function stands alone, indented as its `func`.
func longFunctions(_ files: [SourceFile]) -> [Finding] {
    let start = /^( *)(?:@\w+(?:\(.*?\))? +|\w+(?:\(\w+\))? +)*(func\b|init\b|deinit\b|subscript\b)/
    return files.flatMap { file in
        let lines = file.code
        return lines.indices.compactMap { first -> Finding? in
            guard let match = lines[first].firstMatch(of: start) else { return nil }
            let indent = String(match.output.1)
            let rest = lines[(first + 1)...]
            // What stands at the same depth and is no part of the declaration ends the search.
            let end = rest.firstIndex { line in
                guard !line.isEmpty, !line.allSatisfy({ $0 == " " }) else { return false }
                let depth = line.prefix { $0 == " " }.count
                if depth > indent.count { return false }
                let text = line.dropFirst(depth)
                return ![")", "{", "where "].contains { text.hasPrefix($0) }
            }
            guard let end, lines[end].dropFirst(indent.count) == "}" else { return nil }
            let count = end - first + 1
            guard count > functionLinesMax else { return nil }
            return Finding(
                "\(file.path):\(first + 1)",
                "a function of \(count) lines, more than \(functionLinesMax)")
        }
    }
}

/// The word `unsafe` belongs to the modules that wrap C, so that reviewing those reviews it all.
func unsafeAbove(_ table: [Module], _ files: [SourceFile]) -> [Finding] {
    let low = Set(table.filter { $0.layer ?? 0 <= 2 }.map(\.name))
    return files.filter { !low.contains($0.module) }.flatMap { file in
        found(in: file, /\bunsafe\b/, "`unsafe` is for layers 0 to 2")
    }
}

/// Traps that bad input or a bad disk could spring.
func bannedCalls(_ files: [SourceFile]) -> [Finding] {
    files.flatMap { file in
        found(in: file, /\btry!/, "`try!` turns a failure into a crash; throw it")
            + found(in: file, /\bfatalError\(/, "throw, or say `precondition` if only a bug can")
    }
}

private func found(
    in file: SourceFile, _ pattern: some RegexComponent, _ words: String
) -> [Finding] {
    file.code.enumerated().compactMap { index, line in
        guard line.firstMatch(of: pattern) != nil else { return nil }
        return Finding("\(file.path):\(index + 1)", words)
    }
}

/// `.ci/run` names test targets in words; a name that nothing builds would be tested by nobody.
func unknownSanitized(_ script: SourceFile, _ manifest: SourceFile) -> [Finding] {
    guard let list = script.text.firstMatch(of: /\nsanitized="([^"]*)"/)?.output.1 else {
        return [Finding(script.path, "no list of targets to sanitize")]
    }
    let built = Set(
        manifest.text.matches(of: /\btests\(\s*"(\w+)"/).map { String($0.output.1) })
    return list.split(whereSeparator: \.isWhitespace).compactMap { name in
        guard !built.contains(String(name)) else { return nil }
        return Finding(script.path, "sanitizes \(name), which Package.swift does not have")
    }
}
