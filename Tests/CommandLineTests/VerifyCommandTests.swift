import Foundation
import TestSupport
import Testing

/// What an auditor, a cron job and an administrator with a broken disk run.
@Suite(.serialized) struct VerifyCommandTests {
    private let segment = "reel/objects/segments/00000000"

    private func rootKey(_ tool: Tool) throws -> String {
        try #require(
            try tool.run("key", "show", "--json").documents.first?["root_key"] as? String)
    }

    /// The id of a stored picture, and where in the segment its bytes stand.
    private func picture(_ tool: Tool) throws -> (id: String, offset: Int) {
        let marker = Array("a picture that can be found in a file".utf8)
        tool.scratch.write("a.bin", marker)
        let put = try tool.run("put", "a.bin", "--check", "QA/1", "--json")
        let id = try #require(try put.documents.first?["id"] as? String, "\(put.err)")
        let found = Data(tool.scratch.bytes(segment)).range(of: Data(marker))
        return (id, try #require(found).lowerBound)
    }

    private func flip(_ tool: Tool, _ path: String, _ offset: Int) {
        var bytes = tool.scratch.bytes(path)
        bytes[offset] ^= 1
        tool.scratch.write(path, bytes)
    }

    @Test func `the verdict depends on what the auditor brings`() throws {
        let tool = try Tool.withDemo()
        let (id, _) = try picture(tool)
        let root = try rootKey(tool)
        #expect(try tool.run("prove", id, "-o", "receipt").code == 0)
        #expect(try tool.run("checkpoint", "-o", "kept").code == 0)
        tool.scratch.write("b.bin", [1])
        #expect(try tool.run("put", "b.bin", "--check", "QA/1").code == 0)
        let before = Set(tool.scratch.files)
        let alone = try tool.run("verify", tool.data)
        #expect(alone.code == 2, "\(alone.err)")
        #expect(alone.out.hasPrefix("CONSISTENT, ORIGIN NOT AUTHENTICATED\n"), "\(alone.out)")
        let pinned = try tool.run("verify", tool.data, "--root", root)
        #expect(pinned.code == 3 && pinned.out.hasPrefix("VERIFIED BUT UNANCHORED\n"))
        for (option, file) in [("--receipt", "receipt"), ("--checkpoint", "kept")] {
            let full = try tool.run("verify", tool.data, "--root", root, option, file)
            #expect(full.code == 0 && full.out.hasPrefix("VERIFIED\n"), "\(full.err)")
            let wrong = option == "--receipt" ? "kept" : "receipt"
            let answer = try tool.run("verify", tool.data, "--root", root, option, wrong)
            #expect(answer.code == 1 && answer.err.contains("\(wrong) is no"))
        }
        let json = try tool.run(
            "verify", tool.data, "--json", "--scratch", tool.scratch.path + "/tmp")
        let document = try #require(try json.documents.first)
        #expect(document["verdict"] as? String == "origin-not-authenticated")
        #expect(document["records"] as? Int == 8 && document["in_use"] as? Bool == false)
        // Nothing is written, and the scratch folder is gone.
        #expect(Set(tool.scratch.files) == before)
        let inside = try FileManager.default.contentsOfDirectory(
            atPath: tool.scratch.path + "/tmp")
        #expect(inside == [])
    }

    @Test func `a flipped byte is found, and the record named`() throws {
        let tool = try Tool.withDemo()
        let (id, offset) = try picture(tool)
        let root = try rootKey(tool)
        flip(tool, segment, offset)
        let answer = try tool.run("verify", tool.data, "--root", root)
        #expect(answer.code == 1 && answer.out.hasPrefix("TAMPERED\n"))
        #expect(answer.out.contains("record \(id)"), "\(answer.out)")
        let check = try tool.run("admin", "check")
        #expect(check.code == 1 && check.out.contains("record \(id)"))
        flip(tool, segment, offset)
        let mended = try tool.run("admin", "check")
        #expect(mended.code == 0 && mended.out.hasPrefix("NO DAMAGE\n"), "\(mended.out)")
    }

    @Test func `a segment cut short is found`() throws {
        let tool = try Tool.withDemo()
        let bytes = tool.scratch.bytes(segment)
        tool.scratch.write(segment, Array(bytes.dropLast(9000)))
        let answer = try tool.run("verify", tool.data)
        #expect(answer.code == 1 && answer.out.hasPrefix("TAMPERED\n"), "\(answer.out)")
        #expect(answer.out.contains("segments/00000000"), "\(answer.out)")
    }

    @Test func `another root key, missing keys and a bad FORMAT are told apart`() throws {
        let tool = try Tool.withDemo()
        let other = try Tool.withDemo()
        let wrong = try tool.run("verify", tool.data, "--root", try rootKey(other))
        #expect(wrong.code == 1 && wrong.out.hasPrefix("TAMPERED\n"))
        #expect(wrong.out.contains("not signed by the root key you gave"), "\(wrong.out)")
        let nonsense = try tool.run("verify", tool.data, "--root", "x")
        #expect(nonsense.code == 1 && nonsense.err.contains("--root x is no key"))
        tool.scratch.write("reel/keys/stranger", [1])
        let stranger = try tool.run("verify", tool.data)
        #expect(stranger.code == 1 && stranger.out.contains("keys/stranger"), "\(stranger.out)")
        tool.scratch.remove("reel/keys/stranger")
        tool.scratch.remove("reel/keys/keyset.note")
        let bare = try tool.run("verify", tool.data)
        #expect(bare.code == 1 && bare.err.contains("keys/keyset.note is missing"), "\(bare.err)")
        other.scratch.write("reel/FORMAT", [1])
        let format = try other.run("verify", other.data)
        #expect(format.code == 1 && format.err.contains("FORMAT is damaged"), "\(format.err)")
        #expect(try other.run("verify", "nowhere").code == 1)
    }

    @Test func `a served directory is verified, which the answer says`() throws {
        let tool = Tool()
        let served = try Served(tool, "--demo-pictures")
        let root = try rootKey(tool)
        let answer = try tool.run("verify", tool.data, "--root", root)
        #expect(answer.code == 3, "\(answer.out)\(answer.err)")
        #expect(answer.out.contains("a process writes here"))
        #expect(try served.end() == 0)
    }

    @Test func `a damaged index is named, made again, and then as it should be`() throws {
        let tool = try Tool.withDemo()
        #expect(try tool.run("admin", "rebuild-index", "--check").code == 0)
        tool.scratch.write("reel/index/CURRENT", [0])
        let find = try tool.run("find")
        #expect(find.code == 1 && find.err.contains("admin rebuild-index"), "\(find.err)")
        let check = try tool.run("admin", "rebuild-index", "--check")
        #expect(check.code == 1 && check.out.contains("index"), "\(check.out)\(check.err)")
        let rebuilt = try tool.run("admin", "rebuild-index")
        #expect(rebuilt.code == 0 && rebuilt.out.hasPrefix("indexed 12 leaves in "), "\(rebuilt)")
        #expect(try tool.run("status", "--json").documents.first?["size"] as? Int == 12)
        #expect(try tool.run("find", "--json").documents.count == 6)
        #expect(try tool.run("admin", "rebuild-index", "--check").code == 0)
        #expect(try tool.run("admin", "check").code == 0)
        try FileManager.default.removeItem(atPath: tool.data + "/index")
        #expect(try tool.run("find").err.contains("admin rebuild-index"))
        #expect(try tool.run("admin", "rebuild-index", "--json").documents.count == 1)
        #expect(try tool.run("admin", "check").code == 0)
    }

    @Test func `an index file with another byte in it is named`() throws {
        let tool = try Tool.withDemo()
        let tables = tool.scratch.files.filter { $0.hasSuffix(".sst") }
        #expect(!tables.isEmpty)
        // All of them: a search reads what it needs, and no more.
        for table in tables { flip(tool, table, 20) }
        let check = try tool.run("admin", "check")
        #expect(check.code == 1 && check.out.contains("no evidence"), "\(check.out)")
        let find = try tool.run("find")
        #expect(find.code == 1 && find.err.contains("admin rebuild-index"), "\(find.err)")
        flip(tool, "reel/objects/log/places/000000", 0)
        #expect(try tool.run("admin", "rebuild-index", "--check").out.contains("log/places"))
        #expect(try tool.run("admin", "rebuild-index").code == 0)
        #expect(try tool.run("admin", "check").code == 0)
    }

    @Test func `a scrub without a full segment says so, and serve can be told not to`() throws {
        let tool = try Tool.withDemo()
        let scrub = try tool.run("admin", "scrub", "--rate", "50")
        #expect(scrub.code == 0 && scrub.out.hasPrefix("0 full segments"), "\(scrub.err)")
        #expect(try tool.run("admin", "scrub", "--from", "x").code == 2)
        #expect(try tool.run("status").out.contains("scrubbed   never"))
        let served = try Served(tool, "--scrub-rate", "0")
        #expect(try served.end() == 0)
    }
}
