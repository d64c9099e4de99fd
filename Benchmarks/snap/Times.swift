import BenchHarness

/// Latencies by what took them, in the order of the first use.
struct Times {
    private var all: [(name: String, nanoseconds: [UInt64])] = []

    /// `names`: what is to be told first, whatever is measured first.
    init(_ names: [String] = []) { all = names.map { ($0, []) } }

    mutating func measure(_ name: String, _ work: () throws -> Void) rethrows {
        let start = Meter.nanoseconds
        try work()
        put(name, Meter.nanoseconds - start)
    }

    mutating func put(_ name: String, _ nanoseconds: UInt64) {
        if let i = all.firstIndex(where: { $0.name == name }) {
            all[i].nanoseconds.append(nanoseconds)
        } else {
            all.append((name, [nanoseconds]))
        }
    }

    /// A round of a table with p50 and p99 in milliseconds.
    func add(to figures: inout Figures) {
        for (name, values) in all where !values.isEmpty {
            figures.add(
                name,
                [
                    Double(percentile(50, of: values)) / 1e6,
                    Double(percentile(99, of: values)) / 1e6,
                ])
        }
    }
}
