import Foundation
import TestSupport
import Testing

@testable import Base

@Suite struct WallTimeTests {
    static let day: Int64 = 86_400_000_000

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (1_709_251_199_999_999, "2024-02-29T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
    ])
    func `an instant has one text, with six decimals and a Z`(microseconds: Int64, text: String) {
        #expect(WallTime(microseconds: microseconds).description == text)
        #expect(WallTime(text) == WallTime(microseconds: microseconds))
    }

    @Test func `the last instant of year 9999 is the distant future`() {
        #expect(WallTime.distantFuture.description == "9999-12-31T23:59:59.999999Z")
    }

    /// The rule of the Gregorian calendar written the slow way, one day after the other.
    @Test func `every day from 1970 to 9999 has the date that counting gives`() {
        let lengths: [Int64] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        var days: Int64 = 0
        var wrong = 0
        for year in Int64(1970)...9999 {
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            for month in Int64(1)...12 {
                let last = lengths[Int(month - 1)] + (leap && month == 2 ? 1 : 0)
                for day in 1...last {
                    if WallTime.days(year: year, month: month, day: day) != days { wrong += 1 }
                    if Effort.isQuick, day > 1, day < 28 { days += 1; continue }
                    if WallTime.civil(days: days) != (Int(year), Int(month), Int(day)) {
                        wrong += 1
                    }
                    days += 1
                }
            }
        }
        #expect(wrong == 0)
        #expect(days * Self.day == WallTime.distantFuture.microseconds + 1)
    }

    @Test func `Foundation's calendar agrees on instants from 1582 to 9999`() throws {
        var calendar = Calendar(identifier: .iso8601)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        var random = SeededRandom(seed: Effort.seed)
        // Foundation may use the Julian calendar before that day.
        let first = WallTime.days(year: 1582, month: 10, day: 15) * 86_400
        for _ in 0..<Effort.rounds(20_000) {
            let seconds = Int64.random(in: first..<253_402_300_800, using: &random)
            let time = WallTime(microseconds: seconds * 1_000_000)
            let date = Date(timeIntervalSince1970: TimeInterval(seconds))
            let fields: Set<Calendar.Component> = [.year, .month, .day, .hour, .minute, .second]
            let c = calendar.dateComponents(fields, from: date)
            let text = String(
                format: "%04d-%02d-%02dT%02d:%02d:%02d.000000Z", c.year ?? 0, c.month ?? 0,
                c.day ?? 0, c.hour ?? 0, c.minute ?? 0, c.second ?? 0)
            #expect(time.description == text, "\(Effort.replay)")
            #expect(WallTime(text) == time, "\(Effort.replay)")
        }
    }

    @Test(arguments: [
        "", "2024-02-29", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z",
        "2024-02-29T00:00:00.000000z", "2024-02-29t00:00:00.000000Z",
        "2024-02-29 00:00:00.000000Z", "2024-02-29T00:00:00.000000+00:00",
        "2024-02-29T00:00:00,000000Z", "2023-02-29T00:00:00.000000Z",
        "1900-02-29T00:00:00.000000Z", "2024-04-31T00:00:00.000000Z",
        "2024-00-01T00:00:00.000000Z", "2024-13-01T00:00:00.000000Z",
        "2024-01-00T00:00:00.000000Z", "2024-01-32T00:00:00.000000Z",
        "2024-01-01T24:00:00.000000Z", "2024-01-01T00:60:00.000000Z",
        "2016-12-31T23:59:60.000000Z", " 2024-01-01T00:00:00.00000Z",
        "+024-01-01T00:00:00.000000Z", "-024-01-01T00:00:00.000000Z",
        "2024-01-01T00:00:00.00000٠Z", "2024-01-01T00:00:00.000000Z\n",
    ])
    func `every other spelling of a time is refused`(text: String) {
        #expect(WallTime(text) == nil)
    }

    @Test func `months count on from January 1970`() throws {
        #expect(WallTime(microseconds: 0).month == 0)
        #expect(try #require(WallTime("1970-12-31T23:59:59.999999Z")).month == 11)
        #expect(try #require(WallTime("2000-01-01T00:00:00.000000Z")).month == 360)
    }

    @Test func `months outside the field's range stay at its ends`() {
        #expect(WallTime(microseconds: -1).month == 0)
        #expect(WallTime.distantFuture.month == .max)
    }

    @Test func `text order is time order`() {
        var random = SeededRandom(seed: Effort.seed)
        let range = 0...WallTime.distantFuture.microseconds
        for _ in 0..<Effort.rounds(2000) {
            let a = WallTime(microseconds: Int64.random(in: range, using: &random))
            let b = WallTime(microseconds: Int64.random(in: range, using: &random))
            #expect((a < b) == (a.description < b.description), "\(Effort.replay)")
        }
    }
}
