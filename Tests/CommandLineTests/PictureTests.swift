import Foundation
import TestSupport
import Testing

/// Pictures in and out, and everything said of them.
@Suite(.serialized) struct PictureTests {
    @Test func `the demo is there to be found, taken out and proven`() throws {
        let tool = try Tool.withDemo()
        let all = try tool.run("find", "--json").documents
        #expect(all.count == 6)
        for record in all {
            for field in ["id", "instant", "clock", "sha256", "bytes", "links", "flags", "receipt"]
            {
                #expect(record[field] != nil, "\(field)")
            }
            #expect(!record.values.contains { $0 is NSNull })
        }
        #expect(try tool.run("find", "--check", "QC-00002", "--json").documents.count == 2)
        #expect(try tool.run("find", "--serial", "nobody").out == "nothing found\n")
        let id = try #require(all[0]["id"] as? String)
        #expect(try tool.run("get", id, "-o", "out.png").code == 0)
        #expect(tool.scratch.bytes("out.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
        #expect(try tool.run("get", id, "-o", "out.png").code == 1)
        #expect(try tool.run("get", "--work-order", "WH/MO/00001", "-o", "all/").code == 0)
        #expect(tool.scratch.files.filter { $0.hasPrefix("all/") }.count == 4)
        let proof = try tool.run("prove", id)
        #expect(proof.out.hasPrefix("c2sp.org/tlog-proof@v1\nindex "))
        let checkpoint = try tool.run("checkpoint").out
        #expect(proof.out.hasSuffix(checkpoint))
        #expect(try tool.run("consistency", "5", "--json").documents.count == 1)
        #expect(try tool.run("consistency", "5000").code == 4)
    }

    @Test func `pages follow each other without a gap`() throws {
        let tool = try Tool.withDemo()
        let first = try tool.run("find", "--limit", "4", "--json").documents
        let cursor = try #require(first.last?["cursor"] as? String)
        let second = try tool.run("find", "--limit", "4", "--json", "--cursor", cursor).documents
        let ids = (first + second).compactMap { $0["id"] as? String }
        #expect(ids.count == 6 && Set(ids).count == 6)
        #expect(try tool.run("find", "--oldest", "--cursor", cursor).code == 1)
    }

    @Test func `a picture goes in, is linked, held, closed and comes out the same`() throws {
        let tool = try Tool.withDemo()
        let picture: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0] + TestLog.picture(1)
        tool.scratch.write("weld.jpg", picture)
        let put = try tool.run(
            "put", "weld.jpg", "--check", "QA/7", "--operator", "Ann", "--at",
            "2026-11-20T14:03:05.120+01:00", "--request-id", "r1", "--json")
        #expect(put.code == 0, "\(put.err)")
        let record = try #require(try put.documents.first)
        #expect(record["instant"] as? String == "2026-11-20T13:03:05.120000Z")
        #expect(record["mime"] as? String == "image/jpeg")
        let receipt = try #require(record["receipt"] as? [String: Any])
        #expect((receipt["proof"] as? String)?.hasPrefix("c2sp.org/tlog-proof@v1") == true)
        #expect((receipt["leaf"] as? String)?.contains("Ann") == false)
        let id = try #require(record["id"] as? String)
        // The same request again is the same record.
        let again = try tool.run(
            "put", "weld.jpg", "--check", "QA/7", "--operator", "Ann", "--at",
            "2026-11-20T14:03:05.120+01:00", "--request-id", "r1", "--json")
        #expect(try again.documents.first?["id"] as? String == id, "\(again.err)")
        #expect(try tool.run("link", id, "--lot", "L1", "--reason", "later").code == 0)
        #expect(try tool.run("link", id, "--lot", "L1", "--reason", "later").code == 1)
        #expect(try tool.run("unlink", id, "--lot", "L1", "--reason", "typo").code == 0)
        #expect(try tool.run("find", "--lot", "L1").out == "nothing found\n")
        #expect(try tool.run("close", "QA/7", "--pass", "--reason", "ok").code == 0)
        let late = try tool.run("put", "weld.jpg", "--check", "QA/7")
        #expect(late.code == 1 && late.err.contains("closed"))
        #expect(try tool.run("close", "QA/8", "--reason", "x").code == 4)
        let hold = try tool.run("hold", id, "--reason", "claim", "--json").documents
        let holdID = try #require(hold.first?["id"] as? String)
        #expect(try tool.run("unhold", holdID, "--reason", "done").code == 0)
        let alone = try tool.run("unhold", holdID, "--reason", "done")
        #expect(alone.code == 1 && alone.err.contains("second person"))
        let second = try tool.run("unhold", holdID, "--reason", "done", "--actor", "bob")
        #expect(second.out.hasPrefix("released"))
        #expect(try tool.run("get", id, "-o", "out.jpg").code == 0)
        #expect(tool.scratch.bytes("out.jpg") == picture)
    }

    @Test func `what is no picture is refused before anything is stored`() throws {
        let tool = try Tool.withDemo()
        let before = try tool.run("checkpoint").out
        tool.scratch.write("empty.jpg", [])
        tool.scratch.write("good.jpg", [1, 2, 3])
        tool.scratch.write("large.jpg", [1])
        let large = try FileHandle(
            forWritingTo: URL(fileURLWithPath: tool.scratch.path + "/large.jpg"))
        try large.truncate(atOffset: 70_000_000)
        let cases: [(String, Int32, String)] = [
            ("empty.jpg", 1, "is empty"), ("missing.jpg", 4, "no file missing.jpg"),
            ("reel", 1, "is a directory"), ("large.jpg", 1, "at most 67.1 MB"),
            ("/dev/null", 1, "no plain file"),
        ]
        for (file, code, words) in cases {
            let answer = try tool.run("put", "good.jpg", file, "--check", "QA/1")
            #expect(answer.code == code && answer.err.contains(words), "\(file): \(answer.err)")
        }
        let bare = try tool.run("put", "good.jpg", "--check", "17")
        #expect(bare.code == 2 && bare.err.contains("bare number"))
        #expect(try tool.run("put", "good.jpg").code == 2)
        #expect(try tool.run("checkpoint").out == before)
    }

    @Test func `odd names are stored as they are, or refused with a way out`() throws {
        let tool = try Tool.withDemo()
        for name in ["-dash.jpg", "with space.jpg", "üñïçødé 漢字.jpg", "quote\".jpg"] {
            tool.scratch.write(name, [1, 2, 3])
            let put = try tool.run("put", "--check", "QA/1", "--json", "--", name)
            #expect(try put.documents.first?["name"] as? String == name, "\(put.err)")
        }
        tool.scratch.write("two\nlines.jpg", [1])
        let lines = try tool.run("put", "two\nlines.jpg", "--check", "QA/1")
        #expect(lines.code == 2 && lines.err.contains("--name"))
        let piped = try tool.run("put", "-", "--name", "p.jpg", "--check", "QA/1", input: [9, 9])
        #expect(piped.code == 0, "\(piped.err)")
        // A shell can give bytes that are no UTF-8; Foundation cannot.
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", "\"$0\" put \"$(printf 'a\\377.jpg')\" --check QA/1", Tool.path]
        let pipe = Pipe()
        shell.standardError = pipe
        try shell.run()
        let told = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 1 && told.contains("not UTF-8"), "\(told)")
    }

    @Test func `what would move the cursor of a terminal is shown as a dot`() throws {
        let tool = try Tool.withDemo()
        tool.scratch.write("a.jpg", [1])
        _ = try tool.run("put", "a.jpg", "--link", "note=x\u{202E}gpj")
        #expect(try tool.run("find", "--limit", "1").out.contains("x·gpj"))
    }

    @Test func `times are those of the clock on the wall`() throws {
        let tool = try Tool.withDemo()
        tool.scratch.write("a.jpg", [1])
        func instant(_ text: String) throws -> String? {
            let put = try tool.run("put", "a.jpg", "--check", "QA/1", "--at", text, "--json")
            return try put.documents.first?["instant"] as? String ?? put.err
        }
        #expect(try instant("2026-01-15 14:03") == "2026-01-15T13:03:00.000000Z")
        #expect(try instant("2026-07-15T14:03:05.5") == "2026-07-15T12:03:05.500000Z")
        #expect(try instant("2026-07-15T14:03:05Z") == "2026-07-15T14:03:05.000000Z")
        #expect(try instant("2026-07-15") == "2026-07-14T22:00:00.000000Z")
        #expect(try instant("2026-03-29 02:30")?.contains("summer time skips") == true)
        #expect(try instant("2026-02-31 12:00")?.contains("does not exist") == true)
        #expect(try instant("yesterday 14:03")?.hasSuffix(":03:00.000000Z") == true)
    }
}
