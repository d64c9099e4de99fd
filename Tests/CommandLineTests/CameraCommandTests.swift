import Foundation
import TestSupport
import Testing

/// Cameras from the command line, as a technician and a script use them.
@Suite(.serialized) struct CameraCommandTests {
    static let camera = "test:h264?size=256x144&fps=25&gop=25"

    static func recording(_ tool: Tool, _ id: String, frames: Int) throws -> [String: Any] {
        for _ in 0..<600 {
            let camera = try tool.run("camera", "show", id, "--json").documents.first ?? [:]
            if let count = camera["frames"] as? Int, count >= frames { return camera }
            pauseFor(milliseconds: 100)
        }
        return [:]
    }

    @Test func `a camera is added, shows how it is, takes pictures and clips, and goes`() throws {
        let tool = Tool()
        let served = try Served(tool)
        #expect(try tool.run("camera", "list").out.contains("no cameras yet"))
        let added = try tool.run(
            "camera", "add", "press-3", Self.camera, "--name", "Press 3", "--ring", "32MB")
        #expect(added.code == 0, "\(added.err)")
        let camera = try Self.recording(tool, "press-3", frames: 60)
        #expect(camera["state"] as? String == "recording")
        #expect(camera["codec"] as? String == "h264" && camera["width"] as? Int == 256)
        #expect(try tool.run("camera", "list").out.contains("Press 3"))
        #expect(try tool.run("camera", "show", "press-3").out.contains("key frames"))
        let snap = try tool.run(
            "snap", "press-3", "--at", "-1s", "--check", "QA/17", "--json", "-o", "now.jpg")
        #expect(snap.code == 0, "\(snap.err)")
        let picture = try #require(try snap.documents.first)
        for field in [
            "id", "camera", "instant", "asked", "distance_ms", "clock", "sha256", "bytes", "links",
            "flags", "receipt",
        ] { #expect(picture[field] != nil, "\(field)") }
        #expect(tool.scratch.bytes("now.jpg").prefix(2) == [0xFF, 0xD8])
        #expect(picture["bytes"] as? Int == tool.scratch.bytes("now.jpg").count)
        let clip = try tool.run("clip", "press-3", "--from", "-3s", "-o", "c.mp4", "--json")
        #expect(clip.code == 0, "\(clip.err)")
        #expect(tool.scratch.bytes("c.mp4")[4..<8].elementsEqual(Array("ftyp".utf8)))
        #expect(try tool.run("camera", "off", "press-3").code == 0)
        let off = try #require(try tool.run("camera", "list", "--json").documents.first)
        #expect(off["state"] as? String == "off" && off["problem"] == nil)
        #expect(try tool.run("camera", "on", "press-3").code == 0)
        #expect(try tool.run("camera", "remove", "press-3").code == 0)
        #expect(!tool.scratch.files.contains("reel/rings/press-3.ring"))
        #expect(try tool.run("find", "--check", "QA/17", "--json").documents.count >= 1)
        #expect(try served.end() == 0)
        let verified = try tool.run("verify", tool.data)
        #expect(verified.code != 1, "\(verified.out)\(verified.err)")
    }

    @Test func `a sub stream is added, shown, used when asked for, and goes`() throws {
        let tool = Tool()
        let served = try Served(tool)
        let added = try tool.run(
            "camera", "add", "cam", "test:mjpeg?size=256x144&fps=10", "--ring", "16MB",
            "--sub", "test:mjpeg?size=128x80&fps=10", "--sub-ring", "8MB")
        #expect(added.code == 0, "\(added.err)")
        let sub = try Self.recording(tool, "cam/sub", frames: 10)
        #expect(sub["role"] as? String == "sub" && sub["width"] as? Int == 128)
        #expect((4_000_000...8_000_000).contains(sub["ring_bytes"] as? Int ?? 0))
        _ = try Self.recording(tool, "cam", frames: 10)
        let main = try tool.run("snap", "cam", "--json", "-o", "main.jpg")
        let other = try tool.run("snap", "cam", "--stream", "sub", "--json", "-o", "out/")
        #expect(try main.documents.first?["camera"] as? String == "cam")
        #expect(try other.documents.first?["camera"] as? String == "cam/sub", "\(other.err)")
        #expect(try tool.run("snap", "cam", "--stream", "other").code == 2)
        #expect(try tool.run("camera", "off", "cam").code == 0)
        let states = try tool.run("camera", "list", "--json").documents
        #expect(states.map { $0["state"] as? String } == ["off", "off"])
        #expect(try tool.run("camera", "set", "cam", "--sub", "test:h264").code == 0)
        let set = try tool.run("camera", "show", "cam/sub", "--json").documents.first
        #expect(set?["url"] as? String == "test:h264")
        #expect(try tool.run("camera", "remove", "cam/sub").code == 0)
        #expect(try tool.run("camera", "list", "--json").documents.count == 1)
        #expect(try tool.run("camera", "set", "cam", "--sub-ring", "8MB").code == 1)
        #expect(try served.end() == 0)
    }

    @Test func `mistakes are told with their remedy`() throws {
        let tool = Tool()
        let served = try Served(tool)
        func refused(_ words: [String], _ code: Int32, _ hint: String) throws {
            let answer = try tool.runAll(words)
            #expect(answer.code == code, "\(words) \(answer.err)")
            #expect(answer.err.contains(hint), "\(words): \(answer.err)")
        }
        try refused(["snap", "nobody"], 4, "add one: proofreel camera add")
        try refused(["camera", "show", "nobody"], 4, "there is no camera nobody")
        try refused(["camera", "add", "Press 3", "test:h264"], 1, "a-z, 0-9")
        try refused(["camera", "add", "a", "ftp://x/y"], 1, "begins with one of")
        try refused(
            ["camera", "add", "a", "test:h264", "--setting", "rate=2"], 1, "no setting rate")
        try refused(["camera", "add", "a", "test:h264", "--ring", "12"], 2, "500MB")
        #expect(try tool.run("camera", "add", "a", "test:mjpeg?size=256x144").code == 0)
        try refused(["camera", "add", "a", "test:mjpeg"], 1, "there is a camera a already")
        try refused(["clip", "a"], 2, "--from is missing")
        #expect(try served.end() == 0)
        try refused(["snap", "a"], 1, "nobody serves")
    }

    @Test func `a password is never shown again`() throws {
        let tool = Tool()
        let served = try Served(tool)
        let added = try tool.run("camera", "add", "cam", "rtsp://qa:p@ss#1@127.0.0.1:9/live")
        #expect(added.code == 0, "\(added.err)")
        pauseFor(milliseconds: 500)
        for words in [
            ["camera", "show", "cam"], ["camera", "list"], ["camera", "show", "cam", "--json"],
        ] {
            let answer = try tool.runAll(words)
            #expect(answer.code == 0)
            #expect(!answer.out.contains("p@ss") && !answer.out.contains("qa:"), "\(answer.out)")
        }
        let failure = try tool.run("snap", "cam", "--json")
        #expect(failure.code == 1 && !failure.out.contains("p@ss") && !failure.err.contains("p@ss"))
        #expect(try failure.documents.first?["error"] as? String == "offline")
        #expect(try served.end() == 0)
        #expect(!served.output.contains("p@ss"))
        for name in tool.scratch.files {
            let text = String(decoding: tool.scratch.bytes(name), as: UTF8.self)
            #expect(!text.contains("p@ss"), "\(name)")
        }
    }

    @Test func `killed while recording, it loses two seconds at most`() throws {
        let tool = Tool()
        let served = try Served(tool)
        #expect(
            try tool.run("camera", "add", "cam", Self.camera, "--ring", "32MB").code == 0)
        _ = try Self.recording(tool, "cam", frames: 150)
        let before = try tool.run("snap", "cam", "--at", "-3s", "--json")
        let first = try #require(try before.documents.first)
        let instant = try #require(first["instant"] as? String)
        let newest = try Self.recording(tool, "cam", frames: 1)["last_frame"] as? String ?? ""
        _ = try served.end(SIGKILL)
        let again = try Served(tool)
        let camera = try #require(try tool.run("camera", "show", "cam", "--json").documents.first)
        _ = camera
        // The picture of the same instant, from the ring that was left.
        let after = try tool.run("snap", "cam", "--at", instant, "--json")
        #expect(after.code == 0, "\(after.err)")
        #expect(try after.documents.first?["sha256"] as? String == first["sha256"] as? String)
        #expect(try after.documents.first?["instant"] as? String == instant)
        let found = try tool.run("find", "--camera", "cam", "--json").documents
        #expect(found.contains { $0["id"] as? String == first["id"] as? String })
        // Up to two seconds before the kill all is there.
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let last = try #require(format.date(from: newest))
        let late = format.string(from: last.addingTimeInterval(-2))
        let edge = try tool.run("snap", "cam", "--at", late, "--tolerance", "60ms")
        #expect(edge.code == 0, "\(edge.err)")
        _ = try Self.recording(tool, "cam", frames: 30)
        #expect(try again.end() == 0)
        let last2 = try Served(tool)
        let gaps = try tool.run("camera", "show", "cam", "--json").documents.first?["gaps"]
        let causes = (gaps as? [[String: Any]] ?? []).compactMap { $0["cause"] as? String }
        #expect(causes.contains("restart"), "\(causes)")
        #expect(try last2.end() == 0)
    }
}
