package import Base
internal import CLinux

/// The calendar on the wall of this machine: its time zone and its summer time (`localtime_r`).
package struct LocalTime: Hashable, Sendable {
    package var year: Int
    package var month: Int
    package var day: Int
    package var hour: Int
    package var minute: Int
    package var second: Int
    package var microsecond: Int
    /// Seconds east of UTC; what `instant` finds, not what it uses.
    package private(set) var offsetSeconds = 0

    package init(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0,
        microsecond: Int = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
    }

    package init(_ time: WallTime) {
        let micros = ((time.microseconds % 1_000_000) + 1_000_000) % 1_000_000
        let parts = proofreel_local((time.microseconds - micros) / 1_000_000)
        self.init(
            year: Int(parts.year), month: Int(parts.month), day: Int(parts.day),
            hour: Int(parts.hour), minute: Int(parts.minute), second: Int(parts.second),
            microsecond: Int(micros))
        offsetSeconds = Int(parts.offset)
    }

    /// Nil when no clock here ever showed this: 31 February, or the hour that summer time skips.
    package var instant: WallTime? {
        let seconds = proofreel_local_seconds(
            proofreel_calendar(
                year: Int32(clamping: year), month: Int32(clamping: month),
                day: Int32(clamping: day), hour: Int32(clamping: hour),
                minute: Int32(clamping: minute), second: Int32(clamping: second), offset: 0))
        let time = WallTime(microseconds: seconds * 1_000_000 + Int64(microsecond))
        var back = LocalTime(time)
        back.offsetSeconds = offsetSeconds
        return back == self ? time : nil
    }

    /// `2026-11-20 14:03:05.120 +01:00`, for people.
    package var text: String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        var millis = "\(microsecond / 1000)"
        while millis.count < 3 { millis = "0" + millis }
        let minutes = abs(offsetSeconds) / 60
        return
            "\(year)-\(two(month))-\(two(day)) \(two(hour)):\(two(minute)):\(two(second)).\(millis)"
            + " \(offsetSeconds < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
    }
}
