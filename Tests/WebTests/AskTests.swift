import Access
import Base
import Evidence
import Foundation
import JPEG
import Recorder
import ServerSupport
import TestSupport
import Testing
import Web

/// "Show me the camera in the paint shop", from a browser, a chat bot or a home assistant.
@Suite(.serialized) struct AskTests {
    private static let sentence = "/ask?q=show+me+the+camera+in+the+paint+shop"

    private func camera(_ bench: WebBench, _ id: String, room: String) throws {
        try bench.camera(id)
        var config = try bench.server.recorder.book.camera(id)
        config.room = room
        try bench.server.recorder.change(config, credentials: nil, by: TestLog.author)
        while try bench.ask("/cameras/\(id).jpg", try bench.bearer(.auditor)).status != 200 {
            pauseFor(milliseconds: 50)
        }
    }

    @Test(arguments: [
        sentence, "/ask?q=montre-moi%20la%20cam%C3%A9ra%20de%20l%27atelier",
        "/ask?q=paint+shop", "/ask?q=ATELIER%20%3F",
    ])
    func `whoever asks for the paint shop gets its picture of now, and how old it is`(
        question: String
    ) throws {
        let bench = try WebBench()
        try camera(bench, "booth-1", room: "Paint shop")
        let admin = try bench.bearer(.admin)
        _ = try bench.post("/rooms/Paint%20shop/add", #"{"aliases": ["l'atelier"]}"#, admin)
        let login = try bench.bearer(.auditor)
        let answer = try bench.ask(question, login, "Accept: image/*")
        #expect(answer.status == 200 && answer.header("Content-Type") == "image/jpeg")
        #expect(try JPEGHeader(answer.body.span).width == 320)
        #expect(answer.header("Proofreel-Camera") == "booth-1")
        let age = try #require(answer.header("Proofreel-Age-Ms").flatMap { Int($0) })
        #expect((0...30_000).contains(age))
        #expect(answer.header("Cache-Control") == "no-store")
        // Looking is not taking, and stands in the trail.
        #expect(try bench.server.log.find(Query()).hits.isEmpty)
        #expect(try bench.server.lines(.live).contains { $0.entry.target == "camera booth-1" })
        try bench.close()
    }

    @Test func `programs get JSON, with each camera's picture and its age`() throws {
        let bench = try WebBench()
        try camera(bench, "booth-1", room: "Paint shop")
        try camera(bench, "booth-2", room: "paint shop")
        let login = try bench.bearer(.auditor)
        let answer = try bench.ask(Self.sentence, login, "Accept: application/json")
        #expect(answer.json["rooms"] as? [String] == ["Paint shop"], "\(answer.text)")
        let cameras = try #require(answer.json["cameras"] as? [[String: Any]])
        #expect(cameras.count == 2)
        for camera in cameras {
            let text = try #require(camera["picture"] as? String)
            let bytes = try #require(Data(base64Encoded: text))
            #expect(bytes.count == camera["bytes"] as? Int && camera["age_ms"] is Int)
            #expect(try JPEGHeader([UInt8](bytes).span).width == 320)
        }
        try bench.close()
    }

    @Test func `of several cameras none is chosen, and none is looked at`() throws {
        let bench = try WebBench()
        try camera(bench, "booth-1", room: "Paint shop")
        try camera(bench, "booth-2", room: "Paint shop")
        let before = try bench.server.lines(.live).reduce(0) { $0 + $1.count }
        let answer = try bench.ask(Self.sentence, try bench.bearer(.auditor))
        #expect(answer.status == 300)
        #expect(answer.text.contains("/cameras/booth-1.jpg\n/cameras/booth-2.jpg"))
        #expect(try bench.server.lines(.live).reduce(0) { $0 + $1.count } == before)
        try bench.close()
    }

    @Test func `a camera that is off has no picture, never an old one`() throws {
        let bench = try WebBench()
        try camera(bench, "booth-1", room: "Paint shop")
        try bench.turnOff("booth-1")
        let login = try bench.bearer(.auditor)
        let answer = try bench.ask(Self.sentence, login)
        #expect(answer.status == 409 && answer.header("Proofreel-Error") == "camera-off")
        let told = try bench.ask(Self.sentence, login, "Accept: application/json")
        let camera = try #require((told.json["cameras"] as? [[String: Any]])?.first)
        #expect(camera["error"] as? String == "camera-off" && camera["picture"] == nil)
        #expect(camera["last_frame"] is String)
        try bench.close()
    }

    @Test func `what is nearly a name is suggested, not answered`() throws {
        let bench = try WebBench()
        try camera(bench, "booth-1", room: "Paint shop")
        let login = try bench.bearer(.auditor)
        let answer = try bench.ask("/ask?q=show+me+the+pant+shop", login)
        #expect(answer.status == 404 && answer.text.contains("Paint shop"))
        #expect(try bench.ask("/ask", login).status == 400)
        // Whoever reads by link alone looks at no camera.
        #expect(try bench.ask(Self.sentence, try bench.bearer(.erp)).status == 403)
        #expect(try bench.ask(Self.sentence, try bench.bearer(.admin)).status == 403)
        try bench.close()
    }
}
