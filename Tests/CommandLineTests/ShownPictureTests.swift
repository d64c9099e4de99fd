import Foundation
import TestSupport
import Testing

/// `get` and `snap` at a terminal: `script` makes one, and says what it would have answered.
@Suite(.serialized) struct ShownPictureTests {
    /// What appears on a terminal of 80 by 24 letters that answers with `answer`, or never.
    static func shown(
        _ command: String, in tool: Tool, answer: String = "", term: String = "xterm"
    ) throws -> String {
        let input = Pipe()
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
        process.arguments = [
            "-qec", "stty rows 24 cols 80 -echo; \(Tool.path) \(command)", "/dev/null",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: tool.scratch.path)
        process.environment = [
            "PATH": "/usr/bin:/bin", "HOME": tool.scratch.path, "USER": "ann", "TERM": term,
            "SHELL": "/bin/bash", "PROOFREEL_DATA": tool.data,
        ]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try output.fileHandleForWriting.close()
        // Waits in the terminal's input until it is asked for, so nothing hangs on who is quicker.
        // The pipe stays open: at its end `script` would say that nobody types any more.
        try input.fileHandleForWriting.write(contentsOf: Data(answer.utf8))
        let text = output.fileHandleForReading.readDataToEndOfFile()
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

    @Test func `a picture is shown in the way that the terminal knows, or becomes a file`() throws {
        let tool = Tool()
        let served = try Served(tool, "--demo", "--no-usb")
        var snap = try tool.run("snap", "paint-1", "--check", "QA/1", "--json")
        for _ in 0..<300 where snap.code != 0 {
            Thread.sleep(forTimeInterval: 0.1)
            snap = try tool.run("snap", "paint-1", "--check", "QA/1", "--json")
        }
        let id = try #require(try snap.documents.first?["id"] as? String)
        for isServed in [true, false] {
            if !isServed { #expect(try served.end() == 0) }
            let sixel = try Self.shown("get \(id)", in: tool, answer: "\u{1B}[?62;4c")
            #expect(sixel.contains("\u{1B}P0;1q\"1;1;"), "\(sixel.prefix(300).debugDescription)")
            #expect(sixel.contains("to save it: proofreel get \(id) -o FILE"))
            let kitty = try Self.shown(
                "get --check QA/1", in: tool, answer: "\u{1B}_Gi=7447;OK\u{1B}\\\u{1B}[?62c")
            #expect(kitty.contains("\u{1B}_Ga=T,q=2,f=24,"))
            #expect(!tool.scratch.files.contains { $0.hasSuffix(".jpg") })
            // One that never answers is not waited for; nor is anything left in its input.
            let blocks = try Self.shown("get \(id); read -t 0.1 x; echo \"rest<$x>\"", in: tool)
            #expect(blocks.contains("▀") && blocks.contains("rest<>"))
            let dumb = try Self.shown("get \(id)", in: tool, term: "dumb")
            #expect(dumb.contains("\(id).jpg  ") && !dumb.contains("\u{1B}"))
            #expect(tool.scratch.bytes("\(id).jpg").starts(with: [0xFF, 0xD8, 0xFF]))
            let again = try Self.shown("get \(id)", in: tool, term: "dumb")
            #expect(again.contains("it is not overwritten"))
            tool.scratch.remove("\(id).jpg")
        }
    }

    @Test func `a snapshot is shown below what is said of it`() throws {
        let tool = Tool()
        let served = try Served(tool, "--demo", "--no-usb")
        for _ in 0..<300 where try tool.run("snap", "paint-1").code != 0 {
            Thread.sleep(forTimeInterval: 0.1)
        }
        let sixel = try Self.shown("snap paint-1", in: tool, answer: "\u{1B}[?62;4c")
        #expect(sixel.contains("paint-1") && sixel.contains("\u{1B}P0;1q\""))
        let file = try Self.shown("snap paint-1 -o a.jpg", in: tool, answer: "\u{1B}[?62;4c")
        #expect(!file.contains("\u{1B}P") && !tool.scratch.bytes("a.jpg").isEmpty)
        #expect(try served.end() == 0)
    }
}
