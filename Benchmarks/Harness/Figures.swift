/// Numbers of several contenders, a set for each round: for what a rate of bytes does not describe.
/// The first contender is the subject, and gets ratios subject ÷ other within each round.
package struct Figures {
    package struct Column: Sendable {
        let name: String
        let unit: String
        let digits: Int
        let isCompared: Bool

        package init(_ name: String, unit: String, digits: Int = 2, compared: Bool = false) {
            self.name = name
            self.unit = unit
            self.digits = digits
            isCompared = compared
        }
    }

    let name: String
    let columns: [Column]
    private var rows: [(name: String, rounds: [[Double]])] = []

    package init(_ name: String, _ columns: [Column]) {
        self.name = name
        self.columns = columns
    }

    /// One round of one contender; NaN where it has no such number.
    package mutating func add(_ contender: String, _ values: [Double]) {
        precondition(values.count == columns.count)
        if let i = rows.firstIndex(where: { $0.name == contender }) {
            rows[i].rounds.append(values)
        } else {
            rows.append((contender, [values]))
        }
    }

    private func spread(_ row: Int, _ column: Int) -> Spread? {
        let values = rows[row].rounds.map { $0[column] }.filter(\.isFinite)
        return values.isEmpty ? nil : Spread(values)
    }

    private func ratio(_ row: Int, _ column: Int) -> Spread? {
        guard row > 0, columns[column].isCompared else { return nil }
        let values = zip(rows[0].rounds, rows[row].rounds).map { $0[column] / $1[column] }
            .filter(\.isFinite)
        return values.isEmpty ? nil : Spread(values)
    }

    package var table: String {
        let compared = columns.indices.filter { columns[$0].isCompared }
        let subject = rows.first?.name ?? ""
        var cells = [
            [name] + columns.map(\.name) + compared.map { "\(subject) ÷, \(columns[$0].name)" }
        ]
        for row in rows.indices {
            let values = columns.indices.map { spread(row, $0)?.text(columns[$0].digits) ?? "-" }
            cells.append(
                [rows[row].name] + values + compared.map { ratio(row, $0)?.text(2) ?? "-" })
        }
        return aligned(cells)
    }

    package func jsonLines(bench: String) -> [String] {
        var lines: [String] = []
        for row in rows.indices {
            for column in columns.indices {
                let head: [(String, JSONValue)] = [
                    ("bench", .text(bench)), ("case", .text(name)),
                    ("contender", .text(rows[row].name)), ("metric", .text(columns[column].name)),
                    ("unit", .text(columns[column].unit)),
                    ("rounds", .count(rows[row].rounds.count)),
                ]
                if let spread = spread(row, column) { lines.append(json(head + spread.fields)) }
                if let ratio = ratio(row, column) {
                    let of: [(String, JSONValue)] = [("ratio-of", .text(rows[0].name))]
                    lines.append(json(head + of + ratio.fields))
                }
            }
        }
        return lines
    }

    package func print(_ arguments: Arguments, bench: String) {
        if arguments.json {
            for line in jsonLines(bench: bench) { say(line) }
        } else {
            say(table + "\n")
        }
    }
}
