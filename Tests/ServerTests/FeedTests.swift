import Access
import Base
import Evidence
import EvidenceFormat
import Recorder
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Answers that go on: live frames and news, for as long as somebody wants them and may have them.
@Suite(.serialized) struct FeedTests {
    /// The server said that there will be no more.
    private struct Refused: Error {}

    /// Takes a live body apart: fields, then so many bytes.
    struct Pieces {
        var bytes: [UInt8] = []

        mutating func next() throws -> (fields: [UInt8], bytes: [UInt8])? {
            guard bytes.count >= 4 else { return nil }
            let length = Int(bytes.span.bigEndian(UInt32.self, at: 0))
            guard bytes.count >= 4 + length else { return nil }
            let head = Array(bytes[4..<4 + length])
            let size = Int(try Fields(head.span).int(.size) ?? 0)
            guard bytes.count >= 4 + length + size else { return nil }
            let piece = Array(bytes[(4 + length)..<(4 + length + size)])
            bytes.removeFirst(4 + length + size)
            return (head, piece)
        }
    }

    private func begin(_ bench: ServerBench, _ url: String = CameraOperationTests.pattern) throws
        -> WireClient
    {
        let client = try bench.owner()
        _ = try CameraOperationTests.add(
            "press-3", client, url: url, #"{"ring_bytes": 16000000}"#)
        try CameraOperationTests.await("press-3", client)
        return client
    }

    private func look(_ client: WireClient, _ form: String) throws -> UInt32 {
        var fields = FieldWriter()
        fields.add(.camera, "press-3")
        fields.add(.form, form)
        return try client.ask(.cameraLive, fields)
    }

    /// So many pieces of a live view; gives credit as it takes.
    func pieces(
        _ client: WireClient, _ stream: UInt32, _ count: Int
    ) throws -> [(fields: [UInt8], bytes: [UInt8])] {
        var taken: [(fields: [UInt8], bytes: [UInt8])] = []
        var body = Pieces()
        while taken.count < count {
            let frame = try client.receive()
            guard frame.header.stream == stream else { continue }
            if frame.type == .error { throw Refused() }
            guard frame.type == .data else { continue }
            body.bytes += frame.payload
            var credit: [UInt8] = []
            credit.appendBigEndian(UInt32(frame.payload.count))
            try client.send(.credit, credit, stream: stream)
            while let piece = try body.next() { taken.append(piece) }
        }
        return taken
    }

    @Test func `live pictures come as they are taken, each newer than the one before`() throws {
        let bench = try ServerBench()
        let client = try begin(bench)
        let stream = try look(client, "pictures")
        var last: Int64 = 0
        for (head, picture) in try pieces(client, stream, 10) {
            let instant = try Fields(head.span).int(.instant) ?? 0
            #expect(instant > last)
            last = instant
            #expect(picture.starts(with: [0xFF, 0xD8]))
        }
        try client.send(.cancel, stream: stream)
        #expect(try client.request(.status) { _ in }.reply != nil)
        #expect(try bench.lines(.live).count == 1)
        try bench.close()
    }

    @Test func `fragments come with their beginning once, and a video has no pictures alone`()
        throws
    {
        let bench = try ServerBench()
        let client = try begin(bench, "test:h264?size=320x240&fps=25&gop=10")
        let stream = try look(client, "fragments")
        let taken = try pieces(client, stream, 3)
        #expect(Array(taken[0].bytes[4..<8]) == Array("ftyp".utf8))
        #expect(Array(taken[1].bytes[4..<8]) != Array("ftyp".utf8))
        try client.send(.cancel, stream: stream)
        let refused = try client.answer(of: look(client, "pictures"))
        #expect(refused.error == .unsupported)
        #expect(try client.answer(of: look(client, "paintings")).error == .invalid)
        try bench.close()
    }

    @Test func `a viewer that takes nothing costs the others nothing, and misses what it misses`()
        throws
    {
        let bench = try ServerBench()
        let quick = try begin(bench)
        let slow = try bench.owner(window: 16 << 10)
        let slowStream = try look(slow, "pictures")
        let viewers = try (0..<10).map { _ in try bench.owner() }
        let streams = try viewers.map { try look($0, "pictures") }
        _ = try pieces(quick, look(quick, "pictures"), 25)
        for (viewer, stream) in zip(viewers, streams) {
            let numbers = try pieces(viewer, stream, 2).map {
                try Fields($0.fields.span).int(.sequence) ?? 0
            }
            #expect(numbers[0] < numbers[1])
        }
        // What was cut for want of credit is whole once there is some; then come the newest.
        let late = try pieces(slow, slowStream, 12)
        let dropped = try late.map { try Fields($0.fields.span).int(.dropped) ?? 0 }
        #expect(dropped.contains { $0 > 5 })
        try bench.close()
    }

    @Test func `rights bound what is seen live, and end it when they are taken back`() throws {
        let bench = try ServerBench()
        _ = try begin(bench)
        func client(_ roles: [Role], cameras: [String]? = nil) throws -> WireClient {
            let client = try WireClient(port: bench.plainPort)
            try client.logIn("token", secret: try bench.token(roles, cameras: cameras))
            return client
        }
        let admin = try client([.admin])
        #expect(try admin.answer(of: look(admin, "pictures")).error == .denied)
        let elsewhere = try client([.operator], cameras: ["press-4"])
        #expect(try elsewhere.answer(of: look(elsewhere, "pictures")).error == .denied)
        let erp = try client([.erp])
        #expect(try erp.answer(of: look(erp, "pictures")).error == .denied)
        let operated = try client([.operator], cameras: ["press-3"])
        let stream = try look(operated, "pictures")
        _ = try pieces(operated, stream, 2)
        _ = try bench.book.revokeToken("t4", by: TestLog.author)
        #expect(throws: (any Error).self) { _ = try pieces(operated, stream, 1000) }
        try bench.close()
    }

    @Test func `watchers hear of evidence, facts and cameras that they may hear of`() throws {
        let bench = try ServerBench()
        let owner = try begin(bench)
        let watcher = try bench.owner()
        func watch(_ client: WireClient, _ topics: [String], link: String? = nil) throws -> UInt32 {
            var fields = FieldWriter()
            for topic in topics { fields.add(.topic, topic) }
            if let link { fields.add(.link, link) }
            return try client.ask(.watch, fields)
        }
        func next(_ client: WireClient) throws -> JSONObject {
            while true {
                let frame = try client.receive()
                if frame.type == .item { return try CameraOperationTests.json(frame) }
                if frame.type == .error { throw Refused() }
            }
        }
        _ = try watch(watcher, ["evidence", "facts"], link: "check=\(ServerBench.check)")
        let cameras = try bench.owner()
        _ = try watch(cameras, ["camera"])
        // Both are known to be there once something comes; so it is repeated until it does.
        pauseFor(milliseconds: 500)
        _ = try owner.put(TestLog.picture(1), check: "x/other")
        _ = try owner.put(TestLog.picture(2), check: ServerBench.check)
        let told = try next(watcher)
        #expect(told["topic"]?.string == "evidence")
        #expect(told["kind"]?.string == "import")
        _ = try owner.request(.cameraOff) { $0.add(.camera, "press-3") }
        var state = ""
        while state != "off" { state = try next(cameras)["state"]?.string ?? "" }
        let gateway = try WireClient(port: bench.plainPort)
        try gateway.logIn("token", secret: try bench.token([.gateway]))
        #expect(try gateway.answer(of: watch(gateway, ["evidence"])).error == .denied)
        #expect(try gateway.answer(of: watch(gateway, ["weather"])).error == .invalid)
        bench.server.end()
        #expect(throws: Refused.self) { while true { _ = try next(watcher) } }
        bench.recorder.close()
        try bench.trail.close()
        try bench.log.close()
    }
}
