internal import Base
internal import Linux

/// Numbers as people read them.
enum Amount {
    /// `1.4 MB`, in powers of ten as disks are sold.
    static func bytes(_ count: UInt64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB", "PB"]
        var value = count
        var rest: UInt64 = 0
        var unit = 0
        while value >= 1000 && unit < units.count - 1 {
            rest = value % 1000
            value /= 1000
            unit += 1
        }
        guard unit > 0, value < 100 else { return "\(value) \(units[unit])" }
        return "\(value).\(rest / 100) \(units[unit])"
    }

    static func count(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String
    {
        "\(number) \(number == 1 ? one : many ?? one + "s")"
    }

    /// `4 s`, `3 min`, `2 h`, `5 days`
    static func age(seconds: Int64) -> String {
        switch seconds {
        case ..<0: "in the future"
        case ..<120: "\(seconds) s"
        case ..<7200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }

    /// On the clock of this machine.
    static func time(_ time: WallTime) -> String { LocalTime(time).text }
}

extension Amount {
    /// `+12.3 ms`
    static func signedMilliseconds(_ microseconds: Int64) -> String {
        let tenths = (abs(microseconds) + 50) / 100
        return "\(microseconds < 0 ? "-" : "+")\(tenths / 10).\(tenths % 10) ms"
    }
}
