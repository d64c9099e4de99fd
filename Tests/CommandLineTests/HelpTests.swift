import Foundation
import Testing

/// Finding one's way: help, mistakes, suggestions.
@Suite struct HelpTests {
    static let commands: [[String]] = [
        ["serve"], ["status"], ["put"], ["get"], ["find"], ["link"], ["unlink"], ["close"],
        ["hold"], ["unhold"], ["prove"], ["checkpoint"], ["consistency"], ["key", "show"],
        ["key", "rotate"], ["key", "move-root"], ["key", "set-passphrase"], ["admin", "dump"],
        ["admin", "successor"], ["admin", "retention", "show"], ["admin", "retention", "set"],
        ["admin", "retention", "preview"], ["admin", "retention", "apply"],
        ["admin", "retention", "erase"], ["admin", "retention", "event"],
        ["camera", "add"], ["camera", "set"], ["camera", "list"], ["camera", "show"],
        ["camera", "on"], ["camera", "off"], ["camera", "remove"], ["camera", "test"],
        ["camera", "discover"], ["camera", "point"], ["snap"], ["clip"],
        ["point", "add"], ["point", "set"], ["point", "list"], ["point", "show"],
        ["point", "remove"], ["check", "reach"], ["check", "take"], ["check", "pass"],
        ["check", "fail"], ["check", "show"], ["check", "list"], ["centre", "add"],
        ["centre", "set"], ["centre", "list"], ["centre", "show"], ["centre", "remove"],
        ["centre", "inputs"], ["trigger", "add"], ["trigger", "list"], ["trigger", "move"],
        ["trigger", "remove"], ["trigger", "press"], ["room", "add"], ["room", "set"],
        ["room", "list"], ["room", "remove"], ["ask"],
        ["user", "add"], ["user", "set"], ["user", "passwd"], ["user", "list"], ["user", "remove"],
        ["token", "add"], ["token", "list"], ["token", "revoke"], ["machine", "add"],
        ["machine", "list"], ["machine", "remove"], ["audit"], ["audit", "report"], ["export"],
        ["completion"], ["manual"],
    ]

    @Test(arguments: commands)
    func `every command has help with an example, wherever it is asked for`(path: [String]) throws {
        let tool = Tool()
        let words = path.joined(separator: " ")
        let page = try tool.runAll(path + ["--help"])
        #expect(page.code == 0)
        #expect(page.out.contains("usage: proofreel \(words)"))
        #expect(page.out.contains("examples\n  ") && page.out.contains("proofreel \(words)"))
        #expect(try tool.runAll(["help"] + path).out == page.out)
        #expect(try tool.runAll(path + ["x", "--json", "-h"]).out == page.out)
        #expect(page.out.split(separator: "\n").allSatisfy { $0.count <= 140 })
    }

    @Test func `the overview names every command, and no command is a usage error`() throws {
        let tool = Tool()
        let overview = try tool.run("help")
        #expect(overview.code == 0)
        for path in Self.commands { #expect(overview.out.contains(path.joined(separator: " "))) }
        #expect(try tool.run().code == 2)
        #expect(try tool.run("--version").out.hasPrefix("proofreel "))
    }

    @Test(arguments: [
        (["serv"], "did you mean proofreel serve?"), (["admin", "dmp"], "proofreel admin dump?"),
        (["find", "--chekc", "a"], "did you mean --check?"), (["find", "-x"], "no option -x"),
        (["put"], "something is missing"), (["find", "a"], "one word too many"),
        (["find", "--check"], "wants a value"), (["status", "--json=1"], "takes no value"),
        (["find", "--from", "noon"], "is no time"), (["find", "--limit", "0"], "1 to 1000"),
        (["get"], "either a record's id"), (["get", "17"], "is no record id"),
        (["find", "--from", "-1h", "--to", "-2h"], "before --to"),
        (["find", "--link", "x"], "KIND=VALUE"), (["key"], "wants one of: show rotate"),
        (["find", "--limit", "1", "--limit", "2"], "given twice"),
    ])
    func `a mistake is a usage error that says what to do`(words: [String], hint: String) throws {
        let answer = try Tool().runAll(words)
        #expect(answer.code == 2)
        #expect(answer.err.contains(hint), "\(answer.err)")
        #expect(answer.out.isEmpty)
    }

    @Test func `a data directory that is not there is told, and not made`() throws {
        let tool = Tool()
        for command in ["find", "status", "checkpoint"] {
            let answer = try tool.run(command)
            #expect(answer.code == 4)
            #expect(answer.err.contains("there is no data directory at \(tool.data)"))
        }
        #expect(!FileManager.default.fileExists(atPath: tool.data))
    }
}
