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

/// "Show me the camera in the paint shop."
@Suite(.serialized) struct QuestionTests {
    static let places = [
        Question.Place(
            "Paint shop", others: ["atelier", "Lackiererei"], cameras: ["booth-1", "booth-2"]),
        Question.Place("Paint shop 2", cameras: ["booth-3"]),
        Question.Place("Salle de réunion", cameras: ["meet"]),
        Question.Place("Hall 2", cameras: ["gate"]),
        Question.Place("Cellar", cameras: []),
        Question.Place("Press 3", others: ["press-3"], cameras: ["press-3"]),
    ]

    @Test(arguments: [
        ("show me the camera in the paint shop", ["booth-1", "booth-2"]),
        ("Show me the PAINT-SHOP, please!", ["booth-1", "booth-2"]),
        ("the cameras of paint shop 2", ["booth-3"]),
        ("montre-moi la caméra de l'atelier", ["booth-1", "booth-2"]),
        ("Montre-moi l’atelier", ["booth-1", "booth-2"]),
        ("affiche la camera de la salle de reunion", ["meet"]),
        ("show me the salle de re\u{301}union", ["meet"]),
        ("press 3", ["press-3"]), ("what does press-3 see?", ["press-3"]),
        ("hall 2 and the paint shop", ["gate", "booth-1", "booth-2"]),
    ])
    func `a sentence names its cameras`(sentence: String, cameras: [String]) {
        #expect(Question(sentence).answer(Self.places).cameras == cameras)
    }

    @Test(arguments: [
        ("show me the pain shop", "Paint shop"), ("montre-moi l'atelie", "Paint shop"),
        ("show me the hal 2", "Hall 2"),
    ])
    func `what is nearly a name is suggested and not answered`(sentence: String, near: String) {
        let answer = Question(sentence).answer(Self.places)
        #expect(answer.cameras.isEmpty && answer.suggestions.first == near)
    }

    @Test func `no match lists what there is, in the language of the question`() {
        let english = Question("show me the moon").answer(Self.places)
        #expect(english.cameras.isEmpty && english.suggestions.count == 5)
        #expect(english.words.hasPrefix("which one?"))
        #expect(Question("montre-moi la lune").answer(Self.places).words.hasPrefix("laquelle ?"))
        #expect(Question("show me the cellar").answer(Self.places).words.contains("no camera"))
        #expect(Question("").answer([]).words.contains("no camera yet"))
    }

    @Test func `sentences of nonsense are answered without harm`() {
        for sentence in ["'", "🎥🎥🎥", "\u{202E}\u{0301}", String(repeating: "the ", count: 250)] {
            #expect(Question(sentence).answer(Self.places).cameras.isEmpty)
        }
    }

    @Test func `the picture of a room is of now, and says how old it is`() throws {
        let hall = try Hall()
        try hall.add(camera: "booth-1", room: "Paint shop")
        try hall.add(camera: "booth-2", room: "Atelier")
        _ = try hall.ask(.roomAdd) { fields in
            fields.add(.room, "Paint shop")
            fields.add(.document, #"{"aliases": ["atelier"]}"#)
        }
        for id in ["booth-1", "booth-2"] { try hall.ready(id) }
        let before = hall.bench.log.size
        let answer = try hall.ask(.ask) { $0.add(.words, "montre-moi la caméra de l'atelier") }
        #expect(answer.items.map { $0["camera"]?.string } == ["booth-1", "booth-2"])
        #expect(answer.items.allSatisfy { (0...2000).contains($0["age_ms"]?.int ?? -1) })
        let sizes = answer.items.compactMap { $0["bytes"]?.int }
        #expect(sizes.count == 2 && sizes.reduce(0, +) == Int64(answer.body.count))
        #expect(answer.body.prefix(2) == [0xFF, 0xD8])
        #expect(hall.bench.log.size == before, "looking makes nothing evidence")
        #expect(try hall.bench.lines(.live).count >= 2)
        try hall.close()
    }

    @Test func `an old picture is never shown unasked`() throws {
        let hall = try Hall()
        try hall.add(camera: "booth-1", room: "Paint shop")
        try hall.ready("booth-1")
        _ = try hall.ask(.cameraOff) { $0.add(.camera, "booth-1") }
        pauseFor(milliseconds: 2500)
        let answer = try hall.ask(.ask) { $0.add(.words, "show me the paint shop") }
        #expect(answer.body.isEmpty && answer.items.count == 1)
        #expect(answer.items[0]["error"]?.string == "camera-off")
        #expect(answer.items[0]["last_frame"] != nil && answer.items[0]["instant"] == nil)
        try hall.close()
    }

    @Test func `a camera belongs to a room, has a name of its own, and is chosen by it`() throws {
        let hall = try Hall()
        try hall.add(camera: "cam-1", room: "Hall 2")
        _ = try hall.ask(.cameraSet) { fields in
            fields.add(.camera, "cam-1")
            fields.add(.document, #"{"name": "Gate north"}"#)
        }
        let rooms = try hall.ask(.roomList) { _ in }
        #expect(rooms.items.map { $0["name"]?.string } == ["Hall 2"])
        try hall.ready("cam-1")
        let answer = try hall.ask(.ask) { $0.add(.words, "show me gate north") }
        #expect(answer.items.map { $0["camera"]?.string } == ["cam-1"])
        try hall.close()
    }

    @Test func `whoever has some cameras is shown these alone`() throws {
        let hall = try Hall()
        for id in ["booth-1", "booth-2"] { try hall.add(camera: id, room: "Paint shop") }
        for id in ["booth-1", "booth-2"] { try hall.ready(id) }
        let client = try WireClient(port: hall.bench.plainPort)
        try client.logIn(
            "token", secret: try hall.bench.token([.operator], cameras: ["booth-2"]))
        let answer = try Hall.ask(client, .ask) { $0.add(.words, "show me the paint shop") }
        #expect(answer.items.map { $0["camera"]?.string } == ["booth-2"])
        let erp = try WireClient(port: hall.bench.plainPort)
        try erp.logIn("token", secret: try hall.bench.token([.erp]))
        let refused = hall.refusal { _ = try Hall.ask(erp, .ask) { $0.add(.words, "booth-1") } }
        #expect(refused?.code == .denied)
        try hall.close()
    }
}
