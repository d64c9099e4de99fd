import Base
import Foundation
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Clients that never end what they began, and too many of them: the others are answered.
@Suite(.serialized) struct CrowdTests {
    static func asking(_ check: String = ServerBench.check) -> FieldWriter {
        var fields = FieldWriter()
        fields.add(.link, "check=\(check)")
        return fields
    }

    /// Waits for what other threads do; a test that hangs here fails at its end.
    static func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<3000 {
            if try holds() { return true }
            usleep(10_000)
        }
        return false
    }

    @Test func `frames and uploads that never end hold up nobody`() throws {
        let bench = try ServerBench { $0.uploadBytesMax = 8 << 20 }
        let other = try bench.owner()
        var slow: [WireClient] = []
        for i in 0..<96 {
            let client = try bench.owner()
            slow.append(client)
            switch i % 3 {
            case 0: try client.send([0, 0, 0])
            case 1:
                // A head that promises 60 KB of fields, and a few of them.
                try client.send([0, 0, 0xF0, 0, 0x10, 1, 0, 0x31, 0, 0, 0, 1])
                try client.send([UInt8](repeating: 0, count: 30_000))
            default:
                try client.ask(.put, Self.asking(), last: false)
                try client.send(.data, TestLog.picture(i, bytes: 200_000), stream: 1)
            }
        }
        for i in 0..<20 {
            let kept = try other.put(
                TestLog.picture(i, bytes: 1000), check: "odoo:x/slow/\(i)")
            #expect(kept.reply != nil || kept.error == .busy)
        }
        #expect(try other.request(.checkpoint) { _ in }.reply != nil)
        // Half-open: their side has ended, ours is told so.
        for client in slow { client.hangUp() }
        let isFree = try Self.eventually {
            try other.put(TestLog.picture(1), check: "odoo:x/slow/after").reply != nil
        }
        #expect(isFree, "what they held is given back")
        try bench.close()
    }

    @Test func `callers beyond the number that is allowed are told so, and others come again`()
        throws
    {
        let bench = try ServerBench { $0.connectionsMax = 3 }
        let clients = try (0..<3).map { _ in try bench.owner() }
        let refused = try WireClient(path: bench.socketPath)
        #expect(try refused.receive().error == .tooMany)
        #expect(try clients[2].request(.checkpoint) { _ in }.reply != nil)
        clients[0].hangUp()
        let isIn = Self.eventually {
            do {
                return try bench.owner().request(.checkpoint) { _ in }.reply != nil
            } catch {
                return false
            }
        }
        #expect(isIn)
        try bench.close()
    }
}
