import CameraSupport
import Foundation
import TestSupport
import Testing

/// What the seed documents say of connecting a camera, in their words. Control points, triggers and
/// rooms are in `FactoryCommandTests` and the tests of the factory.
@Suite(.serialized) struct SeedTests {
    static let password = "p@ss#1:"

    private static func isJPEG(_ bytes: [UInt8]) -> Bool {
        bytes.prefix(2) == [0xFF, 0xD8] && bytes.suffix(2) == [0xFF, 0xD9] && bytes.count > 300
    }

    @Test func `test connection shows a real picture before saving, without a third tool`() throws {
        let camera = try CameraServer(["--auth", "digest", "--password", Self.password])
        let url = "http://admin:\(Self.password)@127.0.0.1:\(camera.httpPort)/snapshot.jpg"
        let tool = Tool()
        let tested = try tool.run("camera", "test", url, "-o", "seen.jpg", "--json")
        #expect(tested.code == 0, "\(tested.err)\(tested.out)")
        #expect(Self.isJPEG(tool.scratch.bytes("seen.jpg")))
        #expect(!tested.out.contains("p@ss"))
        #expect(!tool.scratch.files.contains { $0.hasPrefix("reel") }, "nothing was saved")
    }

    @Test func `a failure is named: not reachable, wrong credentials, not the same network`() throws
    {
        let camera = try CameraServer(["--auth", "digest", "--password", Self.password])
        let tool = Tool()
        func rung(_ url: String) throws -> String? {
            let tested = try tool.run("camera", "test", url, "--seconds", "5", "--json")
            #expect(tested.code == 1)
            let steps = try tested.documents.first?["steps"] as? [[String: Any]] ?? []
            let failed = steps.first { $0["holds"] as? Bool == false }
            #expect((failed?["remedy"] as? String)?.isEmpty == false, "\(url): \(steps)")
            return failed?["rung"] as? String
        }
        let port = camera.httpPort
        #expect(try rung("http://admin:wrong@127.0.0.1:\(port)/snapshot.jpg") == "log-in")
        #expect(try rung("http://127.0.0.1:1/snapshot.jpg") == "port")
        #expect(try rung("http://camera.invalid/snapshot.jpg") == "address")
        let elsewhere = try tool.run(
            "camera", "test", "http://198.51.100.7/now.jpg", "--seconds", "2", "--json")
        #expect(elsewhere.code == 1)
        #expect(elsewhere.out.contains("network") || elsewhere.out.contains("route"))
    }

    @Test func `an RTSP camera records, with the credentials in its URL`() throws {
        let tool = Tool()
        let clip = try RTSPClip("test:h264?size=256x144&fps=25&gop=25&frames=100", in: tool.scratch)
        let camera = try CameraServer([
            "--video", clip.path, "--auth", "digest", "--password", Self.password,
        ])
        let served = try Served(tool)
        try add(tool, "gate", camera.url(credentials: "admin:\(Self.password)@"))
        #expect(try served.end() == 0)
    }

    @Test(arguments: ["snapshot.jpg", "video.mjpg"])
    func `an HTTP camera records, polled or as MJPEG, with the credentials in its URL`(
        path: String
    ) throws {
        let camera = try CameraServer(["--auth", "basic", "--password", Self.password])
        let tool = Tool()
        let served = try Served(tool)
        try add(
            tool, "gate", "http://admin:\(Self.password)@127.0.0.1:\(camera.httpPort)/\(path)")
        #expect(try served.end() == 0)
    }

    private func add(_ tool: Tool, _ id: String, _ url: String) throws {
        let added = try tool.run("camera", "add", id, url, "--ring", "16MB")
        #expect(added.code == 0, "\(added.err)")
        let shown = try CameraCommandTests.recording(tool, id, frames: 3)
        #expect(shown["state"] as? String == "recording")
        #expect(shown["has_credentials"] as? Bool == true)
        #expect((shown["url"] as? String)?.contains("p@ss") == false)
        let snap = try tool.run("snap", id, "-o", "now.jpg", "--tolerance", "5s")
        #expect(snap.code == 0, "\(snap.err)")
        #expect(Self.isJPEG(tool.scratch.bytes("now.jpg")))
    }
}
