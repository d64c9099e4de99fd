import Access
import Base
import Crypto
import Evidence
import Factory
import Foundation
import ServerSupport
import TestSupport
import Testing
import Web

/// The factory floor for whoever speaks HTTP: set up, pressed, checked and sealed.
@Suite(.serialized) struct FloorTests {
    private static let check = "odoo:6f1c/quality.check/17"
    private static let checkPath = "/checks/odoo:6f1c%2Fquality.check%2F17"

    /// A work centre with a trigger, and a control point of its camera.
    private func line(_ bench: WebBench, _ camera: String) throws {
        let admin = try bench.bearer(.admin)
        for (path, body) in [
            ("/centres/wc-7/add", #"{"name": "Welding 7", "patterns": ["serial=SN-*"]}"#),
            ("/centres/wc-7/triggers/add", #"{"cameras": ["\#(camera)"], "key": "F9"}"#),
            ("/points/weld-seam/add", #"{"cameras": ["\#(camera)"], "centre": "wc-7"}"#),
        ] {
            let answer = try bench.post(path, body, admin)
            #expect(answer.status == 200, "\(path): \(answer.text)")
        }
    }

    /// Presses; a machine that is too busy for its camera is not what is tested.
    private func press(_ bench: WebBench, _ body: String, _ login: String) throws
        -> HTTPProbe.Answer
    {
        for _ in 0..<50 {
            let answer = try bench.post("/centres/wc-7/press", body, login)
            guard answer.header("Proofreel-Error") == "no-frame" else { return answer }
            pauseFor(milliseconds: 100)
        }
        return try bench.post("/centres/wc-7/press", body, login)
    }

    @Test func `production reaches a check, the operator presses a key, and the check is passed`()
        throws
    {
        let bench = try WebBench()
        try bench.camera("press-3")
        try line(bench, "press-3")
        let (erp, hand) = (try bench.bearer(.erp), try bench.bearer(.operator))
        let reached = try bench.post(
            "/checks/reach",
            """
            {"point": "weld-seam", "check": "\(Self.check)", "links": ["work-order=WH/MO/00001"]}
            """, erp)
        #expect(reached.status == 200 && reached.json["state"] as? String == "open")
        #expect(reached.json["missing"] as? [String] == ["press-3"])
        let waiting = try bench.ask("/checks?state=open&centre=wc-7&work-order=WH/MO/00001", erp)
        #expect(waiting.json["count"] as? Int == 1)
        // A check that lacks a picture it demands cannot be passed.
        let early = try bench.post(
            "\(Self.checkPath)/close", #"{"verdict": "pass", "reason": "x"}"#, erp)
        #expect(early.status == 409 && early.text.contains("lacks the picture of press-3"))
        let scan = try press(bench, #"{"code": "SN-0042"}"#, hand)
        #expect(scan.status == 200 && scan.json["count"] as? Int == 0, "\(scan.text)")
        let press = try press(bench, #"{"key": "F9", "request_id": "a"}"#, hand)
        #expect(press.json["check"] as? String == Self.check, "\(press.text)")
        let shot = try #require((press.json["pictures"] as? [[String: Any]])?.first)
        let url = try #require(shot["url"] as? String)
        let picture = try bench.ask(url, hand)
        #expect(SHA256.hash(picture.body.span).hex == shot["sha256"] as? String)
        let links = try #require(shot["links"] as? [[String: Any]])
        #expect(links.contains { $0["value"] as? String == "SN-0042" })
        // The same press, sent again, is the same picture.
        let again = try self.press(bench, #"{"key": "F9", "request_id": "a"}"#, hand)
        #expect(
            (again.json["pictures"] as? [[String: Any]])?.first?["id"] as? String
                == shot["id"] as? String)
        let passed = try bench.post(
            "\(Self.checkPath)/close", #"{"verdict": "pass", "reason": "seam seen"}"#, hand)
        #expect(passed.status == 200, "\(passed.text)")
        let shown = try bench.ask(Self.checkPath, erp)
        #expect(shown.json["state"] as? String == "closed")
        #expect(shown.json["verdict"] as? String == "pass")
        #expect(try bench.ask("\(Self.checkPath)/pictures", erp).json["count"] as? Int == 1)
        try bench.close()
    }

    @Test func `a check that was reached has its picture taken when somebody asks for it`() throws {
        let bench = try WebBench()
        try bench.camera("press-3")
        let hand = try bench.bearer(.operator)
        let reached = try bench.post(
            "/checks/reach", #"{"cameras": ["press-3"], "check": "\#(Self.check)"}"#, hand)
        #expect(reached.status == 200, "\(reached.text)")
        var taken = try bench.post("\(Self.checkPath)/take", "", hand)
        while taken.header("Proofreel-Error") == "no-frame" {
            taken = try bench.post("\(Self.checkPath)/take", "", hand)
        }
        #expect(taken.json["state"] as? String == "complete", "\(taken.text)")
        #expect((taken.json["taken"] as? [[String: Any]])?.first?["url"] is String)
        try bench.close()
    }

    @Test func `what is set up is listed, changed and removed`() throws {
        let bench = try WebBench()
        try bench.camera("press-3")
        try line(bench, "press-3")
        let admin = try bench.bearer(.admin)
        func names(_ path: String, _ list: String, _ key: String = "id") throws -> [String] {
            let items = try bench.ask(path, admin).json[list] as? [[String: Any]] ?? []
            return items.compactMap { $0[key] as? String }
        }
        #expect(try names("/points?camera=press-3", "points") == ["weld-seam"])
        #expect(try names("/points?camera=other", "points") == [])
        #expect(try names("/centres", "centres") == ["wc-7"])
        #expect(try bench.post("/rooms/Paint%20shop/add", "", admin).status == 200)
        #expect(
            try bench.post("/rooms/Paint%20shop/set", #"{"aliases": ["atelier"]}"#, admin)
                .json["aliases"] as? [String] == ["atelier"])
        #expect(try names("/rooms", "rooms", "name") == ["Paint shop"])
        let second = try bench.post(
            "/centres/wc-7/triggers/add", #"{"cameras": ["press-3"], "key": "F9"}"#, admin)
        func triggers(_ answer: HTTPProbe.Answer) -> [String] {
            (answer.json["triggers"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? String }
        }
        let order = triggers(second)
        #expect(order.count == 2)
        let moved = try bench.post(
            "/centres/wc-7/triggers/move", #"{"trigger": "\#(order[1])", "position": 1}"#, admin)
        #expect(triggers(moved) == order.reversed(), "\(moved.text)")
        let left = try bench.post(
            "/centres/wc-7/triggers/remove", #"{"trigger": "\#(order[0])"}"#, admin)
        #expect(triggers(left) == [order[1]])
        for path in ["/points/weld-seam", "/rooms/Paint%20shop", "/centres/wc-7"] {
            #expect(try bench.post("\(path)/remove", "", admin).status == 200)
        }
        #expect(try bench.ask("/points/weld-seam", admin).status == 404)
        #expect(try names("/centres", "centres") + names("/rooms", "rooms", "name") == [])
        #expect(try bench.ask("/inputs", admin).json["inputs"] is [Any])
        try bench.close()
    }

    @Test func `the work centre's light is that of its worst camera`() throws {
        let bench = try WebBench()
        try bench.camera("press-3")
        try line(bench, "press-3")
        let erp = try bench.bearer(.erp)
        let good = try bench.ask("/centres/wc-7/status.json", erp)
        #expect(good.json["state"] as? String == "connected")
        let svg = try bench.ask("/centres/wc-7/status.svg", erp)
        #expect(svg.header("Content-Type") == "image/svg+xml" && svg.text.contains("Welding 7"))
        try bench.turnOff("press-3")
        let off = try bench.ask("/centres/wc-7/status.json", erp)
        #expect(off.json["state"] as? String == "off")
        #expect((off.json["cameras"] as? [[String: Any]])?.first?["id"] as? String == "press-3")
        #expect(try bench.ask("/centres/none/status.svg", erp).status == 404)
        try bench.close()
    }

    // MARK: Who may

    @Test func `who may not is refused in the protocol's words, and it stands in the trail`() throws
    {
        let bench = try WebBench()
        try bench.camera("press-3")
        try line(bench, "press-3")
        let looker = try bench.bearer(.auditor)
        let other = try bench.bearer(.operator, cameras: ["press-9"])
        for login in [looker, other] {
            let refused = try bench.post("/centres/wc-7/press", #"{"key": "F9"}"#, login)
            #expect(refused.status == 403 && refused.header("Proofreel-Error") == "denied")
        }
        #expect(try bench.post("/points/x/add", #"{"cameras": ["press-3"]}"#, looker).status == 403)
        #expect(try bench.post("/checks/reach", #"{"point": "weld-seam"}"#, looker).status == 403)
        #expect(try bench.post("/centres/wc-7/press", "{}").status == 401)
        let refused = try bench.server.lines(.change).filter { $0.entry.refusal != nil }
        #expect(refused.contains { $0.entry.target == "centre wc-7" })
        #expect(refused.contains { $0.entry.target == "snap press-3" })
        #expect(try bench.server.log.find(Query()).hits.isEmpty)
        try bench.close()
    }

    @Test func `a page of another site changes nothing, whoever looks at it`() throws {
        let bench = try WebBench()
        let password = "correct horse battery"
        try bench.person("anna", password, .admin)
        // What a browser with a remembered password adds to anything.
        let login = WebBench.basic("anna", password)
        func status(_ headers: String..., method: String = "POST") throws -> HTTPProbe.Answer {
            let client = try HTTPProbe(port: bench.port)
            let all = [login, "Origin: https://evil.example", "Content-Length: 2"] + headers
            try client.send(HTTPProbe.request("/rooms/Evil/add", all, method: method) + "{}")
            return try client.answer()
        }
        // A form, a text, nothing: what a page may send without being asked back.
        for type in [
            "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain",
            "text/plain; application/json",
        ] {
            #expect(try status("Content-Type: \(type)").status == 415)
        }
        #expect(try status().status == 415)
        // A browser that lets JSON through says where it comes from.
        for site in ["cross-site", "same-site"] {
            let refused = try status("Content-Type: application/json", "Sec-Fetch-Site: \(site)")
            #expect(refused.status == 403)
        }
        // It asks first whether it may send JSON, and gets no leave.
        let asked = try bench.ask(
            "/rooms/Evil/add", "Origin: https://evil.example",
            "Access-Control-Request-Method: POST", method: "OPTIONS")
        #expect(asked.status == 405 && asked.header("Allow") == "POST")
        #expect(asked.header("Access-Control-Allow-Origin") == nil)
        #expect(try bench.ask("/rooms/Evil/add", login).status == 405)
        #expect(bench.server.factory.book.contents.rooms.isEmpty)
        #expect(try bench.post("/rooms/Hall/add", "{}", login).status == 200)
        try bench.close()
    }

    @Test func `a request that makes no sense is told what is wrong, and changes nothing`() throws {
        let bench = try WebBench()
        let admin = try bench.bearer(.admin)
        for (path, body, words) in [
            ("/rooms/Hall/add", "{", "line 1"), ("/rooms/Hall/add", #"{"alias": []}"#, "aliases"),
            ("/rooms/Hall/remove", #"{"really": true}"#, "really"),
            ("/rooms/Hall/add?force=1", "", "force"),
            ("/centres/wc/press", #"{"kye": "F9"}"#, "request_id"),
            ("/centres/wc/press", #"{"at": "noon"}"#, "2026-"),
            ("/centres/wc/press", "[]", "object"),
            ("/rooms/Hall/add", "\u{0}", "line 1"),
        ] {
            let answer = try bench.post(path, body, admin)
            #expect(answer.status == 400 && answer.text.contains(words), "\(path) \(answer.text)")
        }
        let long = try bench.post(
            "/rooms/Hall/add", String(repeating: " ", count: 20_000), admin)
        #expect(long.status == 413)
        #expect(try bench.ask("/checks?state=odd", try bench.bearer(.auditor)).status == 400)
        #expect(bench.server.factory.book.contents.rooms.isEmpty)
        try bench.close()
    }
}
