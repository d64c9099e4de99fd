import Foundation
import TestSupport
import Testing

/// The daemon, its status, its keys, and what happens to commands beside it.
@Suite(.serialized) struct ServeTests {
    @Test func `serve says what it is, answers status, and ends in order`() throws {
        let tool = Tool()
        let served = try Served(tool, "--site", "plant-7", "--origin", "plant7.example/log/e1")
        for words in ["a new log", "plant7.example/root+", "UNANCHORED", "root key is still"] {
            #expect(served.output.contains(words), "\(words)")
        }
        let status = try #require(try tool.run("status", "--json").documents.first)
        #expect(status["served"] as? Bool == true && status["size"] as? Int == 4)
        #expect(status["pid"] as? Int == Int(served.pid))
        #expect(try tool.run("status").out.contains("serving"))
        #expect(try tool.run("checkpoint").out.hasPrefix("plant7.example/log/e1\n4\n"))
        #expect(try served.end() == 0)
        #expect(served.output.contains("ended in order with 4 leaves"))
        #expect(!tool.scratch.files.contains("reel/status.sock"))
        let still = try #require(try tool.run("status", "--json").documents.first)
        #expect(
            still["served"] as? Bool == false
                && still["root"] as? String == status["root"] as? String)
        let again = try Served(tool)
        #expect(try again.end(SIGINT) == 0)
    }

    @Test func `only one serves, and other commands say so`() throws {
        let tool = Tool()
        let served = try Served(tool)
        let second = try tool.run("serve")
        #expect(second.code == 1 && second.err.contains("being served already"))
        for words in [["key", "rotate"], ["admin", "rebuild-index"]] {
            let answer = try tool.runAll(words)
            #expect(answer.code == 1 && answer.err.contains("stop the server"), "\(answer.err)")
        }
        #expect(try served.end() == 0)
    }

    @Test func `a hang-up has the certificate read again, and a bad one leaves the old`() throws {
        let tool = Tool()
        let served = try Served(tool, "--listen", "127.0.0.1:0")
        let start = try #require(served.output.range(of: "the fingerprint ")).upperBound
        let first = served.output[start...].prefix { !$0.isWhitespace }
        /// What it says of the signal.
        func hangUp() throws -> String {
            let before = served.output.count
            kill(served.pid, SIGHUP)
            while !served.output.dropFirst(before).hasSuffix("\n") {
                try #require(kill(served.pid, 0) == 0, "\(served.output)")
                Thread.sleep(forTimeInterval: 0.05)
            }
            return String(served.output.dropFirst(before))
        }
        let certificate = tool.scratch.bytes("reel/access/server.pem")
        tool.scratch.write("reel/access/server.pem", [1, 2, 3])
        #expect(try hangUp().contains("the certificate stays as it was"))
        tool.scratch.write("reel/access/server.pem", certificate)
        #expect(try hangUp().contains("its fingerprint is \(first)"))
        tool.scratch.remove("reel/access/server.pem")
        let other = try hangUp()
        #expect(other.contains("its fingerprint is SHA256:") && !other.contains(first))
        #expect(try served.end() == 0)
        #expect(served.output.contains("ended in order"))
    }

    @Test func `the server runs commands for its callers, with their files`() throws {
        let tool = Tool()
        let served = try Served(tool)
        tool.scratch.write("a.jpg", [0xFF, 0xD8, 1, 2, 3])
        let put = try tool.run("put", "a.jpg", "--check", "QA/1", "--json")
        #expect(put.code == 0, "\(put.err)")
        let id = try #require(try put.documents.first?["id"] as? String)
        #expect(try tool.run("find", "--check", "QA/1", "--json").documents.count == 1)
        #expect(try tool.run("get", id, "-o", "back.jpg").code == 0)
        #expect(tool.scratch.bytes("back.jpg") == [0xFF, 0xD8, 1, 2, 3])
        let piped = try tool.run("put", "-", "--name", "b.jpg", "--check", "QA/2", input: [7, 8])
        #expect(piped.code == 0, "\(piped.err)")
        let wrong = try tool.run("get", "0192e0a1-7c3e-7d2b-8f00-1a2b3c4d5e6f")
        #expect(wrong.code == 4 && wrong.out.isEmpty && wrong.err.contains("there is no record"))
        #expect(try tool.run("find", "--from", "noon").code == 2)
        #expect(try served.end() == 0)
        #expect(try tool.run("find", "--json").documents.count == 2)
    }

    @Test func `after a kill reading waits for the next start, which takes all over`() throws {
        let tool = Tool()
        let served = try Served(tool, "--demo-pictures")
        _ = try served.end(SIGKILL)
        let find = try tool.run("find")
        #expect(find.code == 1 && find.err.contains("start the log once"), "\(find.err)")
        let again = try Served(tool)
        #expect(again.output.contains("did not end in order"))
        #expect(try again.end() == 0)
        #expect(try tool.run("find", "--json").documents.count == 6)
    }

    @Test func `keys whose log is gone get no second one`() throws {
        let tool = try Tool.withDemo()
        // As if the first start had been cut off before its keys were settled.
        let files = FileManager.default
        try files.moveItem(atPath: tool.data + "/keys", toPath: tool.data + "/keys.new")
        #expect(try Served(tool).end() == 0)
        #expect(try tool.run("find", "--json").documents.count == 6)
        try files.removeItem(atPath: tool.data + "/objects")
        let lost = try tool.run("serve")
        #expect(lost.code == 1 && lost.err.contains("segments are gone"), "\(lost.err)")
        try files.moveItem(atPath: tool.data + "/keys", toPath: tool.scratch.path + "/keys")
        let bare = Tool()
        try files.createDirectory(atPath: bare.data, withIntermediateDirectories: true)
        #expect(try bare.run("serve", "--origin", "a b").code == 2)
        #expect(bare.scratch.files == [])
    }

    @Test func `an older copy than a checkpoint kept outside is not served`() throws {
        let tool = try Tool.withDemo()
        let copy = Scratch()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: tool.data, toPath: copy.path)
        tool.scratch.write("a.jpg", [1])
        #expect(try tool.run("put", "a.jpg", "--check", "QA/1").code == 0)
        #expect(try tool.run("checkpoint", "-o", "kept").code == 0)
        let anchored = try Served(tool, "--anchor", "kept")
        #expect(!anchored.output.contains("UNANCHORED"))
        #expect(try anchored.end() == 0)
        let old = try tool.run("serve", "--data", copy.path, "--anchor", "kept")
        #expect(old.code == 1 && old.err.contains("older copy"), "\(old.err)")
        tool.scratch.write("no", [1])
        #expect(try tool.run("serve", "--anchor", "no").err.contains("is no checkpoint"))
    }

    @Test func `keys rotate, move away and change their passphrase`() throws {
        let tool = try Tool.withDemo()
        let first = try #require(try tool.run("find", "--json").documents.first?["id"] as? String)
        #expect(try tool.run("key", "rotate").code == 0)
        #expect(try tool.run("key", "move-root", "root.key").code == 0)
        #expect(try tool.run("status").out.contains("root key is still") == false)
        let refused = try tool.run("key", "rotate")
        #expect(refused.code == 2 && refused.err.contains("--root-key"))
        #expect(try tool.run("key", "rotate", "--root-key", "root.key").code == 0)
        let keys = try #require(try tool.run("key", "show", "--json").documents.first)
        #expect((keys["log_keys"] as? [Any])?.count == 3)
        tool.scratch.write("secret", Array("canary passphrase\n".utf8))
        #expect(try tool.run("key", "set-passphrase", "--to", "secret").code == 0)
        tool.scratch.write("a.jpg", [1])
        let without = try tool.run("put", "a.jpg", "--check", "QA/1")
        #expect(without.code == 4 && without.err.contains("no passphrase is at hand"))
        tool.scratch.write("wrong", Array("guess\n".utf8))
        let wrong = try tool.run("put", "a.jpg", "--check", "QA/1", "--passphrase-file", "wrong")
        #expect(wrong.code == 1 && wrong.err.contains("does not open the key"))
        let right = try tool.run(
            "put", "a.jpg", "--check", "QA/1",
            environment: ["PROOFREEL_PASSPHRASE_FILE": "secret"])
        #expect(right.code == 0, "\(right.err)")
        #expect(try tool.run("prove", first).code == 0)
        for name in tool.scratch.files where name != "secret" {
            let text = String(decoding: tool.scratch.bytes(name), as: UTF8.self)
            #expect(!text.contains("canary passphrase"), "\(name)")
        }
    }

    @Test func `retention can be set, seen and only lengthened`() throws {
        let tool = try Tool.withDemo()
        func rules(_ text: String) throws -> Tool.Answer {
            tool.scratch.write("r.json", Array(text.utf8))
            return try tool.run("admin", "retention", "set", "r.json", "--reason", "x")
        }
        let good = #"{"rules": [{"name": "a", "match": {"all": true}, "days": 10}]}"#
        #expect(try rules(good).code == 0)
        #expect(try tool.run("admin", "retention", "show").out.contains("10 days"))
        #expect(try rules(good.replacing("10", with: "9")).err.contains("only be lengthened"))
        #expect(try rules(good.replacing("all", with: "al")).err.contains("match should be"))
        #expect(try rules("{\n\"rules\": [\n}").err.contains("line 3"))
        #expect(try tool.run("admin", "retention", "preview").out == "nothing has expired\n")
        #expect(try tool.run("admin", "retention", "apply", "--reason", "x").code == 0)
    }

    @Test func `a segment can be read by a person, damage included`() throws {
        let tool = try Tool.withDemo()
        let whole = try tool.run("admin", "dump", "all", "--payload")
        #expect(whole.code == 0)
        #expect(
            whole.out.contains("kind      genesis") && whole.out.contains("payload as recorded"))
        #expect(try tool.run("admin", "dump", "0", "--leaf", "4", "--json").documents.count == 1)
        #expect(try tool.run("admin", "dump", "9").code == 4)
        var bytes = tool.scratch.bytes("reel/objects/segments/00000000")
        bytes[200] ^= 1
        tool.scratch.write("reel/objects/segments/00000000", bytes)
        let broken = try tool.run("admin", "dump", "0")
        #expect(broken.code == 1 && broken.err.contains("byte 128"))
        tool.scratch.write("reel/index/CURRENT", [0])
        #expect(try tool.run("admin", "dump", "0").err == broken.err)
    }

    @Test func `a successor continues the old log and leaves it untouched`() throws {
        let tool = try Tool.withDemo()
        let before = try tool.run("checkpoint").out
        let alone = try tool.run(
            "admin", "successor", "new", "--reason", "x", "--second-actor", "ann")
        #expect(alone.code == 2)
        let made = try tool.run(
            "admin", "successor", "new", "--reason", "restored", "--second-actor", "bob")
        #expect(made.code == 0 && made.out.contains("plant7.example/log/e2"), "\(made.err)")
        #expect(try tool.run("checkpoint").out == before)
        let new = try tool.run("key", "show", "--data", "new", "--json").documents
        let old = try tool.run("key", "show", "--json").documents
        #expect(new.first?["root_key"] as? String == old.first?["root_key"] as? String)
        let dump = try tool.run("admin", "dump", "0", "--data", "new")
        #expect(dump.out.contains("successor") && dump.out.contains("plant7.example/log/e1"))
    }
}
