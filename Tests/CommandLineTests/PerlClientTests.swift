import Foundation
import TestSupport
import Testing

/// A client that somebody could have written from docs/protocol.md alone, against the program that
/// was just built.
@Suite struct PerlClientTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private struct Said {
        let code: Int32
        let text: String
        var lines: [String] { text.split(separator: "\n").map(String.init) }
    }

    private static func perl(
        _ script: String, _ arguments: [String], in scratch: Scratch, token: String = "",
        request: String = ""
    ) throws -> Said {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        let path = root.appending(path: "tools/clients/perl/\(script)").path
        // One that hangs is a failure.
        process.arguments = ["60", "/usr/bin/perl", path] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        process.environment = [
            "PROOFREEL_TOKEN": token, "PROOFREEL_REQUEST": request, "LC_ALL": "C.UTF-8",
        ]
        let name = UUID().uuidString
        scratch.write(name, [])
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return Said(
            code: process.terminationStatus,
            text: String(decoding: scratch.bytes(name), as: UTF8.self))
    }

    @Test(.enabled(if: CompletionTests.found("perl") != nil, "SKIPPED: there is no perl"))
    func `frames and fields are the same in Perl`() throws {
        let file = Self.root.appending(path: "Tests/WireProtocolTests/Vectors/protocol.txt").path
        let said = try Self.perl("vectors.pl", [file], in: Scratch())
        #expect(said.code == 0, "\(said.text)")
        #expect(said.text.contains(" 0 failed"))
        #expect((Int(said.text.prefix { $0 != " " }) ?? 0) > 80)
    }

    @Test(.enabled(if: CompletionTests.found("perl") != nil, "SKIPPED: there is no perl"))
    func `pictures go in and out with the document alone`() throws {
        let tool = Tool()
        let served = try Served(tool, "--demo", "--no-usb", "--listen-plain", "127.0.0.1:0")
        let line = try #require(
            served.output.split(separator: "\n").first { $0.contains("without TLS") })
        let address = try #require(line.firstMatch(of: /127\.0\.0\.1:\d+/)).output
        var tokens: [String] = []
        for (name, role) in [("gate", "gateway"), ("line", "operator"), ("desk", "auditor")] {
            let made = try tool.run("token", "add", name, "--role", role, "--json")
            tokens.append(try #require(try made.documents.first?["token"] as? String))
        }
        let picture = [0xFF, 0xD8, 0xFF] + TestLog.picture(7, bytes: 3_000_000)
        tool.scratch.write("weld é.jpg", picture)
        func client(_ who: Int, _ words: String..., request: String = "") throws -> Said {
            try Self.perl(
                "proofreel.pl", [String(address)] + words, in: tool.scratch, token: tokens[who],
                request: request)
        }
        let check = "check=odoo:é/quality.check/17"
        var ids: Set<String> = []
        for _ in 0..<2 {
            let put = try client(0, "put", "weld é.jpg", check, request: "perl-1")
            #expect(put.code == 0, "\(put.text)")
            let document = try #require(
                JSONSerialization.jsonObject(with: Data(put.text.utf8)) as? [String: Any])
            ids.insert(try #require(document["id"] as? String))
            #expect(document["name"] as? String == "weld é.jpg")
        }
        #expect(ids.count == 1, "the same request makes one record")
        let id = try #require(ids.first)
        let got = try client(2, "get", check, "out.jpg")
        #expect(got.code == 0 && got.text.contains("\(id) \(picture.count) bytes"), "\(got.text)")
        #expect(tool.scratch.bytes("out.jpg") == picture)
        let found = try client(2, "find", check)
        #expect(found.lines.count == 1 && found.text.contains(id), "\(found.text)")
        #expect(try client(2, "show", id).text.contains("odoo:é/quality.check/17"))
        #expect(try client(2, "checkpoint").text.contains("\n\n— "))
        var snap = try client(1, "snap", "paint-1", check)
        for _ in 0..<300 where snap.code != 0 && snap.text.hasPrefix("no-frame") {
            Thread.sleep(forTimeInterval: 0.1)
            snap = try client(1, "snap", "paint-1", check)
        }
        #expect(snap.code == 0 && snap.text.contains("\"camera\":\"paint-1\""), "\(snap.text)")
        #expect(try client(2, "find", check).lines.count == 2)
        // What is refused has its word.
        #expect(try client(2, "put", "weld é.jpg", check).text.hasPrefix("denied: "))
        #expect(try client(2, "get", "check=none").text.hasPrefix("not-found: "))
        tokens[2] = "prt_00000000_" + String(repeating: "A", count: 43)
        #expect(try client(2, "checkpoint").text.hasPrefix("wrong-credentials: "))
        #expect(try served.end() == 0)
    }
}
