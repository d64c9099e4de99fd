import Access
import Base
import Crypto
import Evidence
import Foundation
import ServerSupport
import TestSupport
import Testing
import Web

/// Who may: the same people, tokens and rights as everywhere, and the same trail.
@Suite(.serialized) struct LogInTests {
    private static let password = "correct horse battery"

    /// A picture's address.
    private func picture(_ bench: WebBench, _ number: Int = 1) throws -> String {
        let bytes = TestLog.picture(number)
        let id = try bench.put(bytes, [("check", ServerBench.check)])
        return "/pictures/\(SHA256.hash(bytes.span).hex)/\(id).jpg"
    }

    @Test func `without a log-in there is a 401 that names the way, and nothing else`() throws {
        let bench = try WebBench()
        let url = try picture(bench)
        for path in [url, "/checks/a/pictures", "/cameras/a.jpg", "/metrics", "/find"] {
            let answer = try bench.ask(path)
            #expect(answer.status == 401)
            #expect(
                answer.header("WWW-Authenticate") == "Basic realm=\"Proofreel\", charset=\"UTF-8\"")
        }
        for header in ["Authorization: Basic ???", "Authorization: Digest x=1"] {
            #expect(try bench.ask(url, header).status == 401)
        }
        #expect(try bench.ask("/healthz").text == "ok\n")
        #expect(try bench.ask("/readyz").status == 200)
        try bench.close()
    }

    @Test func `people come in with their password, programs with a token in either place`() throws
    {
        let bench = try WebBench()
        let url = try picture(bench)
        try bench.person("anna", Self.password, .auditor)
        #expect(try bench.ask(url, WebBench.basic("anna", Self.password)).status == 200)
        let token = try bench.server.token([.auditor])
        #expect(try bench.ask(url, "Authorization: Bearer \(token)").status == 200)
        #expect(try bench.ask(url, WebBench.basic("erp", token)).status == 200)
        #expect(try bench.ask(url, "Authorization: Bearer \(token)x").status == 401)
        try bench.close()
    }

    @Test func `a password is checked once for many requests, and no longer than it is good`()
        throws
    {
        let bench = try WebBench()
        let url = try picture(bench)
        try bench.person("anna", Self.password, .auditor)
        let client = try HTTPProbe(port: bench.port)
        let login = WebBench.basic("anna", Self.password)
        for _ in 0..<100 { #expect(try client.ask(url, [login]).status == 200) }
        // Checked means noted; a hundred looks at one picture are one line.
        let logIns = try bench.server.lines(.logIn).filter { $0.entry.who == "anna" }
        #expect(logIns.map(\.count) == [1])
        let reads = try bench.server.lines(.read).filter { $0.entry.who == "anna" }
        #expect(reads.reduce(0) { $0 + $1.count } == 100)
        #expect(reads.first?.entry.peer == "127.0.0.1")
        try bench.server.book.setPassword(
            of: "anna", to: "another one entirely", by: TestLog.author)
        #expect(try client.ask(url, [login]).status == 401)
        try bench.close()
    }

    @Test func `rights that are taken back end at the next request`() throws {
        let bench = try WebBench()
        let url = try picture(bench)
        let login = try bench.bearer(.auditor)
        let client = try HTTPProbe(port: bench.port)
        #expect(try client.ask(url, [login]).status == 200)
        _ = try bench.server.book.revokeToken("t1", by: TestLog.author)
        let refused = try client.ask(url, [login])
        #expect(refused.status == 401 && refused.text.contains("revoked"))
        try bench.close()
    }

    @Test func `who guesses waits, and is told how long; who is known does not`() throws {
        let bench = try WebBench()
        let url = try picture(bench)
        try bench.person("anna", Self.password, .auditor)
        #expect(try bench.ask(url, WebBench.basic("anna", Self.password)).status == 200)
        var statuses: [Int] = []
        for i in 0..<7 {
            let answer = try bench.ask(url, WebBench.basic("anna", "guess \(i)"))
            statuses.append(answer.status)
            if answer.status == 429 { #expect(answer.header("Retry-After") != nil) }
        }
        #expect(statuses.prefix(5) == [401, 401, 401, 401, 401])
        #expect(statuses.contains(429))
        // Nobody has this name, and the words are the same.
        let unknown = try bench.ask(url, WebBench.basic("nobody", "guess"))
        let wrong = "user or password are wrong\n"
        #expect(unknown.status == 401 && unknown.text == wrong)
        #expect(try bench.ask(url, WebBench.basic("anna", Self.password)).status == 200)
        let refused = try bench.server.lines(.logIn).filter { $0.entry.refusal != nil }
        #expect(refused.contains { $0.entry.who == "anna" })
        let turnedAway = refused.filter { $0.entry.refusal?.contains("locked out") == true }
        #expect(turnedAway.map(\.entry.peer) == ["127.0.0.1"])
        #expect(turnedAway.map(\.count) == [statuses.count { $0 == 429 }])
        try bench.close()
    }

    @Test func `a password that somebody else chose opens nothing`() throws {
        let bench = try WebBench()
        let url = try picture(bench)
        let first = try bench.server.book.addPerson(
            "new", Grant(roles: [.auditor]), by: TestLog.author)
        let answer = try bench.ask(url, WebBench.basic("new", first))
        #expect(answer.status == 403 && answer.text.contains("own password"))
        try bench.close()
    }

    @Test func `rights end at the cameras that somebody is bound to`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        try bench.camera("press-2")
        let login = try bench.bearer(.operator, cameras: ["press-1"])
        #expect(try bench.ask("/cameras/press-1.jpg", login).status == 200)
        #expect(try bench.ask("/cameras/press-1/status.json", login).status == 200)
        for path in ["press-2.jpg", "press-2.mjpg", "press-2/live.mp4", "press-2/status.json"] {
            let refused = try bench.ask("/cameras/\(path)", login, "Accept: application/json")
            #expect(refused.status == 403 && refused.json["error"] as? String == "denied")
        }
        #expect(try bench.ask("/find", login).status == 403)
        #expect(try bench.ask("/metrics", login).status == 403)
        let trail = try bench.server.lines(.live)
        #expect(trail.contains { $0.entry.refusal != nil && $0.entry.target == "camera press-2" })
        #expect(trail.contains { $0.entry.refusal == nil && $0.entry.target == "camera press-1" })
        try bench.close()
    }

    @Test func `an admin sees how cameras are, and no pictures`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        let login = try bench.bearer(.admin)
        #expect(try bench.ask("/cameras/press-1/status.svg", login).status == 200)
        #expect(try bench.ask("/cameras/press-1.jpg", login).status == 403)
        try bench.close()
    }

    @Test func `an error is a sentence for people and JSON for programs, without secrets`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        let plain = try bench.ask("/cameras/none.jpg", login)
        #expect(plain.status == 404)
        #expect(plain.header("Content-Type") == "text/plain; charset=utf-8")
        #expect(plain.header("Proofreel-Error") == "unknown-camera")
        let json = try bench.ask("/cameras/none.jpg", login, "Accept: application/json")
        #expect(json.json["error"] as? String == "unknown-camera")
        #expect((json.json["words"] as? String ?? "") + "\n" == plain.text)
        let secret = try bench.ask("/find", WebBench.basic("anna", "SECRET-WORD"))
        #expect(!secret.text.contains("SECRET-WORD"))
        try bench.close()
    }

    @Test func `what is only looked at takes GET and HEAD, and unknown questions are named`() throws
    {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        let post = try bench.ask("/find", login, method: "POST")
        #expect(post.status == 405 && post.header("Allow") == "GET, HEAD")
        #expect(try bench.ask("/find", login, method: "BREW").status == 405)
        let typo = try bench.ask("/find?chekc=1", login)
        #expect(typo.status == 400 && typo.text.contains("chekc"))
        #expect(try bench.ask("/nothing", login).status == 404)
        try bench.close()
    }
}
