import Base
import CameraSupport
import Evidence
import EvidenceFormat
import Foundation
import Ingest
import Linux
import TestSupport
import Testing

@testable import Recorder

/// RTSP over TLS against a real TLS server. As `docs/cameras.md` says, whoever holds the address is
/// believed: cameras make their own certificates.
@Suite(.serialized) struct SecureRTSPTests {
    static let video = "test:h264?size=256x144&hurry=1&frames=50&gop=10"

    /// Certificate and key in one file, made by openssl; of -1 days: it has expired.
    static func certificate(_ folder: Scratch, name: String, days: Int) throws -> String {
        let path = folder.path + "/camera.pem"
        try openssl([
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=\(name)", "-keyout", path,
            "-out", path + ".csr",
        ])
        try openssl([
            "x509", "-req", "-in", path + ".csr", "-signkey", path, "-days", "\(days)", "-out",
            path + ".crt",
        ])
        let parts = try [path, path + ".crt"].map { try Data(contentsOf: URL(filePath: $0)) }
        try (parts[0] + parts[1]).write(to: URL(filePath: path))
        return path
    }

    private static func openssl(_ words: [String]) throws {
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = words
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0, "\(words)")
    }

    @Test(arguments: [("127.0.0.1", 30), ("somebody-else.example", 30), ("127.0.0.1", -1)])
    func `it records and takes pictures, whatever the certificate says`(
        _ name: String, _ days: Int
    ) throws {
        let bench = try RecorderBench()
        let clip = try RTSPClip(Self.video, in: bench.scratch)
        let pem = try Self.certificate(bench.scratch, name: name, days: days)
        let server = try CameraServer([
            "--video", clip.path, "--certificate", pem, "--auth", "digest", "--password", "p@ss#1",
        ])
        let url = try CameraURL("rtsps://admin:p@ss#1@127.0.0.1:\(server.rtspsPort)/live")
        var config = try CameraConfig(id: "cam", name: "Cam", url: url, added: bench.clock.now)
        config.ringBytes = 8 << 20
        try bench.recorder.add(
            config, credentials: .init(user: url.user ?? "", password: url.password))
        try #require(try bench.wait("cam", frames: 60))
        let answer = try #require(try bench.snap(["cam"]).first)
        let number = try #require(try RecorderBench.number(answer.picture))
        #expect((0..<clip.frames.count).contains(number))
        #expect(answer.receipt.leaf.string("clip") != nil)
        try bench.close()
    }

    @Test func `who speaks no TLS, or nothing but TLS, is named`() throws {
        let bench = try RecorderBench()
        let clip = try RTSPClip(Self.video, in: bench.scratch)
        let pem = try Self.certificate(bench.scratch, name: "127.0.0.1", days: 30)
        let server = try CameraServer(["--video", clip.path, "--certificate", pem])
        try bench.add("plain", "rtsps://127.0.0.1:\(server.rtspPort)/live", ring: 8 << 20)
        try bench.add("tls", "rtsp://127.0.0.1:\(server.rtspsPort)/live", ring: 8 << 20)
        for id in ["plain", "tls"] {
            let report = try bench.recorder.camera(id).report
            let failed = GapTruthTests.wait(40) { report.status.failure != nil }
            #expect(failed, "\(id)")
            let failure = try #require(report.status.failure)
            print("\(id): \(failure.cause) at \(failure.rung): \(failure)")
            #expect(failure.rung <= .reply)
            #expect(report.status.frames == 0)
        }
        try bench.close()
    }
}
