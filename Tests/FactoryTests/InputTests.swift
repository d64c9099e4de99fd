import Access
import Base
import Evidence
import EvidenceFormat
import Factory
import Linux
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Keys of keyboards, foot switches and scanners.
@Suite(.serialized) struct InputTests {
    init() {
        if !UserKeyboard.isPossible {
            print("SKIPPED: keys of a real input device. This machine has no \(UserKeyboard.path).")
        }
    }

    static func at(_ milliseconds: Int64) -> WallTime {
        WallTime(microseconds: 1_769_904_000_000_000 + milliseconds * 1000)
    }

    @Test func `a key is a press with its name at its instant, and letting go is nothing`() {
        var stream = KeyStream(scans: false)
        #expect(stream.take(67, isDown: true, at: Self.at(5)) == .key("F9", at: Self.at(5)))
        #expect(stream.take(67, isDown: false, at: Self.at(9)) == nil)
        #expect(stream.take(30, isDown: true, at: Self.at(10)) == .key("A", at: Self.at(10)))
        #expect(stream.take(76, isDown: true, at: Self.at(11)) == .key("KP5", at: Self.at(11)))
        #expect(stream.take(700, isDown: true, at: Self.at(12)) == .key("KEY700", at: Self.at(12)))
    }

    /// Types a text as scanners do, two milliseconds a letter.
    static func scan(
        _ stream: inout KeyStream, _ codes: [(UInt16, shifted: Bool)], from: Int64
    ) -> [KeyStream.Made] {
        var made: [KeyStream.Made] = []
        var now = from
        for (code, shifted) in codes {
            if shifted { _ = stream.take(42, isDown: true, at: at(now)) }
            if let one = stream.take(code, isDown: true, at: at(now)) { made.append(one) }
            _ = stream.take(code, isDown: false, at: at(now))
            if shifted { _ = stream.take(42, isDown: false, at: at(now)) }
            now += 2
        }
        return made
    }

    static let code: [(UInt16, shifted: Bool)] = [
        (31, true), (49, true), (12, false), (5, false), (3, false), (28, false),
    ]

    @Test func `a scanner's letters are a code, at the instant of the first one`() {
        var stream = KeyStream(scans: true)
        #expect(Self.scan(&stream, Self.code, from: 100) == [.code("SN-42", at: Self.at(100))])
        #expect(Self.scan(&stream, [(28, false)], from: 200).isEmpty)
        // What somebody leaned on long ago is not the beginning of the next code.
        _ = Self.scan(&stream, [(30, false)], from: 1000)
        #expect(Self.scan(&stream, Self.code, from: 3000) == [.code("SN-42", at: Self.at(3000))])
        // Lost keys make no code of two halves.
        _ = Self.scan(&stream, Array(Self.code.prefix(3)), from: 5000)
        stream.reset()
        #expect(
            Self.scan(&stream, Array(Self.code.suffix(3)), from: 5100)
                == [.code("42", at: Self.at(5100))])
        let long =
            [(UInt16, shifted: Bool)](repeating: (30, false), count: 300) + [(28, shifted: false)]
        #expect(Self.scan(&stream, long, from: 9000) == [.nothing])
    }

    @Test func `the kernel's bytes are keys at the kernel's instants`() {
        func event(_ type: UInt8, _ code: UInt8, _ value: UInt8) -> [UInt8] {
            [
                7, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xE2, 1, 0, 0, 0, 0, 0, type, 0, code, 0, value, 0, 0,
                0,
            ]
        }
        let bytes =
            event(4, 4, 9) + event(1, 67, 1) + event(0, 0, 0) + event(1, 67, 2) + event(1, 67, 0)
            + event(0, 3, 0) + [1, 2, 3]
        let events = InputReader.events(bytes.span) { WallTime(microseconds: $0) }
        let at = WallTime(microseconds: 7_123_456)
        #expect(
            events == [.key(67, isDown: true, at: at), .key(67, isDown: false, at: at), .lost])
    }

    @Test func `devices are told apart by serial number, else by port, and mice are left out`() {
        let scratch = Scratch()
        func device(_ event: String, _ files: [String: String]) {
            for (name, text) in files {
                scratch.write("\(event)/device/\(name)", Array((text + "\n").utf8))
            }
        }
        let id = ["id/bustype": "0003", "id/vendor": "05fe", "id/product": "1010"]
        device(
            "event4",
            id.merging([
                "name": "Foot Switch", "phys": "usb-1/input0", "uniq": "",
                "capabilities/key": "100000000",
            ]) { $1 })
        device(
            "event11",
            id.merging([
                "name": "Scanner", "phys": "usb-2/input0", "uniq": "S-77",
                "capabilities/key": "ff 0",
            ]) { $1 })
        device("event12", id.merging(["name": "Lid", "capabilities/key": "0"]) { $1 })
        let found = InputDevice.all(below: scratch.path)
        #expect(found.map(\.id) == ["usb:05fe:1010@usb-1/input0", "usb:05fe:1010:S-77"])
        #expect(found.map(\.node) == ["/dev/input/event4", "/dev/input/event11"])
        #expect(found.map(\.name) == ["Foot Switch", "Scanner"])
    }

    @Test func `a device that is not an input device is refused with its path`() {
        do {
            _ = try InputReader(node: "/dev/null", grab: true)
            Issue.record("it was opened")
        } catch {
            #expect(error.words.contains("/dev/null"))
        }
    }

    @Test func `one device is at one work centre`() throws {
        let hall = try Hall()
        try hall.centre("wc-7", #"{"input": "usb:05fe:1010@usb-1/input0"}"#)
        let refused = hall.refusal {
            try hall.centre("wc-8", #"{"input": "usb:05fe:1010@usb-1/input0"}"#)
        }
        #expect(refused?.code == .refused && refused?.words.contains("wc-7") == true)
        #expect(try hall.ask(.inputList) { _ in }.json.members.isEmpty)
        try hall.close()
    }

    @Test func `a device that is not plugged in is waited for, and the server ends all the same`()
        throws
    {
        let hall = try Hall(cameras: "press-3")
        hall.bench.floor.start()
        try hall.centre("wc-7", #"{"input": "usb:0000:0000@nowhere"}"#)
        pauseFor(milliseconds: 200)
        _ = try hall.ask(.centreSet) { fields in
            fields.add(.centre, "wc-7")
            fields.add(.document, #"{"scanner": true}"#)
        }
        hall.bench.floor.end()
        try hall.close()
    }

    @Test(.enabled(if: UserKeyboard.isPossible))
    func `a key of a real device takes the picture of its instant, also after it was replugged`()
        throws
    {
        let hall = try Hall(cameras: "press-3")
        hall.bench.floor.start()
        var keyboard: UserKeyboard? = try UserKeyboard(port: "test-\(hall.bench.securePort)")
        let id = try #require(keyboard?.id)
        try hall.centre("wc-7", #"{"input": "\#(id)"}"#)
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "F9"}"#)
        var instants: [WallTime] = []
        /// Types until one more picture is there: the listener looks for its device now and then.
        func pictures(after known: [String], typing keys: UInt16...) throws -> [String] {
            for _ in 0..<60 {
                instants.append(hall.bench.clock.now)
                for key in keys { keyboard?.press(key) }
                pauseFor(milliseconds: 500)
                let found = try hall.found("work-centre=centre/wc-7")
                if found.count > known.count { return found }
            }
            Issue.record("no key takes a picture")
            return known
        }
        let first = try pictures(after: [], typing: 67)
        let record = try hall.ask(.show) { $0.add(.id, first.last ?? "") }
        let asked = try #require(record.text("asked").flatMap { WallTime($0) })
        #expect(instants.contains { abs(asked.microseconds - $0.microseconds) < 100_000 })
        #expect(record.text("actor") == "centre:wc-7")
        keyboard = nil
        pauseFor(milliseconds: 1000)
        keyboard = try UserKeyboard(port: "test-\(hall.bench.securePort)")
        let second = try pictures(after: first, typing: 30, 67)
        #expect(second.count > first.count)
        // The same device as a scanner.
        try hall.trigger("wc-7", #"{"cameras": ["press-3"], "key": "SCAN"}"#)
        _ = try hall.ask(.centreSet) { fields in
            fields.add(.centre, "wc-7")
            fields.add(.document, #"{"scanner": true, "patterns": ["serial=sn-*"]}"#)
        }
        _ = try pictures(
            after: try hall.found("work-centre=centre/wc-7"), typing: 31, 49, 12, 5, 3, 28)
        #expect(try hall.found("serial=sn-42").count >= 1)
        hall.bench.floor.end()
        try hall.close()
    }
}
