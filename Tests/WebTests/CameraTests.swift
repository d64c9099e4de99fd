import Access
import Base
import Evidence
import Foundation
import FoundationXML
import JPEG
import Linux
import Recorder
import ServerSupport
import TestSupport
import Testing
import Web

/// Cameras as they are now: a frame, frames as they come, and how the camera is.
@Suite(.serialized) struct CameraTests {
    /// Takes the parts of a multipart stream.
    private struct Parts {
        let client: HTTPProbe
        var bytes: [UInt8] = []

        /// Headers and body of the next part.
        mutating func next() throws -> (headers: [String: String], body: [UInt8]) {
            let head = try take(through: Array("\r\n\r\n".utf8))
            var headers: [String: String] = [:]
            for line in String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n") {
                let parts = line.components(separatedBy: ": ")
                if parts.count == 2 { headers[parts[0]] = parts[1] }
            }
            #expect(head.starts(with: Array("--proofreel-frame\r\n".utf8)))
            let count = try #require(headers["Content-Length"].flatMap { Int($0) })
            while bytes.count < count + 2 { try more() }
            defer { bytes.removeFirst(count + 2) }
            #expect(Array(bytes[count..<count + 2]) == [0x0D, 0x0A])
            return (headers, Array(bytes.prefix(count)))
        }

        private mutating func take(through mark: [UInt8]) throws -> [UInt8] {
            while true {
                if let range = bytes.firstRange(of: mark) {
                    defer { bytes.removeFirst(range.upperBound) }
                    return Array(bytes.prefix(range.upperBound))
                }
                try more()
            }
        }

        private mutating func more() throws {
            guard let chunk = try client.chunk() else { throw HTTPProbe.Ended() }
            bytes += chunk
        }
    }

    private func open(_ bench: WebBench, _ target: String, _ login: String) throws -> HTTPProbe {
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request(target, [login]))
        let head = try client.head()
        #expect(head.status == 200)
        return client
    }

    private func endMarkers(_ bytes: [UInt8]) -> Int {
        zip(bytes, bytes.dropFirst()).count { $0.0 == 0xFF && $0.1 == 0xD9 }
    }

    @Test(arguments: ["test:mjpeg?size=320x240&fps=25", "test:h264?size=320x240&fps=25&gop=10"])
    func `the newest frame is a picture of the camera, and says when it was`(url: String) throws {
        let bench = try WebBench()
        try bench.camera("press-1", url)
        let login = try bench.bearer(.auditor)
        let answer = try bench.ask("/cameras/press-1.jpg", login)
        #expect(answer.status == 200 && answer.header("Content-Type") == "image/jpeg")
        #expect(answer.header("Cache-Control") == "no-store")
        let header = try JPEGHeader(answer.body.span)
        #expect((header.width, header.height) == (320, 240))
        let instant = try #require(answer.header("Proofreel-Instant").flatMap { WallTime($0) })
        let age = bench.server.clock.now.microseconds - instant.microseconds
        #expect(age >= 0)
        let distance = try #require(answer.header("Proofreel-Distance-Ms").flatMap { Int($0) })
        #expect(distance <= 0 && -distance <= 1000)
        #expect(answer.header("Proofreel-Clock") == "server")
        // Looking is not taking: nothing became evidence.
        #expect(try bench.server.log.find(Query()).hits.isEmpty)
        try bench.close()
    }

    @Test func `a camera that is off or away has no picture, never an old one`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        // Says nothing after its fortieth frame.
        try bench.camera("press-2", "test:mjpeg?size=320x240&fps=25&stall=40")
        let login = try bench.bearer(.auditor)
        #expect(try bench.ask("/cameras/press-1.jpg", login).status == 200)
        var config = try bench.server.recorder.book.camera("press-1")
        config.isOn = false
        try bench.server.recorder.change(config, credentials: nil, by: TestLog.author)
        let off = try bench.ask("/cameras/press-1.jpg", login, "Accept: application/json")
        #expect(off.status == 409 && off.json["error"] as? String == "camera-off")
        #expect(off.json["from"] as? String != nil)
        for _ in 0..<600 {
            let answer = try bench.ask("/cameras/press-2.jpg", login)
            if answer.status != 200 { break }
            pauseFor(milliseconds: 50)
        }
        let away = try bench.ask("/cameras/press-2.jpg", login, "Accept: application/json")
        #expect(away.status == 503)
        #expect(["no-frame", "offline"].contains(away.json["error"] as? String))
        #expect(away.json["from"] as? String != nil && away.header("Retry-After") != nil)
        for path in ["/cameras/press-1.mjpg", "/cameras/press-1/live.mp4"] {
            #expect(try bench.ask(path, login).status == 409)
        }
        #expect(try bench.ask("/cameras/press-2.mjpg", login).status == 503)
        try bench.close()
    }

    @Test func `frames come one after the other, each with its length and one end marker`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        let login = try bench.bearer(.auditor)
        let client = try HTTPProbe(port: bench.port)
        try client.send(HTTPProbe.request("/cameras/press-1.mjpg", [login]))
        let head = try client.head()
        let type = head.headers.first { $0.name == "Content-Type" }?.value
        #expect(type == "multipart/x-mixed-replace; boundary=proofreel-frame")
        var parts = Parts(client: client)
        var last = WallTime.distantPast
        for _ in 0..<20 {
            let (headers, body) = try parts.next()
            #expect(headers["Content-Type"] == "image/jpeg")
            #expect(endMarkers(body) == 1 && body.suffix(2) == [0xFF, 0xD9])
            #expect(try JPEGHeader(body.span).width == 320)
            let instant = try #require(headers["Proofreel-Instant"].flatMap { WallTime($0) })
            #expect(instant > last)
            last = instant
        }
        client.hangUp()
        try bench.close()
    }

    @Test func `a frame with a thumbnail and padding is shown without, and stored with them`()
        throws
    {
        let pixels = [UInt8](repeating: 90, count: 64 * 48 * 3)
        let plain = try ColourPicture(width: 64, height: 48, pixels: pixels).jpeg(quality: 80)
        // What a camera makes of it: a picture inside the picture, and zeros behind it.
        let exif = Array("Exif\u{0}\u{0}".utf8) + plain
        let count = exif.count + 2
        let sent =
            Array(plain[..<2]) + [0xFF, 0xE1, UInt8(count >> 8), UInt8(count & 255)] + exif
            + plain[2...] + [0, 0, 0, 0]
        let camera = try LoopbackServer { _ in
            [
                .request,
                .text("HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close\r\n"),
                .text("Content-Length: \(sent.count)\r\n\r\n"), .send(sent),
            ]
        }
        let bench = try WebBench()
        try bench.camera("press-1", camera.url("/still.jpg"))
        let login = try bench.bearer(.auditor)
        var parts = Parts(client: try open(bench, "/cameras/press-1.mjpg", login))
        let (_, shown) = try parts.next()
        #expect(shown == plain)
        let whole = try bench.ask("/cameras/press-1.jpg", login).body
        #expect(endMarkers(whole) == 2 && sent.starts(with: whole))
        parts.client.hangUp()
        try bench.close()
        camera.end()
    }

    @Test func `a video camera's fragments make one film that begins with a key frame`() throws {
        let bench = try WebBench()
        try bench.camera("press-1", "test:h264?size=320x240&fps=25&gop=10")
        let login = try bench.bearer(.auditor)
        let client = try open(bench, "/cameras/press-1/live.mp4", login)
        var bytes: [UInt8] = []
        while bytes.count < 100_000 { bytes += try #require(try client.chunk()) }
        #expect(Array(bytes[4..<8]) == Array("ftyp".utf8))
        // However long the camera has run, the film begins at zero, where players begin.
        let moof = try #require(bytes.firstRange(of: Array("moof".utf8))).lowerBound - 4
        #expect(bytes.span.bigEndian(UInt32.self, at: moof + 20) == 1)
        #expect(bytes.span.bigEndian(Int64.self, at: moof + 60) == 0)
        client.hangUp()
        let refused = try bench.ask("/cameras/press-1.mjpg", login)
        #expect(refused.status == 422 && refused.text.contains("h264"))
        try bench.close()
    }

    /// Threads of this process with a name.
    private func threads(_ name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
            let path = "/proc/self/task/\(task)/comm"
            let found = try? String(contentsOfFile: path, encoding: .utf8)
            return found == "\(name)\n"
        }
    }

    @Test func `fifty viewers of one camera cost one reader of its ring`() throws {
        let bench = try WebBench()
        try bench.camera("crowd")
        let login = try bench.bearer(.auditor)
        let viewers = try (0..<50).map { _ in try open(bench, "/cameras/crowd.mjpg", login) }
        for viewer in viewers {
            var parts = Parts(client: viewer)
            for _ in 0..<3 { _ = try parts.next() }
        }
        #expect(try threads("live-crowd") == 1)
        #expect(try bench.ask("/metrics", login).text.contains("proofreel_http_streams 50\n"))
        for viewer in viewers { viewer.hangUp() }
        while try threads("live-crowd") > 0 { pauseFor(milliseconds: 50) }
        try bench.close()
    }

    @Test func `a view ends when the right to it does`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        let login = try bench.bearer(.auditor)
        var parts = Parts(client: try open(bench, "/cameras/press-1.mjpg", login))
        _ = try parts.next()
        _ = try bench.server.book.revokeToken("t1", by: TestLog.author)
        #expect(throws: HTTPProbe.Ended.self) { while true { _ = try parts.next() } }
        #expect(try bench.ask("/cameras/press-1.mjpg", login).status == 401)
        try bench.close()
    }

    @Test func `HEAD of a view takes no seat`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        let login = try bench.bearer(.auditor)
        let head = try bench.ask("/cameras/press-1.mjpg", login, method: "HEAD")
        #expect(head.status == 200)
        #expect(head.header("Content-Type")?.hasPrefix("multipart/x-mixed-replace") == true)
        #expect(try bench.ask("/metrics", login).text.contains("proofreel_http_streams 0\n"))
        try bench.close()
    }

    @Test func `the light says connected, problem since when, or off, in words and in shape`()
        throws
    {
        let bench = try WebBench()
        try bench.camera("press-1")
        try bench.camera("press-2", "test:mjpeg?size=320x240&fps=25&fail=20")
        let login = try bench.bearer(.admin)
        func state(_ id: String) throws -> [String: Any] {
            try bench.ask("/cameras/\(id)/status.json", login).json
        }
        #expect(try state("press-1")["state"] as? String == "connected")
        #expect(try state("press-1")["name"] as? String == "Press press-1")
        while try state("press-2")["state"] as? String != "problem" { pauseFor(milliseconds: 50) }
        let problem = try state("press-2")
        let part = try #require((problem["cameras"] as? [[String: Any]])?.first)
        #expect(part["id"] as? String == "press-2" && part["problem"] is String)
        #expect(problem["since"] is String && part["last_frame"] is String)
        var config = try bench.server.recorder.book.camera("press-1")
        config.isOn = false
        config.name = #"<Presse> & "Söhne""#
        try bench.server.recorder.change(config, credentials: nil, by: TestLog.author)
        #expect(try state("press-1")["state"] as? String == "off")
        var signs: Set<String> = []
        for id in ["press-1", "press-2"] {
            let graphic = try bench.ask("/cameras/\(id)/status.svg", login)
            #expect(graphic.header("Content-Type") == "image/svg+xml")
            let reader = XMLParser(data: Data(graphic.body))
            #expect(reader.parse(), "\(graphic.text)")
            let sign = try #require(graphic.text.firstRange(of: "<path d=\""))
            signs.insert(String(graphic.text[sign.upperBound...].prefix { $0 != "\"" }))
        }
        #expect(signs.count == 2)
        let off = try bench.ask("/cameras/press-1/status.svg", login).text
        #expect(off.contains("off for") && off.contains("&lt;Presse&gt; &amp; &quot;Söhne&quot;"))
        try bench.close()
    }

    @Test func `metrics have a line for each camera that one may see`() throws {
        let bench = try WebBench()
        try bench.camera("press-1")
        try bench.camera("press-2")
        let all = try bench.ask("/metrics", try bench.bearer(.admin)).text
        for camera in ["press-1", "press-2"] {
            #expect(all.contains("\nproofreel_camera_up{camera=\"\(camera)\"} 1\n"))
            #expect(
                all.contains(
                    "\nproofreel_camera_state{camera=\"\(camera)\",state=\"recording\"} 1\n"))
        }
        #expect(all.contains("\n# TYPE proofreel_log_leaves_total counter\n"))
        #expect(all.contains("\nproofreel_camera_gaps{camera=\"press-1\"} 0\n"))
        let some = try bench.ask("/metrics", try bench.bearer(.auditor, cameras: ["press-2"])).text
        #expect(some.contains("press-2") && !some.contains("press-1"))
        for line in all.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(Double(line.split(separator: " ").last ?? "") != nil, "\(line)")
        }
        try bench.close()
    }
}
