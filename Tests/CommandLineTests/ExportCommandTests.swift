import Foundation
import ServerSupport
import TestSupport
import Testing

/// Bundles as somebody at a terminal takes them.
@Suite(.serialized) struct ExportCommandTests {
    private let tool = Tool()
    private static let check = "odoo:6f1c/quality.check/17"

    /// A store with pictures of one check, served.
    private func filled(_ count: Int = 5) throws -> Served {
        let served = try Served(tool, "--no-usb")
        for number in 1...count {
            tool.scratch.write("weld-\(number).jpg", TestLog.picture(number, bytes: 300_000))
            let answer = try tool.run(
                "put", "weld-\(number).jpg", "--check", Self.check, "--serial", "SN-\(number)")
            #expect(answer.code == 0, "\(answer.err)")
        }
        return served
    }

    /// The directory as it looks to whoever reaches the server through a wire that is cut.
    private func relayed(cuts: [Int], dies: Bool = false) throws -> CuttingRelay {
        let folder = "\(tool.scratch.path)/far"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for name in ["FORMAT", "LOCK"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(name)", withDestinationPath: "\(tool.data)/\(name)")
        }
        return try CuttingRelay(
            "\(folder)/wire.sock", before: "\(tool.data)/wire.sock", cuts: cuts, dies: dies)
    }

    private func names(_ bundle: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            "import sys,zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))",
            "\(tool.scratch.path)/\(bundle)",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func `a check is exported from the directory, by filter or by list`() throws {
        _ = try filled().end()
        let all = try tool.run("export", "--check", Self.check, "-o", "17.zip", "--json")
        #expect(all.code == 0, "\(all.err)")
        #expect(try all.documents.first?["file"] as? String == "17.zip")
        #expect(try names("17.zip").filter { $0.contains("/data/") }.count == 6)

        let found = try tool.run("find", "--serial", "SN-2", "--json")
        let id = try #require(try found.documents.first?["id"] as? String)
        let list = try tool.run(
            "export", "--ids", "-", "-o", "2.zip", input: Array("\(id)\tSN-2\n".utf8))
        #expect(list.code == 0, "\(list.err)")
        #expect(try names("2.zip").filter { $0.contains("/data/") }.count == 2)
    }

    @Test func `mistakes are told with what to do, and nothing is overwritten`() throws {
        _ = try filled(1).end()
        tool.scratch.write("there.zip", [1])
        tool.scratch.write("list", Array("01a1fbd3-8538-7646-9d87-b74867e82dea\nSN-1\n".utf8))
        let cases: [(arguments: [String], code: Int32, words: String)] = [
            (["export", "-o", "a.zip"], 2, "say what to export"),
            (["export", "--check", "x/1", "-o", "a.rar"], 2, ".tar.zst"),
            (["export", "--check", "x/1"], 2, "-o"),
            (["export", "--check", "x/1", "-o", "a.zip"], 4, "no record fits"),
            (["export", "--check", Self.check, "-o", "there.zip"], 1, "not overwritten"),
            (["export", "--ids", "weld-1.jpg", "-o", "a.zip"], 1, "no text"),
            (["export", "--ids", "list", "-o", "a.zip"], 2, "line 2: SN-1 is no record id"),
        ]
        for (arguments, code, words) in cases {
            let answer = try tool.runAll(arguments)
            #expect(answer.code == code, "\(arguments): \(answer.err)")
            #expect(answer.err.contains(words), "\(arguments): \(answer.err)")
        }
        #expect(tool.scratch.bytes("there.zip") == [1])
    }

    @Test func `a connection that breaks again and again loses nothing`() throws {
        let served = try filled()
        let whole = try tool.run("export", "--check", Self.check, "-o", "whole.zip")
        #expect(whole.code == 0, "\(whole.err)")
        let relay = try relayed(cuts: [300_000, 5_000, 700_000, 20_000])
        defer { relay.end() }
        let broken = try tool.run(
            "export", "--data", "far", "--check", Self.check, "-o", "broken.zip")
        #expect(broken.code == 0, "\(broken.err)")
        #expect(broken.err.contains("going on after"))
        #expect(relay.connections > 4)
        #expect(try names("broken.zip").count == names("whole.zip").count)
        #expect(!tool.scratch.files.contains { $0.hasPrefix("broken.zip.part") })
        #expect(try served.end() == 0)
    }

    @Test func `what was begun is gone on with by the same command, and only by it`() throws {
        let served = try filled()
        let relay = try relayed(cuts: [700_000], dies: true)
        defer { relay.end() }
        let begun = try tool.run("export", "--data", "far", "--check", Self.check, "-o", "a.zip")
        #expect(begun.code == 1)
        let part = tool.scratch.bytes("a.zip.part")
        #expect(part.count > 500_000)
        let other = try tool.run("export", "--serial", "SN-1", "-o", "a.zip")
        #expect(other.code == 0, "\(other.err)")
        #expect(!other.err.contains("going on"))
        tool.scratch.remove("a.zip")

        let again = try tool.run("export", "--check", Self.check, "-o", "a.zip")
        #expect(again.code == 0, "\(again.err)")
        #expect(try names("a.zip").filter { $0.contains("/data/") }.count == 6)
        #expect(try served.end() == 0)
    }
}
