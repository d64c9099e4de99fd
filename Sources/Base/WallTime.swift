/// An instant on the wall clock: microseconds since 1970 UTC. A claim, never a proof; see `clk`.
@frozen public struct WallTime: Hashable, Comparable, Sendable {
    public let microseconds: Int64

    @inlinable public init(microseconds: Int64) { self.microseconds = microseconds }

    @inlinable public static func < (a: WallTime, b: WallTime) -> Bool {
        a.microseconds < b.microseconds
    }

    public static let distantPast = WallTime(microseconds: 0)
    /// 9999-12-31T23:59:59.999999Z, the last instant that RFC 3339 can write.
    public static let distantFuture = WallTime(microseconds: 253_402_300_799_999_999)

    public func adding(seconds: Int64) -> WallTime {
        WallTime(microseconds: microseconds + seconds * 1_000_000)
    }

    /// Months since 1970-01, the grain in which time-ordered shards are cut.
    public var month: UInt16 {
        let (year, month, _) = Self.civil(days: microseconds.floorDiv(86_400_000_000))
        return UInt16(clamping: (year - 1970) * 12 + month - 1)
    }
}

extension WallTime: CustomStringConvertible {
    /// RFC 3339 in UTC, always with six decimals: one text for one instant.
    public var description: String {
        let days = microseconds.floorDiv(86_400_000_000)
        var rest = microseconds - days * 86_400_000_000
        let (year, month, day) = Self.civil(days: days)
        let micros = rest % 1_000_000
        rest /= 1_000_000
        var text: [UInt8] = []
        text.reserveCapacity(27)
        func put(_ value: Int64, _ width: Int) {
            var scale: Int64 = 1
            for _ in 1..<width { scale *= 10 }
            while scale > 0 {
                text.append(0x30 + UInt8(truncatingIfNeeded: value / scale % 10))
                scale /= 10
            }
        }
        put(Int64(year), 4)
        text.append(0x2D)
        put(Int64(month), 2)
        text.append(0x2D)
        put(Int64(day), 2)
        text.append(0x54)
        put(rest / 3600, 2)
        text.append(0x3A)
        put(rest / 60 % 60, 2)
        text.append(0x3A)
        put(rest % 60, 2)
        text.append(0x2E)
        put(micros, 6)
        text.append(0x5A)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads exactly what `description` writes: 27 bytes, UTC, six decimals.
    public init?(_ text: some StringProtocol) { self.init(String(text)) }

    public init?(_ text: String) {
        let t = text.utf8Span.span
        guard t.count == 27, t[4] == 0x2D, t[7] == 0x2D, t[10] == 0x54, t[13] == 0x3A,
            t[16] == 0x3A, t[19] == 0x2E, t[26] == 0x5A
        else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            var value: Int64 = 0
            for i in range {
                guard (0x30...0x39).contains(t[i]) else { return nil }
                value = value * 10 + Int64(t[i] - 0x30)
            }
            return value
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let micros = number(20..<26), (1...12).contains(month), hour < 24, minute < 60,
            second < 60
        else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        guard Self.civil(days: days) == (Int(year), Int(month), Int(day)) else { return nil }
        microseconds = (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + micros
    }

    /// Howard Hinnant's civil calendar algorithms (public domain description).
    static func civil(days: Int64) -> (year: Int, month: Int, day: Int) {
        let z = days + 719_468
        let era = z.floorDiv(146_097)
        let doe = z - era * 146_097
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let day = doy - (153 * mp + 2) / 5 + 1
        let month = mp < 10 ? mp + 3 : mp - 9
        return (Int(yoe + era * 400 + (month <= 2 ? 1 : 0)), Int(month), Int(day))
    }

    public static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let era = y.floorDiv(400)
        let yoe = y - era * 400
        let doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
    }
}

extension Int64 {
    @inlinable func floorDiv(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
