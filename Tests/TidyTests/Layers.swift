import Foundation

/// A module as the layer table, or the manifest, describes it.
struct Module: Equatable {
    let name: String
    /// Absent in the manifest, which knows no layers.
    let layer: Int?
    let imports: Set<String>
}

/// What of the system a module may import beside its own list, by layer.
func systemModules(layer: Int) -> Set<String> {
    switch layer {
    case 1: ["Synchronization"]
    case 2, 9: ["Synchronization", "Glibc"]
    default: ["Synchronization"]
    }
}

/// The rows between `<!-- layers -->` and `<!-- /layers -->`:
/// `| layer | module | may import | what it is |`, names in backticks.
func layerTable(_ document: SourceFile) -> [Module] {
    guard let start = document.text.range(of: "<!-- layers -->"),
        let end = document.text.range(of: "<!-- /layers -->")
    else { return [] }
    let rows = document.text[start.upperBound..<end.lowerBound].split(separator: "\n")
    return rows.compactMap { row in
        let cells = row.split(separator: "|").map(String.init)
        guard cells.count >= 3, let layer = Int(cells[0].filter { !$0.isWhitespace }) else {
            return nil
        }
        guard let name = quoted(cells[1]).first else { return nil }
        return Module(name: name, layer: layer, imports: Set(quoted(cells[2])))
    }
}

private func quoted(_ cell: String) -> [String] {
    cell.matches(of: /`(\w+)`/).map { String($0.output.1) }
}

/// The modules that `Package.swift` builds into the product.
func manifestModules(_ manifest: SourceFile) -> [Module] {
    func names(_ list: Substring?) -> Set<String> {
        Set((list ?? "").matches(of: /"(\w+)"/).map { String($0.output.1) })
    }
    let text = manifest.text
    let libraries = text.matches(of: /\blibrary\(\s*"(\w+)"/).map {
        Module(name: String($0.output.1), layer: nil, imports: [])
    }
    let modules = text.matches(of: /\bmodule\(\s*"(\w+)",\s*imports:\s*\[([^\]]*)\]/).map {
        Module(name: String($0.output.1), layer: nil, imports: names($0.output.2))
    }
    let programs = text.matches(
        of: /\.executableTarget\(\s*name: "(\w+)",\s*dependencies:\s*\[([^\]]*)\]/
    ).map {
        Module(name: String($0.output.1), layer: nil, imports: names($0.output.2))
    }
    return libraries + modules + programs
}

/// Document and manifest name the same modules with the same imports.
func tableDiffers(_ table: [Module], _ manifest: [Module]) -> [Finding] {
    let documented = Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    let built = Dictionary(manifest.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    var findings: [Finding] = []
    for name in Set(documented.keys).union(built.keys).sorted() {
        switch (documented[name], built[name]) {
        case (nil, _): findings.append(Finding(name, "missing in the layer table"))
        case (_, nil): findings.append(Finding(name, "in the layer table, not in Package.swift"))
        case (let a?, let b?) where a.imports != b.imports:
            findings.append(
                Finding(
                    name,
                    "the layer table lets it import \(a.imports.sorted()), "
                        + "Package.swift \(b.imports.sorted())"))
        case (_?, _?): break
        }
    }
    return findings
}

/// A module may import only what stands on a lower layer.
func importsUpwards(_ table: [Module]) -> [Finding] {
    let layers = Dictionary(
        table.map { ($0.name, $0.layer ?? 0) }, uniquingKeysWith: { a, _ in a })
    return table.flatMap { module in
        module.imports.sorted().compactMap { name in
            guard let other = layers[name] else {
                return Finding(module.name, "may import \(name), which the table does not have")
            }
            guard other >= module.layer ?? 0 else { return nil }
            return Finding(module.name, "may import \(name), which is not on a lower layer")
        }
    }
}

/// The `import` lines say no more than the table.
func importsUndeclared(_ table: [Module], _ sources: [SourceFile]) -> [Finding] {
    let modules = Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    let pattern = /^\s*(?:@\w+(?:\(.*?\))?\s+)*(?:\w+\s+)?import\s+(?:\w+\s+)?(\w+)/
    return sources.flatMap { file in
        file.code.enumerated().compactMap { index, line -> Finding? in
            guard let name = line.firstMatch(of: pattern).map({ String($0.output.1) }) else {
                return nil
            }
            let place = "\(file.path):\(index + 1)"
            guard let module = modules[file.module] else {
                return Finding(place, "\(file.module) is not in the layer table")
            }
            if module.imports.contains(name) { return nil }
            if systemModules(layer: module.layer ?? 0).contains(name) { return nil }
            return Finding(place, "\(module.name) may not import \(name)")
        }
    }
}
