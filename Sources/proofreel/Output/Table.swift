/// Rows of text under headings, for people. Columns are as wide as what is in them; what would
/// break a line is shown as a dot.
struct Table {
    private let headings: [String]
    private var rows: [[String]] = []

    init(_ headings: [String]) { self.headings = headings }

    mutating func add(_ row: [String]) { rows.append(row.map(Table.printable)) }

    func lines(_ console: Console) -> [String] {
        let widths = headings.indices.map { column in
            ([headings] + rows).map { Table.width($0[column]) }.max() ?? 0
        }
        func line(_ row: [String]) -> String {
            var text = ""
            for (i, cell) in row.enumerated() {
                text += cell
                if i < row.count - 1 {
                    text += String(repeating: " ", count: widths[i] - Table.width(cell) + 2)
                }
            }
            while text.last == " " { text.removeLast() }
            return text
        }
        return [console.faint(line(headings))] + rows.map(line)
    }

    /// Columns on a terminal, near enough: wide East Asian letters take two.
    static func width(_ text: String) -> Int {
        text.reduce(0) { width, character in
            let value = character.unicodeScalars.first?.value ?? 0
            let wide =
                (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value)
                || (0xAC00...0xD7A3).contains(value) || (0xF900...0xFAFF).contains(value)
                || (0xFF00...0xFF60).contains(value) || (0x1F300...0x1FAFF).contains(value)
            return width + (wide ? 2 : 1)
        }
    }

    /// Text from outside must not move the cursor of whoever reads it.
    static func printable(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let value = scalar.value
            let control = value < 0x20 || (0x7F...0x9F).contains(value)
            let direction = (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
            clean.append(control || direction ? "·" : scalar)
        }
        return String(clean)
    }
}

/// `name   value` pairs, names in one column.
struct Facts {
    private var rows: [(String, String)] = []

    mutating func add(_ name: String, _ value: String) { rows.append((name, value)) }

    func lines(_ console: Console) -> [String] {
        let width = rows.map { Table.width($0.0) }.max() ?? 0
        return rows.map { name, value in
            let gap = String(repeating: " ", count: width - Table.width(name) + 2)
            return "\(console.faint(name))\(gap)\(value)"
        }
    }
}
