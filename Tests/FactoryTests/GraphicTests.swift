import Access
import Base
import Evidence
import EvidenceFormat
import Factory
import Foundation
import FoundationXML
import Linux
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// The status graphic on the screen of a work order.
@Suite(.serialized) struct GraphicTests {
    static let now = WallTime(microseconds: 1_769_904_000_000_000)

    static func graphic(_ states: StatusGraphic.State...) -> StatusGraphic {
        StatusGraphic(
            "Welding 7",
            states.enumerated().map { i, state in
                StatusGraphic.Part(
                    "c\(i)", "cam-\(i)", state, since: now.adding(seconds: -180 * Int64(i + 1)))
            }, now: now)
    }

    @Test func `the worst camera speaks for the work centre, and since when`() {
        #expect(Self.graphic(.connected).words == "connected")
        #expect(Self.graphic(.connected, .connected).words == "2 cameras connected")
        let bad = Self.graphic(.connected, .problem, .off)
        #expect(bad.state == .problem && bad.words == "cam-1: no picture for 6 min")
        #expect(bad.since == Self.now.adding(seconds: -360))
        #expect(Self.graphic(.off).words == "off for 3 min")
        #expect(StatusGraphic("x", [], now: Self.now).words == "no camera")
        #expect(Set(StatusGraphic.State.allCases.map { Self.graphic($0).colour }).count == 4)
    }

    @Test(arguments: [
        "<script>alert(1)</script>", "a\"/><x", "]]>&amp;", "\u{202E}evil", "\u{0}\u{1B}\u{FFFE}",
        String(repeating: "W", count: 500), "傷 🔧 Näht",
    ])
    func `whatever a camera is called, the graphic is one picture and nothing else`(name: String) {
        let svg = StatusGraphic(
            name, [StatusGraphic.Part("c", name, .problem, since: Self.now)], now: Self.now
        ).svg()
        #expect(svg.utf8.count < 4096)
        let parser = XMLNames(svg)
        #expect(parser.isWhole)
        #expect(parser.names == ["svg", "title", "circle", "path", "text", "text"])
    }

    @Test func `the screen says that the camera is correctly connected, or is not`() throws {
        let hall = try Hall(cameras: "press-3")
        try hall.centre("wc-7", #"{"name": "Welding 7"}"#)
        try hall.trigger("wc-7", #"{"cameras": ["press-3"]}"#)
        func status() throws -> Hall.Told {
            try hall.ask(.graphic) { fields in
                fields.add(.centre, "wc-7")
                fields.add(.form, "svg")
            }
        }
        let good = try status()
        #expect(good.text("state") == "connected")
        #expect(String(decoding: good.body, as: UTF8.self).contains("Welding 7"))
        _ = try hall.ask(.cameraSet) { fields in
            fields.add(.camera, "press-3")
            fields.add(.url, "http://127.0.0.1:1/gone.jpg")
        }
        for _ in 0..<200 where try status().text("state") != "problem" {
            pauseFor(milliseconds: 50)
        }
        let bad = try status()
        #expect(bad.text("state") == "problem" && bad.text("since") != nil)
        #expect(bad.text("words")?.contains("no picture for") == true)
        _ = try hall.ask(.cameraOff) { $0.add(.camera, "press-3") }
        let off = try hall.ask(.graphic) { $0.add(.camera, "press-3") }
        #expect(off.text("state") == "off" && off.body.isEmpty)
        try hall.close()
    }
}

/// Elements of a text that somebody else's parser takes for XML.
private final class XMLNames: NSObject, XMLParserDelegate {
    private(set) var names: [String] = []
    private(set) var isWhole = false

    init(_ text: String) {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        isWhole = parser.parse()
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
    ) { names.append(name) }
}
