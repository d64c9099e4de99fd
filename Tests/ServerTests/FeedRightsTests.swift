import Access
import Base
import EvidenceFormat
import SASL
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// What goes on ends where the right to it does, also when the identity itself stays.
@Suite(.serialized) struct FeedRightsTests {
    /// Somebody with a password of his own.
    private func person(
        _ bench: ServerBench, _ name: String, _ roles: [Role], cameras: [String]? = nil
    ) throws -> WireClient {
        _ = try bench.book.addPerson(
            name, Grant(roles: roles, cameras: cameras), by: TestLog.author)
        try bench.book.setPassword(of: name, to: Self.password, by: TestLog.author)
        let client = try WireClient(port: bench.plainPort)
        _ = try LogInTests.logIn(client, name, Self.password, .none)
        return client
    }
    private static let password = "four words in a row"

    private func look(_ client: WireClient) throws -> UInt32 {
        var fields = FieldWriter()
        fields.add(.camera, "press-3")
        return try client.ask(.cameraLive, fields)
    }

    private func watch(
        _ client: WireClient, _ topic: String, link: String? = nil
    ) throws -> UInt32 {
        var fields = FieldWriter()
        fields.add(.topic, topic)
        if let link { fields.add(.link, link) }
        return try client.ask(.watch, fields)
    }

    /// Takes, with credit, what a stream brings until the server ends it; nil when it goes on.
    private func ending(_ client: WireClient, _ stream: UInt32) throws -> WireError.Code? {
        for _ in 0..<2000 {
            let frame = try client.receive()
            guard frame.header.stream == stream else { continue }
            if frame.type == .error { return frame.error }
            guard frame.type == .data || frame.type == .item else { continue }
            var credit: [UInt8] = []
            credit.appendBigEndian(UInt32(frame.payload.count))
            try client.send(.credit, credit, stream: stream)
        }
        return nil
    }

    @Test func `whoever loses the right to look sees no more, though he stays logged in`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        _ = try CameraOperationTests.add("press-3", owner)
        try CameraOperationTests.await("press-3", owner)
        let anna = try person(bench, "anna", [.operator])
        let live = try look(anna)
        #expect(try anna.receive().type == .reply)
        let news = try watch(anna, "camera")
        _ = try bench.book.setPerson(
            "anna", Grant(roles: [.operator], cameras: ["press-4"]), by: TestLog.author)
        #expect(try ending(anna, live) == .denied)
        #expect(try ending(anna, news) == .denied)
        #expect(try anna.request(.checkpoint) { _ in }.reply != nil)
        let refused = try bench.lines(.live).filter { $0.entry.refusal != nil }
        #expect(refused.map(\.entry.target) == ["camera press-3"])
        try bench.close()
    }

    @Test func `whoever reads by link alone watches what he names, and does not browse`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        let erp = try WireClient(port: bench.plainPort)
        try erp.logIn("token", secret: try bench.token([.erp]))
        #expect(try erp.answer(of: watch(erp, "evidence")).error == .denied)
        let stream = try watch(erp, "evidence", link: "check=\(ServerBench.check)")
        // The request is known to have been taken once the trail has it.
        while try bench.lines(.watch).allSatisfy({ $0.entry.refusal != nil }) {
            pauseFor(milliseconds: 20)
        }
        pauseFor(milliseconds: 200)
        _ = try owner.put(TestLog.picture(1), check: "x/other")
        _ = try owner.put(TestLog.picture(2), check: ServerBench.check)
        let told = try erp.receive()
        #expect(told.type == .item && told.header.stream == stream)
        #expect(try told.text(.document)?.contains(ServerBench.check) == true)
        try bench.close()
    }
}
