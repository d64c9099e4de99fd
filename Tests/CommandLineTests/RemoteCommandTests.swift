import Foundation
import TestSupport
import Testing

/// Commands at a server of the network: with TLS, a log-in, and nothing but what that allows.
@Suite(.serialized) struct RemoteCommandTests {
    /// A server with one camera, and its address as it says it.
    private struct Site {
        let tool = Tool()
        let served: Served
        let address: String
        let fingerprint: String

        init() throws {
            served = try Served(tool, "--no-usb", "--listen", "127.0.0.1:0")
            address = try Site.word(after: "listens at ", in: served.output)
            fingerprint = try Site.word(after: "the fingerprint ", in: served.output)
            _ = try tool.run(
                "camera", "add", "press-3", "test:mjpeg?size=320x240", "--ring", "16MB")
        }

        private static func word(after mark: String, in text: String) throws -> String {
            let start = try #require(text.range(of: mark)).upperBound
            return String(text[start...].prefix { !$0.isWhitespace && $0 != "," })
        }

        func token(_ name: String, _ roles: String...) throws -> String {
            let answer = try tool.runAll(
                ["token", "add", name, "--json"] + roles.flatMap { ["--role", $0] })
            return try #require(try answer.documents.first?["token"] as? String)
        }

        /// As somebody elsewhere runs it, who has no data directory.
        func elsewhere(
            _ words: String..., token: String, input: [UInt8] = []
        ) throws -> Tool.Answer {
            try tool.runAll(
                words, input: input,
                environment: [
                    "PROOFREEL_SERVER": address, "PROOFREEL_TOKEN": token,
                    "PROOFREEL_DATA": "/nowhere",
                ])
        }
    }

    @Test func `a completion asks the server that the line names, and trusts none by itself`()
        throws
    {
        let site = try Site()
        site.tool.scratch.write("token", Array(try site.token("all", "operator").utf8))
        let script = try site.tool.run("completion", "bash")
        site.tool.scratch.write("completion.bash", Array(script.out.utf8))
        /// As bash cuts a line.
        func cut(_ text: String) -> [String] {
            let parts = text.split(separator: ":", maxSplits: 1)
            return [String(parts[0]), ":", String(parts[1])]
        }
        let line = ["snap", "--token-file", "token", "--server"] + cut(site.address)
        let known = "\(site.tool.scratch.path)/.config/proofreel/known-servers"
        #expect(try CompletionTests.bash(line + [""], in: site.tool) == [])
        #expect(!FileManager.default.fileExists(atPath: known))
        let pinned = line + ["--fingerprint"] + cut(site.fingerprint)
        #expect(try CompletionTests.bash(pinned + [""], in: site.tool) == ["press-3"])
        #expect(try site.served.end() == 0)
    }

    @Test func `pictures are taken, found, fetched and proven over the network`() throws {
        let site = try Site()
        let token = try site.token("all", "operator", "auditor", "gateway")
        let first = try site.elsewhere("status", token: token)
        #expect(first.err.contains("is new here and has the key \(site.fingerprint)"))
        for _ in 0..<600 {
            let camera = try site.elsewhere("camera", "show", "press-3", "--json", token: token)
            if try camera.documents.first?["state"] as? String == "recording" { break }
            pauseFor(milliseconds: 50)
        }
        let check = "odoo:6f1c/quality.check/17"
        let snap = try site.elsewhere(
            "snap", "press-3", "--tolerance", "5s", "--check", check, "-o", "now.jpg", token: token)
        #expect(snap.code == 0, "\(snap.err)")
        site.tool.scratch.write("weld.jpg", TestLog.picture(1))
        let put = try site.elsewhere(
            "put", "weld.jpg", "--check", check, "--json", token: token)
        #expect(put.err == "", "the key is known by now")
        let id = try #require(try put.documents.first?["id"] as? String)
        let found = try site.elsewhere("find", "--check", check, "--json", token: token)
        #expect(try found.documents.count == 2)
        let got = try site.elsewhere("get", id, "-o", "copy.jpg", token: token)
        #expect(got.code == 0)
        #expect(site.tool.scratch.bytes("copy.jpg") == TestLog.picture(1))
        #expect(!site.tool.scratch.bytes("now.jpg").isEmpty)
        let live = try site.elsewhere("camera", "live", "press-3", "--count", "2", token: token)
        #expect(live.code == 0, "\(live.err)")
        #expect(!live.out.isEmpty)
        #expect(try site.elsewhere("prove", id, "-o", "weld.proof", token: token).code == 0)
        #expect(try site.elsewhere("consistency", "1", token: token).code == 0)
        #expect(
            try site.elsewhere("link", id, "--serial", "SN-1", "--reason", "seen", token: token)
                .code == 0)
        #expect(try site.elsewhere("status", "--json", token: token).code == 0)
        let trail = try site.elsewhere("audit", "--what", "read", "--json", token: token)
        #expect(try trail.documents.contains { $0["who"] as? String == "token:all" })
        #expect(try site.served.end() == 0)
    }

    @Test func `who lacks a right, a token or the right server is told so, with code 3`() throws {
        let site = try Site()
        let token = try site.token("line-2", "gateway")
        func refused(_ answer: Tool.Answer, _ words: String) {
            #expect(answer.code == 3)
            #expect(answer.err.contains(words), "\(answer.err)")
        }
        refused(try site.elsewhere("find", token: token), "lacks the right search")
        refused(
            try site.elsewhere("camera", "remove", "press-3", token: token), "lacks the right")
        refused(try site.elsewhere("find", token: "prt_0000000000000000_x"), "is not known here")
        _ = try site.tool.run("token", "revoke", "line-2")
        refused(try site.elsewhere("status", token: token), "was revoked")
        let other = "SHA256:" + String(repeating: "A", count: 43)
        let pinned = try site.tool.run(
            "find", "--server", site.address, "--token", token, "--fingerprint", other)
        refused(pinned, site.fingerprint)
        // The key of a server that was met has changed.
        let known = ".config/proofreel/known-servers"
        let text = String(decoding: site.tool.scratch.bytes(known), as: UTF8.self)
        #expect(text == "\(site.address) \(site.fingerprint)\n")
        site.tool.scratch.write(known, Array("\(site.address) \(other)\n".utf8))
        refused(try site.elsewhere("find", token: token), "remove its line from")
        #expect(try site.served.end() == 0)
    }

    @Test func `a person logs in with a password, and an unclear log-in is a usage error`() throws {
        let site = try Site()
        _ = try site.tool.run("user", "add", "eva", "--role", "auditor")
        _ = try site.tool.run(
            "user", "passwd", "eva", input: Array("four words in a row\n".utf8))
        site.tool.scratch.write("secret", Array("four words in a row\n".utf8))
        let found = try site.tool.run(
            "find", "--server", site.address, "--login", "eva", "--login-password-file", "secret",
            "--fingerprint", site.fingerprint, "--json")
        #expect(found.code == 0, "\(found.err)")
        let nobody = try site.tool.run("find", "--server", site.address)
        #expect(nobody.code == 2)
        #expect(nobody.err.contains("say who asks"))
        let both = try site.tool.run(
            "find", "--server", site.address, "--login", "eva", "--login-password-file", "secret",
            "--token", "prt_x")
        #expect(both.code == 2)
        let silent = try site.tool.run(
            "find", "--server", "127.0.0.1:9", "--token", "x", "--timeout", "2s")
        #expect(silent.code == 1)
        #expect(silent.err.contains("there is no server at 127.0.0.1:9"))
        #expect(try site.served.end() == 0)
    }
}
