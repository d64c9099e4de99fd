import Foundation
import TestSupport
import Testing

/// People, tokens, machines and the trail, as an admin meets them.
@Suite struct AccessCommandTests {
    /// The word after the first match of `before`.
    private func word(after before: String, in text: String) throws -> String {
        let start = try #require(text.range(of: before)).upperBound
        return String(text[start...].prefix { !$0.isWhitespace })
    }

    @Test func `the first start tells the admin's password, and no later one does`() throws {
        let tool = Tool()
        let first = try Served(tool)
        let password = try word(after: "admin with the password ", in: first.output)
        #expect(password.count >= 16)
        let people = try tool.run("user", "list", "--json").documents
        #expect(people.count == 1 && people[0]["name"] as? String == "admin")
        #expect(people[0]["must_change"] as? Bool == true)
        #expect(try first.end() == 0)
        let second = try Served(tool)
        #expect(!second.output.contains("password"))
        #expect(try second.end() == 0)
        for file in tool.scratch.files where file.hasPrefix("reel/") {
            let bytes = Data(tool.scratch.bytes(file))
            #expect(bytes.range(of: Data(password.utf8)) == nil, "\(file)")
        }
    }

    @Test(arguments: [true, false])
    func `people come, change and go`(isServed: Bool) throws {
        let tool = try Tool.withDemo()
        let served = isServed ? try Served(tool) : nil
        let added = try tool.run(
            "user", "add", "anna", "--role", "operator", "--camera", "press-3", "--days", "30",
            "--json")
        #expect(added.code == 0, "\(added.err)")
        let password = try #require(try added.documents.first?["password"] as? String)
        #expect(!added.err.contains(password))
        let again = try tool.run("user", "add", "anna", "--role", "operator")
        #expect(again.code == 1 && again.err.contains("already"), "\(again.err)")
        #expect(
            try tool.run("user", "set", "anna", "--role", "auditor", "--all-cameras").code == 0)
        let own = try tool.run("user", "set", "anna", "--role", "operator", "--actor", "anna")
        #expect(own.code == 1 && own.err.contains("nobody changes his own rights"))
        let list = try tool.run("user", "list")
        #expect(list.out.contains("anna") && list.out.contains("has a one-time password"))
        let typed = try tool.run(
            "user", "passwd", "anna", input: Array("canary-of-anna\n".utf8))
        #expect(typed.code == 0, "\(typed.err)")
        #expect(!typed.out.contains("canary") && !typed.err.contains("canary"))
        let short = try tool.run("user", "passwd", "anna", input: Array("canary\n".utf8))
        #expect(short.code == 1 && short.err.contains("10 characters"))
        #expect(!short.err.contains("canary"))
        let anna = try tool.run("user", "list", "--json").documents.last
        #expect(anna?["roles"] as? [String] == ["auditor"] && anna?["cameras"] == nil)
        #expect(anna?["must_change"] as? Bool == false && anna?["until"] != nil)
        #expect(try tool.run("user", "remove", "anna").code == 0)
        #expect(try tool.run("user", "remove", "anna").code == 4)
        #expect(try tool.run("user", "list", "--json").documents.count == 1)
        if let served { #expect(try served.end() == 0) }
        let verified = try tool.run("admin", "check")
        #expect(verified.code == 0, "\(verified.out)")
        for file in tool.scratch.files where file.hasPrefix("reel/") {
            let bytes = Data(tool.scratch.bytes(file))
            #expect(bytes.range(of: Data("canary-of-anna".utf8)) == nil, "\(file)")
        }
    }

    @Test func `tokens and machines are shown once, listed and taken back`() throws {
        let tool = Tool()
        let served = try Served(tool)
        let added = try tool.run("token", "add", "odoo", "--role", "erp", "--json")
        let text = try #require(try added.documents.first?["token"] as? String)
        #expect(text.hasPrefix("prt_"))
        let list = try tool.run("token", "list")
        #expect(list.out.contains("odoo") && list.out.contains("never"))
        #expect(!list.out.contains(text.suffix(20)))
        #expect(try tool.run("token", "revoke", "odoo").code == 0)
        #expect(try !tool.run("token", "list").out.contains("odoo"))
        #expect(try tool.run("token", "list", "--all").out.contains("revoked"))
        let key = "SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg"
        #expect(
            try tool.run("machine", "add", "gate-1", "--key", key, "--role", "gateway").code == 0)
        #expect(try tool.run("machine", "list").out.contains(key))
        #expect(try tool.run("machine", "remove", "gate-1").code == 0)
        let wrong = try tool.run("machine", "add", "g", "--key", "x", "--role", "gateway")
        #expect(wrong.code == 2 && wrong.err.contains("is no fingerprint"))
        let role = try tool.run("token", "add", "x", "--role", "auditr")
        #expect(role.code == 2 && role.err.contains("did you mean auditor?"), "\(role.err)")
        #expect(try served.end() == 0)
        for file in tool.scratch.files where file.hasPrefix("reel/") {
            let bytes = Data(tool.scratch.bytes(file))
            #expect(bytes.range(of: Data(text.suffix(43).utf8)) == nil, "\(file)")
        }
    }

    @Test func `what the owner looks at through the server stands in the trail`() throws {
        let tool = try Tool.withDemo()
        let served = try Served(tool)
        let found = try tool.run("find", "--json").documents
        let id = try #require(found.first?["id"] as? String)
        #expect(try tool.run("get", id, "-o", "a.jpg").code == 0)
        #expect(try tool.run("get", id, "-o", "b.jpg").code == 0)
        let lines = try tool.run("audit", "--json").documents
        let reads = lines.filter { $0["what"] as? String == "read" }
        #expect(reads.map { $0["on"] as? String } == [id])
        #expect(reads.first?["count"] as? Int == 2 && reads.first?["who"] as? String == "ann")
        #expect(lines.contains { $0["what"] as? String == "search" })
        #expect(try tool.run("audit", "--who", "nobody").out.contains("nothing in this time"))
        #expect(try served.end() == 0)
        let later = try tool.run("audit", "--what", "audit", "--json")
        #expect(later.code == 0, "\(later.err)")
        #expect(try later.documents.count >= 1)
        #expect(try tool.run("audit", "--what", "looking").code == 2)
        #expect(try tool.run("admin", "check").code == 0)
    }

    @Test func `a kill loses what was not written yet of the trail, and nothing more`() throws {
        let tool = try Tool.withDemo()
        let served = try Served(tool)
        #expect(try tool.run("find", "--camera", "before").code == 0)
        // Asking writes what is there.
        #expect(try tool.run("audit").code == 0)
        #expect(try tool.run("find", "--camera", "after").code == 0)
        _ = try served.end(SIGKILL)
        let again = try Served(tool)
        let asked = try tool.run("audit", "--what", "search", "--json").documents
            .compactMap { $0["on"] as? String }
        #expect(asked.contains("camera=before"))
        #expect(Set(asked).isSubset(of: ["camera=before", "camera=after"]))
        #expect(try again.end() == 0)
        #expect(try tool.run("admin", "check").code == 0)
    }
}
