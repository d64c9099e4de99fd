import Base
import Evidence
import EvidenceFormat
import Recorder
import Server
import TestSupport
import Testing
import WireProtocol
import ServerSupport

/// Clients that are slow, broken or mean: they are told why, and nobody else notices.
@Suite(.serialized) struct HostileClientTests {
    @Test func `a stranger's first bytes are answered with what this port speaks`() throws {
        let bench = try ServerBench()
        for stranger in ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{16}\u{3}\u{1}aaaaaaaaaaaaaaaaa"] {
            let client = try WireClient(port: bench.plainPort)
            try client.send(Array(stranger.utf8))
            let frame = try client.receive()
            #expect(frame.error == .protocolViolation)
            #expect(frame.header.stream == 0)
            #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        }
        try bench.close()
    }

    @Test func `another version is refused with the one that is spoken`() throws {
        let bench = try ServerBench()
        let client = try WireClient(port: bench.plainPort)
        let frame = try client.greet(versions: [99])
        #expect(frame.error == .unsupportedVersion)
        #expect(try frame.text(.words)?.contains("version 1") == true)
        try bench.close()
    }

    @Test func `nothing is answered before the log-in`() throws {
        let bench = try ServerBench()
        let client = try WireClient(port: bench.plainPort)
        _ = try client.greet()
        try client.ask(.status, FieldWriter())
        #expect(try client.receive().error == .notAdmitted)
        #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        try bench.close()
    }

    @Test func `whoever does not log in is hung up on`() throws {
        let bench = try ServerBench { $0.loginSeconds = 0 }
        let client = try WireClient(port: bench.plainPort)
        _ = try client.greet()
        #expect(try client.receive().error == .timedOut)
        try bench.close()
    }

    @Test func `a frame beyond its limit ends the connection before its bytes are read`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        var bytes: [UInt8] = []
        FrameHeader(.request, payloadBytes: Int(UInt32.max), code: 1, stream: 1, last: true)
            .append(to: &bytes)
        try client.send(bytes)
        #expect(try client.receive().error == .tooLarge)
        #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        try bench.close()
    }

    @Test func `bytes that come one by one are a request as well`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        var fields = FieldWriter()
        fields.add(.camera, "nobody")
        var bytes: [UInt8] = []
        FrameHeader(
            .request, payloadBytes: fields.bytes.count, code: WireProtocol.Operation.snap.rawValue,
            stream: 7,
            last: true
        ).append(to: &bytes)
        for byte in bytes + fields.bytes { try client.send([byte]) }
        #expect(try client.answer(of: 7).error == .unknownCamera)
        try bench.close()
    }

    @Test func `unknown frames and fields are passed over`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        try client.send([0, 0, 0, 5, 0x7F, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3, 4, 5])
        // Key 0x5F is a text that no version knows.
        try client.send(
            .request, [0x5F, 0, 0, 1, 0x78], code: WireProtocol.Operation.checkpoint.rawValue,
            stream: 9,
            last: true)
        #expect(try client.answer(of: 9).reply != nil)
        try bench.close()
    }

    @Test func `a body goes out only as far as there is credit`() throws {
        let bench = try ServerBench()
        let client = try bench.owner(window: Int64(WireLimits.windowMin))
        let picture = TestLog.picture(1, bytes: 100_000)
        _ = try client.put(picture, check: ServerBench.check)
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        let stream = try client.ask(.get, fields)
        #expect(try client.receive().type == .reply)
        var body = try client.receive().payload
        #expect(body.count == WireLimits.windowMin)
        // Others are not held up by a stream that waits.
        let other = try client.request(.checkpoint) { _ in }
        #expect(other.reply != nil)
        while body.count < picture.count {
            var credit: [UInt8] = []
            credit.appendBigEndian(UInt32(20_000))
            try client.send(.credit, credit, stream: stream)
            body += try client.receive().payload
        }
        #expect(body == picture)
        try bench.close()
    }

    @Test func `a client that leaves still gets what it waits for`() throws {
        let bench = try ServerBench()
        let client = try bench.owner(window: Int64(WireLimits.windowMin))
        let picture = TestLog.picture(1, bytes: 100_000)
        _ = try client.put(picture, check: ServerBench.check)
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        let stream = try client.ask(.get, fields)
        try client.send(.goAway)
        var body: [UInt8] = []
        while body.count < picture.count {
            let frame = try client.receive()
            guard frame.type == .data else { continue }
            body += frame.payload
            var credit: [UInt8] = []
            credit.appendBigEndian(UInt32(frame.payload.count))
            if !frame.header.isLast { try client.send(.credit, credit, stream: stream) }
        }
        #expect(body == picture)
        #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        try bench.close()
    }

    @Test func `a silent client is asked whether it is there, and then left`() throws {
        let bench = try ServerBench { $0.idleSeconds = 1 }
        let client = try bench.owner()
        #expect(try client.receive().type == .ping)
        #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        try bench.close()
    }

    @Test func `a client that takes nothing holds up nobody else`() throws {
        let bench = try ServerBench()
        let busy = try bench.owner(window: Int64(WireLimits.windowMax))
        let picture = TestLog.picture(1, bytes: 200_000)
        _ = try busy.put(picture, check: ServerBench.check)
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        // Twelve megabytes that it never reads.
        for _ in 0..<60 { try busy.ask(.get, fields) }
        let other = try bench.owner()
        for _ in 0..<20 {
            let got = try other.request(.get) { $0.add(.link, "check=\(ServerBench.check)") }
            #expect(got.body == picture)
        }
        busy.hangUp()
        #expect(try other.request(.checkpoint) { _ in }.reply != nil)
        try bench.close()
    }

    @Test func `an upload that is cut off leaves nothing, and gives its room back`() throws {
        let bench = try ServerBench { $0.uploadBytesMax = 300_000 }
        let size = bench.log.size
        for _ in 0..<4 {
            let client = try bench.owner()
            var fields = FieldWriter()
            fields.add(.link, "check=\(ServerBench.check)")
            let stream = try client.ask(.put, fields, last: false)
            try client.send(.data, TestLog.picture(1, bytes: 200_000), stream: stream)
            // The credit says that the server has taken it.
            #expect(try client.receive().type == .credit)
            client.hangUp()
        }
        let client = try bench.owner()
        let kept = try client.put(TestLog.picture(2, bytes: 250_000), check: ServerBench.check)
        #expect(kept.reply != nil)
        #expect(
            try client.put(TestLog.picture(3, bytes: 350_000), check: "odoo:x/c/1").error == .busy)
        let added = try (size..<bench.log.size).filter {
            try bench.log.leaf(at: $0).kind == .import
        }
        #expect(added.count == 1)
        try bench.close()
    }

    @Test func `more requests at a time than announced are refused one by one`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        var fields = FieldWriter()
        fields.add(.link, "check=odoo:x/c/1")
        // Uploads that never end keep their streams.
        for _ in 0..<WireLimits.streamsMax { try client.ask(.put, fields, last: false) }
        let answer = try client.request(.checkpoint) { _ in }
        #expect(answer.error == .tooMany)
        try client.send(.cancel, stream: 1)
        #expect(try client.request(.checkpoint) { _ in }.reply != nil)
        try bench.close()
    }

    @Test func `hundreds of idle connections leave the busy ones alone`() throws {
        let bench = try ServerBench()
        let picture = TestLog.picture(1, bytes: 20_000)
        _ = try bench.owner().put(picture, check: ServerBench.check)
        var idle: [WireClient] = []
        for _ in 0..<400 { idle.append(try bench.owner()) }
        let busy = try (0..<16).map { _ in try bench.owner() }
        for client in busy {
            var fields = FieldWriter()
            fields.add(.link, "check=\(ServerBench.check)")
            for _ in 0..<10 { try client.ask(.get, fields) }
        }
        for client in busy {
            for stream in 1...10 {
                #expect(try client.answer(of: UInt32(stream)).body == picture)
            }
        }
        #expect(try idle[399].request(.checkpoint) { _ in }.reply != nil)
        try bench.close()
    }
}
