/// Few rounds under foreign load: the median says what is usual, the smallest and the largest say
/// how far to trust it.
package struct Spread: Equatable, Sendable {
    package let median: Double
    package let min: Double
    package let max: Double

    package init(_ values: [Double]) {
        precondition(!values.isEmpty)
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        min = sorted[0]
        max = sorted[sorted.count - 1]
    }
}

/// The nearest-rank percentile: the smallest value that `percent` of all do not exceed.
package func percentile(_ percent: Int, of values: [UInt64]) -> UInt64 {
    precondition(!values.isEmpty && (1...100).contains(percent))
    let sorted = values.sorted()
    return sorted[(sorted.count * percent + 99) / 100 - 1]
}
