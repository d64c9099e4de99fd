import Foundation
import TestSupport
import Testing

/// What real shells make of the scripts that `proofreel completion` prints, and formatters of the
/// manual page.
@Suite struct CompletionTests {
    /// Where a program is, nil when this machine has none.
    static func found(_ name: String) -> String? {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"].map { $0 + name }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs a script in a shell whose PATH has the program that was built.
    static func run(_ shell: String, _ arguments: [String], in tool: Tool) throws -> String {
        let process = Process()
        // A shell that waits for ever is a failure, not a hang.
        process.executableURL = URL(fileURLWithPath: try #require(found("timeout")))
        process.arguments = ["60", try #require(found(shell))] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: tool.scratch.path)
        let folder = (Tool.path as NSString).deletingLastPathComponent
        process.environment = [
            "PATH": "\(folder):/usr/bin:/bin", "HOME": tool.scratch.path, "LC_ALL": "C.UTF-8",
            "TERM": "xterm",
            "PROOFREEL_DATA": tool.data,
        ]
        tool.scratch.write("shell.out", [])
        let handle = try FileHandle(
            forWritingTo: URL(fileURLWithPath: tool.scratch.path + "/shell.out"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return String(decoding: tool.scratch.bytes("shell.out"), as: UTF8.self)
    }

    /// A line up to where the cursor is, and all that may stand there.
    static let lines: [(words: [String], offered: [String])] = [
        (["cam"], ["camera"]),
        (["admin", "ret"], ["retention"]),
        (["admin", "retention", ""], ["apply", "erase", "event", "preview", "set", "show"]),
        (["snap", "--li"], ["--link"]),
        (["snap", "x", "--stream", ""], ["main", "sub"]),
        (["token", "add", "x", "--role", "o"], ["operator"]),
        (["completion", "z"], ["zsh"]),
        (["put", "we"], ["weld a.jpg", "weld.jpg"]),
        (["find", "-o"], []),
        (["get", "-o", "weld."], ["weld.jpg"]),
        (["status", "--data", "fol"], ["folder"]),
        (["find", "--check", ""], []),
        (["nonsense", ""], []),
        // Nobody serves the data directory: nothing, and no word of it.
        (["snap", ""], []),
    ]

    static func folder() throws -> Tool {
        let tool = Tool()
        for file in ["weld.jpg", "weld a.jpg", "folder/x"] { tool.scratch.write(file, [1]) }
        for shell in ["bash", "zsh", "fish"] {
            let script = try tool.run("completion", shell)
            #expect(script.code == 0 && script.err.isEmpty)
            tool.scratch.write("completion.\(shell)", Array(script.out.utf8))
        }
        return tool
    }

    static func bash(_ words: [String], in tool: Tool) throws -> [String] {
        let script = """
            source completion.bash
            COMP_WORDS=(proofreel "$@") COMP_CWORD=$#
            _proofreel
            [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
            """
        let output = try run(
            "bash", ["--norc", "--noprofile", "-c", script, "bash"] + words, in: tool)
        return output.split(separator: "\n").map(String.init).sorted()
    }

    static func fish(_ words: [String], in tool: Tool) throws -> [String] {
        let script = "source completion.fish; complete -C \"proofreel $argv\""
        let output = try run(
            "fish", ["--no-config", "-c", script] + words, in: tool)
        return output.split(separator: "\n").map { line in
            String(line.prefix { $0 != "\t" && $0 != "/" })
        }.sorted()
    }

    @Test func `bash offers what may stand there, and nothing else`() throws {
        let tool = try Self.folder()
        for (words, offered) in Self.lines {
            #expect(try Self.bash(words, in: tool) == offered, "\(words)")
        }
        // An option and its value may be one word, which bash cuts at the sign between.
        #expect(try Self.bash(["token", "add", "--role", "=", "er"], in: tool) == ["erp"])
        #expect(try Self.bash(["token", "add", "--role", "="], in: tool).count == 6)
    }

    @Test(
        .enabled(if: found("fish") != nil, "SKIPPED: there is no fish to try its completion in"))
    func `fish offers what may stand there, and nothing else`() throws {
        let tool = try Self.folder()
        for (words, offered) in Self.lines {
            #expect(try Self.fish(words, in: tool) == offered, "\(words)")
        }
    }

    @Test(
        .enabled(if: found("zsh") != nil, "SKIPPED: there is no zsh to try its completion in"))
    func `zsh completes what can be meant in one way only`() throws {
        let tool = try Self.folder()
        // A terminal of its own; the function says what was typed in the end.
        let script = """
            zmodload zsh/zpty
            zpty -b shell zsh -f -i
            await() {
                local piece answer=
                until [[ $answer == *$1* ]]; do
                    zpty -r shell piece && answer+=$piece || sleep 0.02
                done
                print -r -- $answer
            }
            zpty -w shell 'unsetopt prompt_cr prompt_sp; PS1=; autoload -U compinit; compinit -u -D'
            zpty -w shell 'source ./completion.zsh; proofreel() { print -r -- "<${(j:|:)@}"">"; }'
            zpty -w shell 'PS1=READ; PS1+=Y.'
            await READY.
            zpty -w shell "$1"
            await '>'
            """
        for (typed, wanted) in [
            ("proofreel cam\tlis\t", "<camera|list>"),
            ("proofreel admin ret\tpre\t", "<admin|retention|preview>"),
            ("proofreel snap x --li\tk=v", "<snap|x|--link=k=v>"),
            ("proofreel completion z\t", "<completion|zsh>"),
            ("proofreel token add x --role oper\t", "<token|add|x|--role|operator>"),
            ("proofreel put weld.\t", "<put|weld.jpg>"),
            ("proofreel status --data fol\t", "<status|--data|folder>"),
        ] {
            let output = try Self.run("zsh", ["-f", "-c", script, "zsh", typed], in: tool)
            #expect(output.contains(wanted), "\(typed.debugDescription): \(output)")
        }
    }

    @Test func `cameras are offered while a server knows them`() throws {
        let tool = try Self.folder()
        let served = try Served(tool, "--demo", "--no-usb")
        let cameras = try tool.run("camera", "list", "--json").documents
            .compactMap { $0["id"] as? String }.sorted()
        #expect(cameras.count >= 3)
        #expect(try Self.bash(["snap", ""], in: tool) == cameras)
        #expect(try Self.bash(["camera", "show", ""], in: tool) == cameras)
        #expect(try Self.bash(["find", "--camera", ""], in: tool) == cameras)
        let one = try #require(cameras.first)
        #expect(try Self.bash(["clip", one], in: tool) == [one])
        #expect(try Self.bash(["camera", "add", ""], in: tool) == [])
        #expect(try Self.bash(["snap", "--data", "nowhere", ""], in: tool) == [])
        #expect(try Self.bash(["--data", "nowhere", ""], in: tool) == [])
        if Self.found("fish") != nil {
            #expect(try Self.fish(["snap", ""], in: tool) == cameras)
        }
        #expect(try served.end() == 0)
    }

    @Test func `a shell that nobody knows is a usage error`() throws {
        let answer = try Tool().run("completion", "csh")
        #expect(answer.code == 2)
        #expect(answer.err.contains("bash, zsh or fish"))
    }

    @Test func `the manual page has every command and option`() throws {
        let page = try Tool().run("manual").out
        for path in HelpTests.commands {
            let words = path.joined(separator: " ").replacingOccurrences(of: "-", with: "\\-")
            #expect(page.contains("\n.SS proofreel \(words)"), "\(words)")
        }
        #expect(page.contains("\\fB\\-\\-work\\-order\\fR"))
        #expect(page.utf8.allSatisfy { $0 < 0x80 })
    }

    @Test(
        arguments: [
            ("mandoc", ["-T", "lint", "-W", "warning", "page.1"]),
            ("groff", ["-ww", "-man", "-Tascii", "-z", "page.1"]),
        ])
    func `formatters have nothing to say of the manual page`(
        _ program: String, _ arguments: [String]
    ) throws {
        guard Self.found(program) != nil else {
            print("SKIPPED: there is no \(program) to read the manual page")
            return
        }
        let tool = Tool()
        tool.scratch.write("page.1", Array(try tool.run("manual").out.utf8))
        let output = try Self.run(program, arguments, in: tool)
        #expect(output == "")
    }
}
