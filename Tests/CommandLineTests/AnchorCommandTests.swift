import Foundation
import TestSupport
import Testing

/// Time stamps, witnesses and receipts, with the program as plants run it.
@Suite(.serialized) struct AnchorCommandTests {
    private func serve(_ tool: Tool, demo: Bool = false) throws -> Served {
        demo
            ? try Served(
                tool, "--demo-pictures", "--no-usb", "--scrub-rate", "0", "--origin",
                "plant7.example/log/e1")
            : try Served(tool, "--no-usb", "--scrub-rate", "0")
    }

    private func status(_ tool: Tool) throws -> [String: Any] {
        try #require(try tool.run("status", "--json").documents.first)
    }

    private func rootKey(_ tool: Tool) throws -> String {
        try #require(try tool.run("key", "show", "--json").documents.first?["root_key"] as? String)
    }

    /// `proofreel witness` in the background, up when it says so.
    private final class WitnessProcess {
        private let process: Process
        private let tool: Tool
        private let name = UUID().uuidString

        init(_ tool: Tool, _ arguments: String...) throws {
            self.tool = tool
            process = tool.process(["witness"] + arguments)
            tool.scratch.write(name, [])
            let handle = try FileHandle(
                forWritingTo: URL(fileURLWithPath: "\(tool.scratch.path)/\(name)"))
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = handle
            process.standardError = handle
            try process.run()
            while !output.contains("\nready; ") {
                guard process.isRunning else { throw ChildFailure(output) }
                pauseFor(milliseconds: 5)
            }
        }

        var output: String { String(decoding: tool.scratch.bytes(name), as: UTF8.self) }
        private func word(_ label: String) -> String {
            let line = output.split(separator: "\n").first { $0.hasPrefix(label) }
            return line.map { String($0.split(separator: " ").last ?? "") } ?? ""
        }
        var key: String { word("witness key") }
        var url: String { "http://\(word("listens at"))" }
        var address: String { word("listens at") }

        func end() {
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
        }
        func kill() {
            Foundation.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        deinit { end() }
    }

    private func writeLogs(_ tool: Tool) throws {
        let document = try #require(try tool.run("key", "show", "--json").documents.first)
        let keys = try #require(document["log_keys"] as? [[String: Any]])
        let texts = keys.compactMap { $0["key"] as? String }
        tool.scratch.write("logs.txt", Array(texts.joined(separator: "\n").utf8))
    }

    @Test func `a plant adds an authority, and an auditor who trusts it sees it`() throws {
        let tool = Tool()
        let served = try serve(tool, demo: true)
        let before = try status(tool)
        #expect(before["anchored"] as? Bool == false)
        #expect((before["warnings"] as? [String])?.contains { $0.hasPrefix("UNANCHORED") } == true)
        #expect(try tool.run("status").out.contains("UNANCHORED"))
        let authority = try TestAuthority()
        let tsa = try authority.serve()
        defer { tsa.end() }
        let added = try tool.run(
            "anchor", "add", "tsa", "notary", tsa.url, "--ca", authority.certificatePath,
            "--policy", TestAuthority.otherPolicy)
        #expect(added.code == 0, "\(added.err)")
        let twice = try tool.run(
            "anchor", "add", "tsa", "notary", tsa.url, "--ca", authority.certificatePath)
        #expect(twice.code != 0 && twice.err.contains("already"))
        let now = try tool.run("anchor", "now", "notary")
        #expect(now.code == 0 && now.out.contains("has confirmed size"), "\(now.err)")
        let after = try status(tool)
        #expect(after["anchored"] as? Bool == true)
        let sources = try #require(after["anchors"] as? [[String: Any]])
        #expect(sources.count == 1 && sources[0]["late"] as? Bool == false)
        #expect(sources[0]["last_size"] as? Int == after["anchored_size"] as? Int)
        #expect(try tool.run("anchor", "list").out.contains("notary"))
        #expect(try tool.run("anchor", "show", "notary").out.contains(tsa.url))

        let record = try #require(try tool.run("find", "--json", "--limit", "1").documents.first)
        let id = try #require(record["id"] as? String)
        let bracket = try tool.run("bracket", id, "--json")
        let times = try #require(try bracket.documents.first)
        #expect(bracket.code == 0 && times["not_after"] != nil, "\(bracket.out)")
        tool.scratch.write("late.bin", [1, 2, 3])
        let late = try #require(
            try tool.run("put", "late.bin", "--check", "QA/9", "--json").documents.first?["id"]
                as? String)
        let open = try tool.run("bracket", late)
        #expect(open.code == 1 && open.out.contains("UNANCHORED"), "\(open.out)")
        #expect(open.out.contains("by notary (rfc3161)"))
        #expect(try served.end() == 0)

        let root = try rootKey(tool)
        let alone = try tool.run("verify", tool.data, "--root", root)
        #expect(alone.code == 3 && alone.out.contains("--trust-tsa"), "\(alone.out)")
        let trusting = try tool.run(
            "verify", tool.data, "--root", root, "--trust-tsa", authority.certificatePath)
        #expect(trusting.code == 0 && trusting.out.hasPrefix("VERIFIED\n"), "\(trusting.out)")
        let stranger = try TestAuthority()
        let other = try tool.run(
            "verify", tool.data, "--root", root, "--trust-tsa", stranger.certificatePath)
        #expect(other.code == 3, "\(other.out)")
        let removed = try tool.run("anchor", "remove", "notary")
        #expect(removed.code == 0, "\(removed.err)")
        #expect(try tool.run("anchor", "list", "--json").out.isEmpty)
        #expect(try status(tool)["anchored"] as? Bool == true)
    }

    /// The referees share no code with us; the second is there where somebody installed it.
    @Test func `other programs accept the time stamp as it stands in the folder`() throws {
        let tool = Tool()
        let served = try serve(tool, demo: true)
        let authority = try TestAuthority()
        let tsa = try authority.serve()
        defer { tsa.end() }
        #expect(
            try tool.run(
                "anchor", "add", "tsa", "notary", tsa.url, "--ca", authority.certificatePath
            ).code == 0)
        #expect(try tool.run("anchor", "now", "notary").code == 0)
        #expect(try served.end() == 0)
        let file = try #require(tool.scratch.files.first { $0.hasSuffix("-notary.tsr") })
        let stem = "\(tool.scratch.path)/\(file.dropLast(4))"
        let said = try authority.sh(
            "openssl ts -verify -data \(stem).note -in \(stem).tsr -CAfile ca.pem")
        #expect(said.contains("Verification: OK"))
        let script = """
            import sys
            try:
                from rfc3161_client import VerifierBuilder, decode_timestamp_response
                from cryptography import x509
            except ImportError as missing:
                print("skipped:", missing)
                sys.exit(0)
            stem, ca = sys.argv[1:3]
            reply = decode_timestamp_response(open(stem + ".tsr", "rb").read())
            root = x509.load_pem_x509_certificate(open(ca, "rb").read())
            verifier = VerifierBuilder().add_root_certificate(root).build()
            note = open(stem + ".note", "rb").read()
            assert verifier.verify_message(reply, note)
            try:
                verifier.verify_message(reply, note + b"x")
            except Exception as refused:
                print("agrees:", refused)
            else:
                sys.exit("another message was accepted")
            """
        authority.folder.write("referee.py", Array(script.utf8))
        let words = try authority.sh("python3 referee.py '\(stem)' ca.pem")
        if words.hasPrefix("skipped") {
            print("**** REFEREE SKIPPED: rfc3161-client: \(words) ****")
        }
        #expect(words.hasPrefix("skipped") || words.hasPrefix("agrees"), "\(words)")
    }

    @Test func `T5 an older copy does not start where a witness remembers more`() throws {
        let tool = Tool()
        var served = try serve(tool, demo: true)
        try writeLogs(tool)
        let witness = try WitnessProcess(
            tool, "--name", "qa.example/w1", "--key", "w1.key", "--logs", "logs.txt", "--listen",
            "127.0.0.1:0")
        let added = try tool.run(
            "anchor", "add", "witness", "qa", witness.url, "--vkey", witness.key)
        #expect(added.code == 0, "\(added.err)")
        #expect(try tool.run("anchor", "now", "qa").code == 0)
        #expect(try served.end() == 0)
        let copy = Tool()
        try FileManager.default.copyItem(atPath: tool.data, toPath: copy.data)
        served = try serve(tool)
        for i in 0..<8 {
            tool.scratch.write("more", Array("more \(i)".utf8))
            #expect(try tool.run("put", "more", "--check", "QA/1").code == 0)
        }
        #expect(try tool.run("anchor", "now", "qa").code == 0)
        #expect(try served.end() == 0)

        let refused = try copy.run("serve", "--no-usb", "--scrub-rate", "0")
        #expect(refused.code == 1 && refused.err.contains("older copy"), "\(refused.err)")
        // The witness trusts its disk alone: killed, it remembers.
        let address = witness.address
        witness.kill()
        let again = try WitnessProcess(
            tool, "--key", "w1.key", "--logs", "logs.txt", "--listen", address)
        #expect(again.key == witness.key)
        #expect(try copy.run("serve", "--no-usb", "--scrub-rate", "0").code == 1)
        // Nobody answers at the start, so it starts; the witness says it as soon as it is there.
        again.end()
        let wrong = try serve(copy)
        #expect(wrong.output.contains("a witness was not asked before the start"))
        let back = try WitnessProcess(
            tool, "--key", "w1.key", "--logs", "logs.txt", "--listen", address)
        let told = try copy.run("anchor", "now", "qa")
        #expect(told.code == 1 && told.err.contains("older copy"), "\(told.code) \(told.err)")
        let alarmed = try copy.run("status")
        #expect(alarmed.code == 1 && alarmed.out.contains("ALARM"), "\(alarmed.out)")
        #expect(try wrong.end() == 0)
        back.end()
        let root = try rootKey(tool)
        let verified = try tool.run(
            "verify", tool.data, "--root", root, "--witness", witness.key)
        #expect(verified.code == 0, "\(verified.out)")
    }

    @Test func `a server killed while it asks goes on where it was`() throws {
        let tool = Tool()
        let first = try serve(tool, demo: true)
        #expect(try first.end() == 0)
        let authority = try TestAuthority()
        let tsa = try authority.serve()
        defer { tsa.end() }
        #expect(
            try tool.run(
                "anchor", "add", "tsa", "notary", tsa.url, "--ca", authority.certificatePath
            ).code == 0)
        for _ in 0..<6 {
            let count = tsa.requests
            let served = try serve(tool)
            tool.scratch.write("x.bin", Array(UUID().uuidString.utf8))
            _ = try tool.run("put", "x.bin", "--check", "QA/1")
            let asking = tool.process(["anchor", "now", "notary"])
            asking.standardOutput = FileHandle.nullDevice
            asking.standardError = FileHandle.nullDevice
            try asking.run()
            // Somewhere between the question and the leaf.
            while tsa.requests == count, asking.isRunning { pauseFor(milliseconds: 1) }
            #expect(try served.end(SIGKILL) == SIGKILL)
            asking.waitUntilExit()
        }
        let last = try serve(tool)
        let now = try tool.run("anchor", "now", "notary")
        #expect(now.code == 0, "\(now.err)")
        #expect(try last.end() == 0)
        let root = try rootKey(tool)
        let verified = try tool.run(
            "verify", tool.data, "--root", root, "--trust-tsa", authority.certificatePath)
        #expect(verified.code == 0 && !verified.out.contains("DAMAGE"), "\(verified.out)")
        #expect(!tool.scratch.files.contains { $0.hasSuffix(".due") })
    }

    @Test func `a stick is carried to a witness without a network`() throws {
        let tool = try Tool.withDemo()
        try writeLogs(tool)
        #expect(try tool.run("checkpoint", "-o", "first").code == 0)
        func cosign(_ file: String, _ more: String...) throws -> Tool.Answer {
            try tool.runAll(
                ["witness", "--key", "w1.key", "--logs", "logs.txt", "--file", file] + more)
        }
        #expect(try cosign("first").code == 2)
        let made = try cosign("first", "--name", "qa.example/w1", "-o", "first.cosigned")
        #expect(made.code == 0, "\(made.err)")
        let lines = String(decoding: tool.scratch.bytes("first.cosigned"), as: UTF8.self)
            .split(separator: "\n")
        let size = try #require(Int(lines[1]))
        tool.scratch.write("a.bin", [7])
        #expect(try tool.run("put", "a.bin", "--check", "QA/1").code == 0)
        #expect(try tool.run("checkpoint", "-o", "second").code == 0)
        // Alone it proves nothing; with the hashes it does.
        let bare = try cosign("second")
        #expect(bare.code == 1 && bare.err.contains("proofreel consistency"), "\(bare.err)")
        let proof = try tool.run("consistency", "\(size)")
        tool.scratch.write("proof", Array(proof.out.utf8))
        let grown = try cosign("proof")
        #expect(grown.code == 0 && grown.out.contains("— qa.example/w1 "), "\(grown.err)")
        let older = try cosign("first")
        #expect(older.code == 1 && older.err.contains("older copy"), "\(older.err)")

        // Back here, what was signed is an anchor that an auditor counts.
        let witness = try WitnessProcess(
            tool, "--key", "w1.key", "--logs", "logs.txt", "--listen", "127.0.0.1:0")
        witness.end()
        let served = try serve(tool)
        let added = try tool.run("anchor", "add", "witness", "qa", "stick", "--vkey", witness.key)
        #expect(added.code == 0, "\(added.err)")
        let asked = try tool.run("anchor", "now", "qa")
        #expect(asked.code != 0 && asked.err.contains("--cosigned FILE"), "\(asked.err)")
        let taken = try tool.run("anchor", "now", "qa", "--cosigned", "first.cosigned")
        #expect(taken.code == 0 && taken.out.contains("confirmed size \(size)"), "\(taken.err)")
        let plain = try tool.run("anchor", "now", "qa", "--cosigned", "first")
        #expect(plain.code != 0 && plain.err.contains("not cosigned by qa"), "\(plain.err)")
        #expect(try served.end() == 0)
        let verified = try tool.run(
            "verify", tool.data, "--root", try rootKey(tool), "--witness", witness.key)
        #expect(verified.code == 0, "\(verified.out)\(verified.err)")
    }

    @Test func `receipts are believed for their leaf, in whatever field they were kept`() throws {
        let tool = try Tool.withDemo()
        tool.scratch.write("a.bin", Array("a picture for a receipt".utf8))
        let put = try tool.run("put", "a.bin", "--check", "QA/1", "--json")
        tool.scratch.write("answer", Array(put.out.utf8))
        let document = try #require(try put.documents.first)
        let id = try #require(document["id"] as? String)
        let receipt = try #require(document["receipt"] as? [String: Any])
        let proof = try #require(receipt["proof"] as? String)
        tool.scratch.write("field", Array(("  " + proof.replacing("\n", with: "\r\n")).utf8))
        #expect(try tool.run("prove", id, "--json").code == 0)
        let root = try rootKey(tool)
        for file in ["answer", "field"] {
            let answer = try tool.run("verify", tool.data, "--root", root, "--receipt", file)
            #expect(answer.code == 0, "\(file): \(answer.out)\(answer.err)")
            #expect(answer.out.contains("receipt \(file): the import \(id)"), "\(answer.out)")
            #expect(answer.out.contains("check QA/1") && answer.out.contains("unchanged here"))
        }
        // A receipt whose leaf was changed is no receipt, though its signature is whole.
        let leaf = try #require(receipt["leaf"] as? String)
        let changed = put.out.replacing("QA/1", with: "QA/2")
        #expect(leaf.contains("QA/1") && changed != put.out)
        tool.scratch.write("changed", Array(changed.utf8))
        let answer = try tool.run("verify", tool.data, "--root", root, "--receipt", "changed")
        #expect(answer.code == 1 && answer.out.contains("receipt changed"), "\(answer.out)")
    }

    @Test func `options that belong to the other kind are usage errors`() throws {
        let tool = try Tool.withDemo()
        for words in [
            ["anchor", "add", "tsa", "n", "http://x"],
            ["anchor", "add", "tsa", "n", "http://x", "--vkey", "k"],
            ["anchor", "add", "witness", "n", "http://x"],
            ["anchor", "add", "witness", "n", "http://x", "--ca", "f", "--vkey", "k"],
            ["anchor", "add", "other", "n", "http://x"],
            ["witness", "--key", "k", "--logs", "l"],
        ] { #expect(try tool.runAll(words).code == 2, "\(words)") }
        let server = try tool.run("anchor", "now", "n")
        #expect(server.code == 4, "\(server.err)")
    }
}
