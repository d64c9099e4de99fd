package import Store

/// Names of the log's objects. `docs/storage-format.md` describes what is in them.
package enum Names {
    package static let checkpoints = ObjectName("log/checkpoints")

    package static func segment(_ number: UInt32) -> ObjectName {
        ObjectName("segments/\(padded(UInt64(number), 8))")
    }

    /// One row of tile hashes, cut into objects of bounded size.
    package static func level(_ level: Int) -> String { "log/level-\(level)" }
    package static let places = "log/places"

    package static func chunk(of row: String, _ number: UInt64) -> ObjectName {
        ObjectName("\(row)/\(padded(number, 6))")
    }

    private static func padded(_ number: UInt64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
