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
        #expect(try Self.curl(tool, port) == "ok\n")
        // Another pair, read when it is told to; the old one is not trusted by the new file.
        let other = Tool()
        let elsewhere = try Served(other, "--no-usb", "--https", "127.0.0.1:0")
        #expect(try elsewhere.end() == 0)
        for name in ["access/server.pem", "access/server.key"] {
            tool.scratch.write("reel/\(name)", other.scratch.bytes("reel/\(name)"))
        }
        #expect(try Self.curl(tool, port) != "ok\n")
        kill(served.pid, SIGHUP)
        while try Self.curl(tool, port) != "ok\n" { pauseFor(milliseconds: 100) }
        #expect(served.output.contains("the certificate was read"))
        // One that makes no sense changes nothing.
        tool.scratch.write("broken.pem", tool.scratch.bytes("reel/access/server.pem"))
        tool.scratch.write("reel/access/server.pem", Array("nothing".utf8))
        kill(served.pid, SIGHUP)
        while !served.output.contains("the certificate stays as it was") {
            pauseFor(milliseconds: 50)
        }
        tool.scratch.write("reel/access/server.pem", tool.scratch.bytes("broken.pem"))
        #expect(try Self.curl(tool, port) == "ok\n")
        #expect(try served.end() == 0)
    }

    @Test func `a machine is known by the key of its certificate, over HTTPS as everywhere`() throws
    {
        let tool = Tool()
        let served = try Served(tool, "--no-usb", "--https", "127.0.0.1:0")
        let port = try Self.port(after: "HTTP at https://127.0.0.1:", in: served.output)
        for name in ["gate", "stranger"] { try Self.certificate(tool, name) }
        func find(_ arguments: String...) throws -> String {
            try Self.curl(tool, port, "/find?serial=SN-1", ["-w", "%{http_code}"] + arguments)
        }
        // A refusal names the key, so that it can be added.
        let told = try find("--cert", "gate.pem", "--key", "gate.key")
        #expect(told.hasSuffix("401"))
        let start = try #require(told.range(of: "SHA256:")).lowerBound
        let added = try tool.run(
            "machine", "add", "gate-1", "--role", "auditor", "--key",
            String(told[start...].prefix(50)))
        #expect(added.code == 0, "\(told) \(added.err)")
        #expect(try find("--cert", "gate.pem", "--key", "gate.key").hasSuffix("200"))
        #expect(try find("--cert", "stranger.pem", "--key", "stranger.key").hasSuffix("401"))
        #expect(try find().hasSuffix("401"))
        // What is said counts, whatever the connection shows.
        let token = try Self.token(tool, "auditor")
        #expect(
            try find(
                "--cert", "stranger.pem", "--key", "stranger.key", "-H",
                "Authorization: Bearer \(token)"
            ).hasSuffix("200"))
        #expect(
            try find("--cert", "gate.pem", "--key", "gate.key", "-u", "gate:wrong").hasSuffix("401")
        )
        #expect(try tool.run("machine", "remove", "gate-1").code == 0)
        #expect(try find("--cert", "gate.pem", "--key", "gate.key").hasSuffix("401"))
        #expect(try served.end() == 0)
        let trail = try tool.run("audit", "--what", "search", "--json")
        #expect(trail.out.contains("machine:gate-1"))
    }

    /// A certificate that signs itself, as a machine makes one.
    private static func certificate(_ tool: Tool, _ name: String) throws {
        let openssl = Process()
        openssl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        openssl.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", "\(name).key", "-out", "\(name).pem", "-days", "2", "-subj",
            "/CN=\(name)",
        ]
        openssl.currentDirectoryURL = URL(fileURLWithPath: tool.scratch.path)
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        #expect(openssl.terminationStatus == 0)
    }

    /// What `/healthz` says over TLS to who trusts the file that the server's certificate is in.
    private static func curl(
        _ tool: Tool, _ port: UInt16, _ target: String = "/healthz", _ more: [String] = []
    ) throws -> String {
        let curl = Process()
        curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        curl.arguments =
            [
                "curl", "-sS", "--tlsv1.3", "--cacert", "\(tool.data)/access/server.pem",
                "https://localhost:\(port)\(target)", "--resolve", "localhost:\(port):127.0.0.1",
            ] + more
        curl.currentDirectoryURL = URL(fileURLWithPath: tool.scratch.path)
        let pipe = Pipe()
        curl.standardOutput = pipe
        curl.standardError = pipe
        try curl.run()
        let said = pipe.fileHandleForReading.readDataToEndOfFile()
        curl.waitUntilExit()
        return String(decoding: said, as: UTF8.self)
    }
}
