import Access
import Base
import Evidence
import EvidenceFormat
import Factory
import Foundation
import Linux
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// What people set up, kept in one file.
@Suite struct BookTests {
    static func entry(_ text: String, _ names: [String]) throws -> Entry {
        try Entry(JSON(parsing: Array(text.utf8).span), "it", names: names)
    }

    static func filled(_ scratch: Scratch) throws -> FactoryBook {
        let book = try FactoryBook(dataDirectory: scratch.path)
        try book.change { contents throws(Failure) in
            var centre = try WorkCentre(id: "wc-7")
            try centre.change(
                entryOrFail(
                    #"{"input":"usb:1:2@p","patterns":["serial=SN-*"],"scanner":true}"#,
                    WorkCentre.names))
            _ = try centre.addTrigger(
                entryOrFail(#"{"cameras":["press-3"],"key":"F9"}"#, Trigger.names))
            try contents.put(centre, isNew: true)
            var point = try ControlPoint(id: "weld")
            try point.change(
                entryOrFail(
                    #"{"cameras":["press-3"],"centre":"wc-7","name":"Näht 傷 🔧"}"#,
                    ControlPoint.names))
            try contents.put(point, isNew: true)
            var room = try Room(name: "Salle de réunion")
            try room.change(entryOrFail(#"{"aliases":["meeting room"]}"#, Room.names))
            try contents.put(room, isNew: true)
        }
        return book
    }

    private static func entryOrFail(_ text: String, _ names: [String]) throws(Failure) -> Entry {
        try Entry(JSON(parsing: Array(text.utf8).span), "it", names: names)
    }

    @Test func `what was set up is there after a restart`() throws {
        let scratch = Scratch()
        let book = try Self.filled(scratch)
        let again = try FactoryBook(dataDirectory: scratch.path)
        #expect(again.contents == book.contents)
        #expect(try again.contents.point("weld").name == "Näht 傷 🔧")
        #expect(try again.contents.centre("wc-7").scans)
    }

    @Test func `a change that fails changes nothing`() throws {
        let scratch = Scratch()
        let book = try Self.filled(scratch)
        let before = book.contents
        #expect(throws: Failure.self) {
            try book.change { contents throws(Failure) in
                try contents.removePoint("weld")
                try contents.removeCentre("wc-9")
            }
        }
        #expect(book.contents == before)
        #expect(throws: Failure.self) {
            try book.change { contents throws(Failure) in try contents.removeCentre("wc-7") }
        }
    }

    @Test(arguments: [
        "", "{}", "null", "[1]", #"{"v":1,"points":5}"#, #"{"points":[],"v":1,"x":1}"#,
        #"{"centres":[],"points":[{"cameras":["a"],"id":"A b","type":"picture"}],"v":1}"#,
        #"{"points":[{"cameras":[],"id":"a","type":"picture"}],"v":1}"#,
        #"{"points":[{"cameras":["a"],"centre":"gone","id":"a","type":"picture"}],"v":1}"#,
        #"{"points":[{"cameras":["a"],"id":"a","type":"x-ray"}],"v":1}"#,
        #"{"centres":[{"id":"a","triggers":[{"cameras":["b"],"id":"t0"}]}],"v":1}"#,
        #"{"rooms":[{"aliases":["b"],"name":"a"},{"aliases":[],"name":"B"}],"v":1}"#,
        #"{"v":2}"#,
    ])
    func `a file that nobody of ours wrote is refused with its path`(text: String) throws {
        let scratch = Scratch()
        scratch.write("factory/factory.json", Array(text.utf8))
        do {
            _ = try FactoryBook(dataDirectory: scratch.path)
            Issue.record("it was taken: \(text)")
        } catch {
            #expect(error.words.contains("factory/factory.json: "))
            #expect(error.kind == .corrupt || error.kind == .unsupported)
        }
    }

    @Test(arguments: [
        "\u{1B}[31m", "a\nb", "", String(repeating: "x", count: 129), "\u{7F}",
    ])
    func `a name that would hurt who reads it is refused`(name: String) throws {
        #expect(throws: Failure.self) { try Room(name: name) }
        #expect(throws: Failure.self) {
            var point = try ControlPoint(id: "a")
            try point.change(
                Entry(
                    .object(
                        JSONObject([("name", .string(name)), ("cameras", .array([.string("a")]))])),
                    "it", names: ControlPoint.names))
        }
    }

    @Test(
        arguments: [
            ("serial=SN-*", "SN-0042", "serial=SN-0042"), ("serial=*", "x", "serial=x"),
            ("lot=L##-?", "L20-b", "lot=L20-b"), ("lot=L##", "L2", nil), ("lot=L##", "L2b", nil),
            ("serial=plant/|######", "123456", "serial=plant/123456"),
            ("serial=######", "123456", nil), ("lot=*-*-*", "a-b-c-d", "lot=a-b-c-d"),
            ("lot=*a*b", "xaxbxaxb", "lot=xaxbxaxb"), ("lot=*a*b", "xaxbx", nil),
            ("lot=ä*", "ä😀", "lot=ä😀"),
        ] as [(String, String, String?)])
    func `a code is what its pattern says`(pattern: String, code: String, link: String?) throws {
        let made = try CodePattern(pattern).link(for: code)
        #expect(made.map { "\($0.kind)=\($0.value)" } == link)
    }

    @Test func `a pattern that makes most matchers slow takes no time`() throws {
        let pattern = try CodePattern("lot=" + String(repeating: "*a", count: 40) + "b")
        #expect(pattern.link(for: String(repeating: "a", count: 256)) == nil)
        #expect(throws: Failure.self) { try CodePattern("SN-*") }
        #expect(throws: Failure.self) { try CodePattern("Serial=SN-*") }
        #expect(throws: Failure.self) { try CodePattern("serial=") }
    }

    @Test func `patterns fit what the plainest matcher says that they fit`() throws {
        func fits(_ pattern: ArraySlice<Character>, _ code: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return code.isEmpty }
            let rest = pattern.dropFirst()
            if first == "*" {
                return (code.startIndex...code.endIndex).contains { fits(rest, code[$0...]) }
            }
            guard let letter = code.first else { return false }
            let isFit = first == "?" || (first == "#" ? letter.isNumber : first == letter)
            return isFit && fits(rest, code.dropFirst())
        }
        let seed =
            ProcessInfo.processInfo.environment["SEED"].flatMap(UInt64.init)
            ?? .random(
                in: 0...(.max))
        var random = SeededRandom(seed: seed)
        for _ in 0..<3000 {
            let pattern = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                "*?#ab1".randomElement(using: &random) ?? "a"
            }
            let code = (0..<Int.random(in: 1...8, using: &random)).map { _ in
                "ab12".randomElement(using: &random) ?? "a"
            }
            let link = try CodePattern("lot=x|" + String(pattern)).link(for: String(code))
            #expect(
                (link != nil) == fits(pattern[...], code[...]),
                "\(String(pattern)) \(String(code)); replay with SEED=\(seed)")
        }
    }

    @Test func `a press that was cut off on the disk is told, and taken anew by its caller`() throws
    {
        let scratch = Scratch()
        let journal = try PressJournal(dataDirectory: scratch.path)
        let shot = PendingShot(
            request: "r-1", cameras: ["press-3"], at: WallTime(microseconds: 1), links: [],
            trigger: "wc-7/t1", author: TestLog.author)
        #expect(try journal.put(shot) == shot)
        let name = try #require(
            scratch.files.first { $0.hasPrefix("factory/presses/") && $0.hasSuffix(".json") })
        let whole = scratch.bytes(name)
        for count in 0..<whole.count {
            scratch.write(name, Array(whole.prefix(count)))
            let left = try journal.left()
            #expect(left.presses.isEmpty && left.damaged.first?.contains(name) == true)
        }
        #expect(try journal.put(shot) == shot)
        #expect(try journal.left().presses == [shot])
        // The first instant stays.
        let later = PendingShot(
            request: "r-1", cameras: ["press-3"], at: WallTime(microseconds: 2), links: [],
            trigger: "wc-7/t1", author: TestLog.author)
        #expect(try journal.put(later) == shot)
        try journal.remove(shot)
        #expect(try journal.left().presses.isEmpty)
    }
}
