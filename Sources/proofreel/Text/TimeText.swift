internal import Base
internal import Linux

/// Times as people write them: `now`, `-200ms`, `-2h`, `14:03:05`, `yesterday 14:03`, `2026-11-20`,
/// `2026-11-20 14:03`, RFC 3339. Without a zone, the clock on the wall of this machine is meant.
enum TimeText {
    static let examples = "-200ms, -2h, 14:03:05, yesterday 14:03 or 2026-11-20T14:03:05.120+01:00"

    static func parse(_ text: String, now: WallTime) throws -> WallTime {
        if text == "now" { return now }
        if text.hasPrefix("-"), let ago = DurationText.microseconds(String(text.dropFirst())) {
            return WallTime(microseconds: now.microseconds - ago)
        }
        guard let time = try calendar(text, now: now) else {
            throw UsageError("\"\(text)\" is no time; write \(examples)")
        }
        return time
    }

    private static func calendar(_ text: String, now: WallTime) throws -> WallTime? {
        var words = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        if words.count == 1, text.utf8.count > 10,
            let t = text.firstIndex(where: { "Tt".contains($0) })
        {
            words = [String(text[..<t]), String(text[text.index(after: t)...])]
        }
        guard (1...2).contains(words.count) else { return nil }
        var day = LocalTime(now)
        day.hour = 0
        day.minute = 0
        day.second = 0
        day.microsecond = 0
        var clock = words.count == 2 ? words[1] : nil
        switch words[0] {
        case "today": break
        case "yesterday":
            // Noon is on the day before whatever summer time does.
            day.hour = 12
            guard let noon = day.instant else { return nil }
            day = LocalTime(noon.adding(seconds: -86_400))
            day.hour = 0
        default:
            if let date = date(words[0]) {
                day = date
            } else if words.count == 1 {
                clock = words[0]
            } else {
                return nil
            }
        }
        guard let clock else { return try instant(day, text) }
        return try instant(day, clock: clock, text)
    }

    private static func date(_ text: String) -> LocalTime? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4,
            let year = digits(parts[0]), let month = digits(parts[1]), let day = digits(parts[2]),
            (1970...9999).contains(year), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        return LocalTime(year: year, month: month, day: day)
    }

    private static func instant(_ day: LocalTime, clock: String, _ text: String) throws -> WallTime?
    {
        var clock = Substring(clock)
        var offset: Int?
        if clock.last == "Z" || clock.last == "z" {
            clock = clock.dropLast()
            offset = 0
        } else if let sign = clock.lastIndex(where: { $0 == "+" || $0 == "-" }) {
            let parts = clock[clock.index(after: sign)...].split(separator: ":")
            guard parts.count == 2, let hours = digits(parts[0]), let minutes = digits(parts[1]),
                hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (clock[sign] == "-" ? -1 : 1)
            clock = clock[..<sign]
        }
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = digits(parts[0]), hour < 24,
            let minute = digits(parts[1]), minute < 60
        else { return nil }
        var local = day
        local.hour = hour
        local.minute = minute
        if parts.count == 3 {
            let seconds = parts[2].split(separator: ".", omittingEmptySubsequences: false)
            guard let second = digits(seconds[0]), second < 60, seconds.count <= 2 else {
                return nil
            }
            local.second = second
            if seconds.count == 2 {
                guard let fraction = fraction(seconds[1]) else { return nil }
                local.microsecond = fraction
            }
        }
        guard let offset else { return try instant(local, text) }
        let days = WallTime.days(
            year: Int64(local.year), month: Int64(local.month), day: Int64(local.day))
        let seconds = Int64(local.hour * 3600 + local.minute * 60 + local.second - offset)
        return WallTime(
            microseconds: (days * 86_400 + seconds) * 1_000_000 + Int64(local.microsecond))
    }

    private static func instant(_ local: LocalTime, _ text: String) throws -> WallTime {
        guard let time = local.instant else {
            throw UsageError(
                "no clock here ever shows \"\(text)\": the day does not exist, or summer time skips"
                    + " that hour; write it with its offset, such as 02:30:00+01:00")
        }
        return time
    }

    private static func digits(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    private static func fraction(_ text: Substring) -> Int? {
        guard (1...9).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int((String(text) + "00000").prefix(6))
    }
}

/// `200ms`, `5s`, `2m`, `3h`, `7d`.
enum DurationText {
    static func microseconds(_ text: String) -> Int64? {
        let units: [(String, Int64)] = [
            ("ms", 1000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000),
            ("d", 86_400_000_000),
        ]
        for (unit, scale) in units where text.hasSuffix(unit) {
            let number = text.dropLast(unit.count)
            guard (1...9).contains(number.utf8.count),
                number.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int64(number)
            else { continue }
            let (product, overflow) = count.multipliedReportingOverflow(by: scale)
            return overflow || product > 200 * 365 * 86_400_000_000 ? nil : product
        }
        return nil
    }
}
