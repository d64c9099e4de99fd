import Foundation
import TestSupport
import Testing

/// A shift from the command line, as `docs/factory.md` tells it.
@Suite(.serialized) struct FactoryCommandTests {
    static let pattern = "test:mjpeg?size=256x144&fps=25"
    static let check = "odoo:6f1c/quality.check/17"

    private func camera(_ tool: Tool, _ id: String, _ more: String...) throws {
        let added = try tool.runAll(["camera", "add", id, Self.pattern, "--ring", "16MB"] + more)
        #expect(added.code == 0, "\(added.err)")
        _ = try CameraCommandTests.recording(tool, id, frames: 20)
    }

    @discardableResult
    private func done(_ tool: Tool, _ words: String...) throws -> Tool.Answer {
        let answer = try tool.runAll(words)
        #expect(answer.code == 0, "\(words): \(answer.err)\(answer.out)")
        return answer
    }

    @Test func `a shift is set up and worked from the command line`() throws {
        let tool = Tool()
        let served = try Served(tool)
        try camera(tool, "press-3", "--name", "Press 3", "--room", "Welding")
        try done(tool, "centre", "add", "wc-7", "--name", "Welding 7", "--pattern", "serial=SN-*")
        try done(tool, "trigger", "add", "wc-7", "press-3", "--key", "F9")
        try done(
            tool, "point", "add", "weld-seam", "--camera", "press-3", "--centre", "wc-7",
            "--operation", "Weld")
        let reached = try done(
            tool, "check", "reach", "weld-seam", "--check", Self.check, "--work-order",
            "WH/MO/00001", "--json")
        #expect(try reached.documents.first?["missing"] as? [String] == ["press-3"])
        let waiting = try done(tool, "check", "list", "--state", "open", "--centre", "wc-7")
        #expect(waiting.out.contains(Self.check))
        // No picture, no pass.
        let early = try tool.run("check", "pass", Self.check)
        #expect(early.code == 1 && early.err.contains("lacks the picture of press-3"))
        try done(tool, "trigger", "press", "wc-7", "--code", "SN-0042")
        let pressed = try done(tool, "trigger", "press", "wc-7", "--key", "F9", "--json")
        let picture = try #require(try pressed.documents.first)
        #expect(picture["trigger"] as? String == "wc-7/t1 key:F9")
        let shown = try done(tool, "check", "show", Self.check)
        #expect(shown.out.contains("complete"))
        try done(tool, "check", "pass", Self.check, "--note", "seam seen")
        for link in ["--check=\(Self.check)", "--work-order=WH/MO/00001", "--serial=SN-0042"] {
            let found = try tool.run("find", link, "--json")
            #expect(try found.documents.map { $0["id"] as? String } == [picture["id"] as? String])
        }
        let closed = try #require(
            try done(tool, "check", "show", Self.check, "--json").documents.first)
        #expect(closed["verdict"] as? String == "pass" && closed["note"] as? String == "seam seen")
        #expect(try served.end() == 0)
        let verified = try tool.run("verify", tool.data)
        #expect(verified.code != 1, "\(verified.out)\(verified.err)")
        let rebuilt = try tool.run("admin", "rebuild-index", "--check")
        #expect(rebuilt.code == 0, "\(rebuilt.out)\(rebuilt.err)")
    }

    @Test func `what was set up is shown, changed, ordered, and there after a restart`() throws {
        let tool = Tool()
        var served: Served? = try Served(tool)
        try camera(tool, "press-3")
        try camera(tool, "press-4")
        #expect(try tool.run("point", "list").out.contains("no control points"))
        try done(tool, "camera", "point", "press-3", "weld", "--name", "Weld seam")
        try done(tool, "camera", "point", "press-4", "weld")
        #expect(try done(tool, "camera", "show", "press-4").out.contains("Weld seam"))
        try done(tool, "point", "set", "weld", "--optional", "--take", "reached")
        #expect(try done(tool, "point", "show", "weld").out.contains("press-3, press-4"))
        try done(tool, "centre", "add", "wc-7")
        try done(tool, "trigger", "add", "wc-7", "press-3", "--key", "F9")
        try done(tool, "trigger", "add", "wc-7", "press-4", "--key", "F9", "--first")
        try done(tool, "trigger", "move", "wc-7", "t1", "1")
        #expect(try served?.end() == 0)
        served = try Served(tool)
        _ = try CameraCommandTests.recording(tool, "press-3", frames: 20)
        let triggers = try done(tool, "trigger", "list", "wc-7", "--json").documents
        #expect(triggers.map { $0["id"] as? String } == ["t1", "t2"])
        let pressed = try done(tool, "trigger", "press", "wc-7", "--key", "F9", "--json")
        #expect(try pressed.documents.first?["camera"] as? String == "press-3")
        let svg = try done(tool, "centre", "show", "wc-7", "--svg", "-").out
        #expect(svg.hasPrefix("<svg ") && svg.contains("2 cameras connected"))
        try done(tool, "camera", "show", "press-3", "--svg", "press-3.svg", "--json")
        #expect(tool.scratch.bytes("press-3.svg").starts(with: Array("<svg ".utf8)))
        #expect(try tool.run("centre", "remove", "wc-9").code == 4)
        #expect(try tool.run("trigger", "press", "wc-7", "--key", "F1").code == 4)
        for words in [
            ["trigger", "remove", "wc-7", "t2"], ["centre", "remove", "wc-7"],
            ["point", "remove", "weld"],
        ] { #expect(try tool.runAll(words).code == 0) }
        #expect(try tool.run("centre", "inputs").code == 0)
        #expect(try served?.end() == 0)
    }

    @Test func `a message show me the camera in a room returns an image`() throws {
        let tool = Tool()
        let served = try Served(tool)
        try camera(tool, "booth-1", "--room", "Paint shop", "--name", "Booth 1")
        try camera(tool, "booth-2", "--room", "Paint shop")
        try camera(tool, "gate", "--room", "Yard")
        try done(tool, "room", "add", "Paint shop", "--alias", "atelier")
        #expect(try done(tool, "room", "list").out.contains("booth-1, booth-2"))
        let words = ["ask", "show", "me", "the", "camera", "in", "the", "paint", "shop"]
        let english = try tool.runAll(words + ["-o", "seen/", "--json"])
        #expect(english.code == 0, "\(english.err)")
        #expect(tool.scratch.bytes("seen/booth-1.jpg").prefix(2) == [0xFF, 0xD8])
        #expect(tool.scratch.bytes("seen/booth-2.jpg").prefix(2) == [0xFF, 0xD8])
        #expect(try english.documents.first?["age_ms"] as? Int != nil)
        let french = try done(tool, "ask", "montre-moi la caméra de l'atelier")
        #expect(french.out.contains("les 2 caméras : Paint shop"))
        #expect(french.out.contains("Booth 1: ") && french.out.contains(" ms old"))
        let none = try tool.run("ask", "show me the pant shop")
        #expect(none.code == 4 && none.out.contains("did you mean Paint shop"))
        _ = try tool.run("camera", "off", "gate")
        pauseFor(milliseconds: 2500)
        let off = try tool.run("ask", "show me the yard", "-o", "yard.jpg")
        #expect(off.code == 1 && off.out.contains("switched off"))
        #expect(!tool.scratch.files.contains("yard.jpg"))
        #expect(try served.end() == 0)
    }

    @Test func `a server that is killed between press and picture takes it when it is back`() throws
    {
        let tool = Tool()
        var served: Served? = try Served(tool)
        try camera(tool, "press-3")
        try done(tool, "centre", "add", "wc-7")
        try done(tool, "trigger", "add", "wc-7", "press-3", "--key", "F9")
        _ = try CameraCommandTests.recording(tool, "press-3", frames: 100)
        // As the press stands on the disk before the camera is asked; the server is gone after.
        let seconds = Date().timeIntervalSince1970 - 2
        let at = Self.instant(seconds)
        let press = """
            {"actor":"ann","at":"\(at)","cameras":["press-3"],"links":[{"kind":"work-centre",\
            "value":"centre/wc-7"}],"request":"killed-1","sess":"cli","trigger":"wc-7/t1 key:F9",\
            "v":1}
            """
        _ = try served?.end(SIGKILL)
        served = nil
        tool.scratch.write(
            "reel/factory/presses/\(String(repeating: "a", count: 64)).json",
            Array(press.utf8))
        served = try Served(tool)
        #expect(served?.output.contains("has its picture now") == true, "\(served?.output ?? "")")
        let found = try tool.run("find", "--link", "work-centre=centre/wc-7", "--json").documents
        #expect(found.count == 1 && found.first?["request_id"] as? String == "killed-1")
        #expect(try served?.end() == 0)
    }

    private static func instant(_ seconds: Double) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'"
        return format.string(from: Date(timeIntervalSince1970: seconds))
    }

    @Test func `a factory file of nobody's making stops the start with its path`() throws {
        let tool = Tool()
        _ = try Served(tool).end()
        tool.scratch.write("reel/factory/factory.json", Array("{\"v\":1,\"x\":2}".utf8))
        let answer = try tool.run("serve")
        #expect(answer.code == 1 && answer.err.contains("factory/factory.json"))
    }
}
