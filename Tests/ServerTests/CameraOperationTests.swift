import Access
import Base
import EvidenceFormat
import Linux
import TestSupport
import Testing
import WireProtocol
import ServerSupport

/// Cameras over the wire: looked at, changed, tested, and cut into clips.
@Suite(.serialized) struct CameraOperationTests {
    static let pattern = "test:mjpeg?size=320x240&fps=25"

    static func json(_ frame: WireClient.Frame?) throws -> JSONObject {
        let text = try #require(try frame?.text(.document))
        let json = try JSON(parsing: Array(text.utf8).span, bytesMax: 1 << 20)
        return try #require(json.object)
    }

    static func add(
        _ id: String, _ client: WireClient, url: String = pattern, _ settings: String = "{}"
    ) throws -> WireClient.Answer {
        try client.request(.cameraAdd) { fields in
            fields.add(.camera, id)
            fields.add(.url, url)
            fields.add(.document, settings)
        }
    }

    /// Waits until a camera has given a picture.
    static func await(_ id: String, _ client: WireClient) throws {
        for _ in 0..<600 {
            let answer = try client.request(.cameraShow) { $0.add(.camera, id) }
            if try json(answer.reply)["state"]?.string == "recording" { return }
            pauseFor(milliseconds: 50)
        }
        Issue.record("\(id) does not record")
    }

    @Test func `a camera is added, seen, changed, switched off and on, and removed`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let settings = #"{ "room": "Hall 2", "name": "Press 3", "ring_bytes": 8000000 }"#
        let added = try Self.json(Self.add("press-3", client, settings).reply)
        #expect(added["name"]?.string == "Press 3")
        #expect(added["room"]?.string == "Hall 2")
        try Self.await("press-3", client)
        let listed = try client.request(.cameraList) { _ in }
        #expect(try listed.reply?.int(.count) == 1)
        #expect(try Self.json(listed.items.first)["id"]?.string == "press-3")
        let changed = try client.request(.cameraSet) { fields in
            fields.add(.camera, "press-3")
            fields.add(.document, #"{"room": "", "work_centre": "WC 7"}"#)
        }
        #expect(try Self.json(changed.reply)["room"] == nil)
        #expect(try Self.json(changed.reply)["work_centre"]?.string == "WC 7")
        #expect(try Self.json(changed.reply)["name"]?.string == "Press 3")
        let off = try client.request(.cameraOff) { $0.add(.camera, "press-3") }
        #expect(try Self.json(off.reply)["state"]?.string == "off")
        let on = try client.request(.cameraOn) { $0.add(.camera, "press-3") }
        #expect(try Self.json(on.reply)["on"]?.bool == true)
        #expect(try client.request(.cameraRemove) { $0.add(.camera, "press-3") }.reply != nil)
        #expect(
            try client.request(.cameraShow) { $0.add(.camera, "press-3") }.error == .notFound)
        try bench.close()
    }

    @Test func `what a camera cannot be is refused, and nothing is added`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        for settings in [
            "[]", "{", #"{"colour": "red"}"#, #"{"ring_bytes": 0}"#, #"{"ring_bytes": "8MB"}"#,
            #"{"settings": {"warp": "9"}}"#, #"{"password": "secret"}"#, #"{"sub": {"uri": "x"}}"#,
            #"{"on": 1}"#, #"{"accept_device": true}"#, #"{"name": "a", "name": "b"}"#,
        ] {
            #expect(try Self.add("press-3", client, settings).error == .invalid, "\(settings)")
        }
        #expect(try Self.add("Press 3", client).error == .invalid)
        #expect(try Self.add("press-3", client, url: "gopher://x").error == .invalid)
        #expect(try client.request(.cameraAdd) { $0.add(.camera, "a") }.error == .invalid)
        #expect(try client.request(.cameraSet) { $0.add(.camera, "a") }.error == .invalid)
        #expect(try client.request(.cameraOff) { $0.add(.camera, "a") }.error == .notFound)
        #expect(try client.request(.cameraList) { _ in }.items.isEmpty)
        #expect(try Self.add("a", client).reply != nil)
        #expect(try Self.add("a", client).error == .alreadyExists)
        try bench.close()
    }

    @Test func `a camera's password goes in and never comes out`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let url = "rtsp://qa:p@ss#w0rd@127.0.0.1:9/live"
        let added = try Self.add("press-3", client, url: url, #"{"on": false}"#)
        let second = #"{"user": "qa", "password": "w0rd-number-two", "on": false}"#
        _ = try Self.add("press-4", client, url: "rtsp://127.0.0.1:9/x", second)
        let answers = [
            added, try client.request(.cameraList) { _ in },
            try client.request(.cameraShow) { $0.add(.camera, "press-4") },
        ]
        for frame in answers.flatMap({ $0.items + [$0.reply].compactMap(\.self) }) {
            let text = try frame.text(.document) ?? ""
            #expect(!text.contains("w0rd"))
        }
        #expect(try Self.json(added.reply)["has_credentials"]?.bool == true)
        try bench.close()
    }

    @Test func `an identity sees its own cameras, and changes none without the right`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        for id in ["press-3", "press-4"] { _ = try Self.add(id, owner, #"{"on": false}"#) }
        let client = try WireClient(port: bench.plainPort)
        try client.logIn("token", secret: try bench.token([.operator], cameras: ["press-3"]))
        let listed = try client.request(.cameraList) { _ in }
        #expect(try listed.items.map { try Self.json($0)["id"]?.string } == ["press-3"])
        #expect(
            try client.request(.cameraShow) { $0.add(.camera, "press-4") }.error == .denied)
        for operation: WireProtocol.Operation in [
            .cameraAdd, .cameraSet, .cameraRemove, .cameraOn, .cameraOff, .cameraTest,
        ] {
            #expect(
                try client.request(operation) { $0.add(.camera, "press-3") }.error == .denied)
        }
        #expect(try client.request(.cameraDiscover) { _ in }.error == .denied)
        let refused = try bench.lines(.change).filter { $0.entry.refusal != nil }
        #expect(refused.reduce(0) { $0 + $1.count } == 6)
        try bench.close()
    }

    @Test func `a camera is tested before it is added, rung by rung, with its picture`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let good = try client.request(.cameraTest) { fields in
            fields.add(.url, Self.pattern)
            fields.add(.limit, 3)
        }
        #expect(try Self.json(good.reply)["works"]?.bool == true)
        #expect(good.body.starts(with: [0xFF, 0xD8]))
        #expect(try good.items.allSatisfy { try Self.json($0)["holds"]?.bool == true })
        let bad = try client.request(.cameraTest) { $0.add(.url, "http://127.0.0.1:9/now.jpg") }
        #expect(try Self.json(bad.reply)["works"]?.bool == false)
        #expect(bad.body.isEmpty)
        #expect(try Self.json(bad.items.last)["remedy"]?.string != nil)
        #expect(try client.request(.cameraTest) { _ in }.error == .invalid)
        try bench.close()
    }

    @Test func `a clip becomes evidence once, and its bytes come along when asked for`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        _ = try Self.add("press-3", client, #"{"ring_bytes": 16000000}"#)
        try Self.await("press-3", client)
        let from = bench.clock.now.microseconds
        func ask(_ form: String?) throws -> WireClient.Answer {
            try client.request(.clip) { fields in
                fields.add(.camera, "press-3")
                fields.add(.from, from)
                fields.add(.to, from + 1_000_000)
                fields.add(.link, "check=\(ServerBench.check)")
                fields.add(.requestID, "clip-1")
                if let form { fields.add(.form, form) }
            }
        }
        var first = try ask("clip")
        for _ in 0..<100 where first.error == .gap {
            pauseFor(milliseconds: 50)
            first = try ask("clip")
        }
        #expect(Array(first.body.prefix(8).suffix(4)) == Array("ftyp".utf8))
        let again = try ask(nil)
        let (one, two) = (try Self.json(first.reply), try Self.json(again.reply))
        #expect(one["id"] == two["id"])
        #expect(two["repeated"]?.bool == true)
        #expect(again.body.isEmpty)
        let got = try client.request(.get) { $0.add(.id, one["id"]?.string ?? "") }
        let isSame = got.body == first.body
        #expect(isSame)
        try bench.close()
    }
}
