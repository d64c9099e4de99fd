extension Outcome {
    /// A table for people; [smallest-largest] of the rounds behind what varies most.
    package var table: String {
        var cells = [
            [
                name, "op/s", "MB/s", "p50 ms", "p99 ms", "CPU-s/GB", "written",
                "\(rows[0].name) ÷",
            ]
        ]
        for row in rows {
            cells.append([
                row.name, row.operationsPerSecond.text(0), row.megabytesPerSecond.median.fixed(0),
                row.latency.map { ($0.p50 / 1e3).fixed(2) } ?? "-",
                row.latency.map { ($0.p99 / 1e3).fixed(2) } ?? "-",
                row.cpuSecondsPerGigabyte.median.fixed(2),
                row.writeAmplification?.median.fixed(2) ?? "-",
                row.name == rows[0].name ? "-" : row.subjectRatio.text(2),
            ])
        }
        return aligned(cells)
    }

    /// One line of JSON for each measure, for programs that keep history.
    package func jsonLines(bench: String) -> [String] {
        rows.flatMap { row in
            var lines: [String] = []
            func add(_ metric: String, _ unit: String, _ fields: [(String, JSONValue)]) {
                let head: [(String, JSONValue)] = [
                    ("bench", .text(bench)), ("case", .text(name)), ("contender", .text(row.name)),
                    ("metric", .text(metric)), ("unit", .text(unit)),
                    ("rounds", .count(row.rounds)),
                ]
                lines.append(json(head + fields))
            }
            func add(_ metric: String, _ unit: String, _ spread: Spread) {
                add(metric, unit, spread.fields)
            }
            add("operations", "1/s", row.operationsPerSecond)
            add("payload", "MB/s", row.megabytesPerSecond)
            add("cpu", "s/GB", row.cpuSecondsPerGigabyte)
            if let written = row.writeAmplification { add("write-amplification", "1", written) }
            if let latency = row.latency {
                add(
                    "latency", "us",
                    [
                        ("median", .number(latency.p50)), ("p99", .number(latency.p99)),
                        ("min", .number(latency.min)), ("max", .number(latency.max)),
                    ])
            }
            if row.name != rows[0].name {
                add("ratio", "1", [("of", .text(rows[0].name))] + row.subjectRatio.fields)
            }
            return lines
        }
    }
}

extension Spread {
    func text(_ digits: Int) -> String {
        "\(median.fixed(digits)) [\(min.fixed(digits))-\(max.fixed(digits))]"
    }

    var fields: [(String, JSONValue)] {
        [("median", .number(median)), ("min", .number(min)), ("max", .number(max))]
    }
}

extension Double {
    /// Decimal text with so many digits after the point; "-" for what is not a number.
    package func fixed(_ digits: Int) -> String {
        guard isFinite, magnitude < 1e15 else { return "-" }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((magnitude * scale).rounded())
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = "\(scaled % Int64(scale))"
        let zeros = String(repeating: "0", count: digits - fraction.utf8.count)
        return "\(sign)\(scaled / Int64(scale)).\(zeros)\(fraction)"
    }
}

enum JSONValue {
    case text(String)
    case count(Int)
    case number(Double)
}

/// One object on one line, in the order given.
func json(_ fields: [(String, JSONValue)]) -> String {
    let pairs = fields.map { name, value in
        switch value {
        case .text(let text): "\(quoted(name)):\(quoted(text))"
        case .count(let count): "\(quoted(name)):\(count)"
        case .number(let number): "\(quoted(name)):\(number.isFinite ? "\(number)" : "null")"
        }
    }
    return "{\(pairs.joined(separator: ","))}"
}

private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"", "\\": result += "\\\(scalar)"
        case "\u{0}"..<" ":
            let hex = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}

/// The first column to the left, the others to the right.
func aligned(_ cells: [[String]]) -> String {
    let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max()! }
    let lines = cells.map { row in
        row.indices.map { column in
            let space = String(repeating: " ", count: widths[column] - row[column].count)
            return column == 0 ? row[column] + space : space + row[column]
        }.joined(separator: "  ")
    }
    return lines.joined(separator: "\n")
}
