import Access
import Base
import ServerSupport
import TLS
import TestSupport
import Testing
import WireProtocol

/// A server that is given another certificate while it serves.
@Suite(.serialized) struct RenewalTests {
    private func client(_ bench: ServerBench, _ key: Digest, window: Int64 = 1 << 20) throws
        -> WireClient
    {
        let client = try WireClient(
            port: bench.securePort, TLSContext(trusting: .pinned(key)))
        try client.logIn("token", window: window, secret: try bench.token([.operator]))
        return client
    }

    @Test func `who connects sees the new certificate, and who is there is told so`() throws {
        let bench = try ServerBench()
        let before = try client(bench, bench.keyHash)
        let owner = try bench.owner()
        let plain = try WireClient(port: bench.plainPort)
        try plain.logIn("token", secret: try bench.token([.operator]))
        let key = try bench.renew()
        let told = try before.receive()
        #expect(told.type == .goAway)
        #expect(try told.text(.words)?.contains("certificate") == true)
        #expect(throws: (any Error).self) { _ = try before.receive() }
        let after = try client(bench, key)
        #expect(try after.request(.checkpoint) { _ in }.reply != nil)
        #expect(throws: Failure.self) { _ = try client(bench, bench.keyHash) }
        // Where there is no certificate nothing has changed.
        #expect(try owner.request(.checkpoint) { _ in }.reply != nil)
        #expect(try plain.request(.checkpoint) { _ in }.reply != nil)
        let last = try bench.renew()
        #expect(try after.receive().type == .goAway)
        #expect(try client(bench, last).request(.checkpoint) { _ in }.reply != nil)
        try bench.close()
    }

    @Test func `a body on its way is finished, a live view ends, nothing new begins`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        _ = try CameraOperationTests.add("press-3", owner)
        try CameraOperationTests.await("press-3", owner)
        let picture = TestLog.picture(1, bytes: 100_000)
        _ = try owner.put(picture, check: ServerBench.check)
        let window = Int64(WireLimits.windowMin)
        let old = try client(bench, bench.keyHash, window: window)
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        let body = try old.ask(.get, fields)
        var bytes: [UInt8] = []
        while bytes.count < window { bytes += try old.data(of: body) }
        var look = FieldWriter()
        look.add(.camera, "press-3")
        let live = try old.ask(.cameraLive, look)
        while try old.next(of: live).type != .reply {}
        _ = try bench.renew()
        var isTold = false
        while !isTold {
            let frame = try old.receive()
            if frame.header.stream == live, frame.type == .error {
                #expect(frame.error == .goingAway)
            }
            isTold = frame.type == .goAway
        }
        #expect(try old.request(.checkpoint) { _ in }.error == .goingAway)
        while bytes.count < picture.count {
            var credit: [UInt8] = []
            credit.appendBigEndian(UInt32(window))
            try old.send(.credit, credit, stream: body)
            let before = bytes.count
            while bytes.count < min(before + Int(window), picture.count) {
                bytes += try old.data(of: body)
            }
        }
        #expect(bytes == picture)
        #expect(throws: (any Error).self) { while true { _ = try old.receive() } }
        try bench.close()
    }
}

extension WireClient {
    /// The next frame of one stream; what others bring is passed over.
    fileprivate func next(of stream: UInt32) throws -> Frame {
        while true {
            let frame = try receive()
            if frame.header.stream == stream { return frame }
        }
    }

    fileprivate func data(of stream: UInt32) throws -> [UInt8] {
        let frame = try next(of: stream)
        return frame.type == .data ? frame.payload : []
    }
}
