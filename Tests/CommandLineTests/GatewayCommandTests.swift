import Foundation
import TestSupport
import Testing

/// `serve --http` and `--https`, as a plant starts it and a browser finds it.
@Suite(.serialized) struct GatewayCommandTests {
    private static func port(after mark: String, in text: String) throws -> UInt16 {
        let start = try #require(text.range(of: mark)).upperBound
        return try #require(UInt16(text[start...].prefix { $0.isNumber }))
    }

    private static func token(_ tool: Tool, _ roles: String...) throws -> String {
        let answer = try tool.runAll(
            ["token", "add", "web", "--json"] + roles.flatMap { ["--role", $0] })
        return try #require(try answer.documents.first?["token"] as? String)
    }

    @Test func `a picture that was stored from the command line is found and fetched over HTTP`()
        throws
    {
        let tool = Tool()
        let served = try Served(tool, "--no-usb", "--http", "127.0.0.1:0")
        let port = try Self.port(after: "HTTP at http://127.0.0.1:", in: served.output)
        let picture = [0xFF, 0xD8, 0xFF, 0xE0] + TestLog.picture(1)
        tool.scratch.write("weld.jpg", picture)
        let check = "odoo:6f1c/quality.check/17"
        #expect(try tool.run("put", "weld.jpg", "--check", check).code == 0)
        let login = "Authorization: Bearer \(try Self.token(tool, "auditor"))"
        let client = try HTTPProbe(port: port)
        let list = try client.ask("/checks/odoo:6f1c%2Fquality.check%2F17/pictures", [login])
        #expect(list.status == 200, "\(list.text)")
        let url = try #require((list.json["pictures"] as? [[String: Any]])?.first?["url"])
        #expect(try client.ask("\(url)", [login]).body == picture)
        let metrics = try client.ask("/metrics", [login])
        #expect(metrics.text.contains("\nproofreel_disk_free_bytes "))
        #expect(metrics.text.contains("\nproofreel_log_leaves_total "))
        #expect(try served.end() == 0)
        let trail = try tool.run("audit", "--what", "read", "--json")
        #expect(trail.out.contains("token:web"))
    }

    @Test func `HTTP is off unless it is asked for`() throws {
        let tool = Tool()
        let served = try Served(tool, "--no-usb")
        #expect(!served.output.contains("HTTP at"))
        #expect(try served.end() == 0)
    }

    @Test(arguments: ["0.0.0.0:8080", "[::]:8080", "192.0.2.1:80"])
    func `plain HTTP for other machines is refused, with the way to have it`(address: String)
        throws
    {
        let answer = try Tool().run("serve", "--no-usb", "--http", address)
        #expect(answer.code == 2)
        #expect(answer.err.contains("use --https \(address), which has TLS"))
    }

    @Test func `HTTPS has the server's own certificate`() throws {
        let tool = Tool()
        let served = try Served(tool, "--no-usb", "--https", "127.0.0.1:0")
        let port = try Self.port(after: "HTTP at https://127.0.0.1:", in: served.output)
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments = [
            "curl", "-sS", "--tlsv1.3", "--cacert", "\(tool.data)/access/server.pem",
            "https://localhost:\(port)/healthz", "--resolve", "localhost:\(port):127.0.0.1",
        ]
        let pipe = Pipe()
        curl.standardOutput = pipe
        curl.standardError = pipe
        try curl.run()
        curl.waitUntilExit()
        let said = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
        #expect(said == "ok\n")
        #expect(try served.end() == 0)
    }
}
