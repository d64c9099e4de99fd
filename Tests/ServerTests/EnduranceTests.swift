import Base
import Foundation
import Linux
import Server
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Many clients, and such that take or give nothing: memory stays within what is promised, and
/// the others are answered.
@Suite(.serialized) struct EnduranceTests {
    /// Memory of this process that is in use, clients of the test included.
    static var residentBytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * 4096
    }

    static var openFiles: Int {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).count
    }

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

    @Test func `a thousand idle connections cost little, and 64 busy ones are answered`() throws {
        #expect(Linux.Process.allowOpenFiles(8192) >= 4096, "this machine's hard limit is too low")
        let bench = try ServerBench()
        let picture = TestLog.picture(1, bytes: 20_000)
        _ = try bench.owner().put(picture, check: ServerBench.check)
        let before = Self.residentBytes
        let files = Self.openFiles
        var idle: [WireClient] = []
        for _ in 0..<1000 { idle.append(try bench.owner()) }
        // Both sides of each, with what the allocator keeps: 64 KiB, and not a window of 256 KiB.
        #expect(Self.residentBytes - before < 64 << 20)
        let busy = try (0..<64).map { _ in try bench.owner() }
        for client in busy { for _ in 0..<10 { try client.ask(.get, Self.asking()) } }
        for client in busy {
            for stream in 1...10 {
                #expect(try client.answer(of: UInt32(stream)).body == picture)
            }
        }
        for client in [idle[0], idle[500], idle[999]] {
            #expect(try client.request(.checkpoint) { _ in }.reply != nil)
        }
        for client in idle + busy { client.hangUp() }
        #expect(Self.eventually { Self.openFiles <= files + 8 }, "descriptors are given back")
        try bench.close()
    }

    @Test func `clients that read nothing are owed a megabyte at most, each`() throws {
        let bench = try ServerBench()
        let picture = TestLog.picture(1, bytes: 200_000)
        let other = try bench.owner()
        _ = try other.put(picture, check: ServerBench.check)
        for i in 0..<100 { _ = try other.put(TestLog.picture(i), check: "odoo:x/many/1") }
        let before = Self.residentBytes
        let greedy = try (0..<32).map { _ in try bench.owner(window: Int64(WireLimits.windowMax)) }
        // What each has asked for: 60 pictures of 200 KB, and searches, whose answers are memory.
        for client in greedy {
            for i in 0..<60 {
                try client.ask(
                    i % 2 == 0 ? .find : .get,
                    Self.asking(i % 2 == 0 ? "odoo:x/many/1" : ServerBench.check))
            }
        }
        for _ in 0..<20 {
            let got = try other.request(.get) { $0.add(.link, "check=\(ServerBench.check)") }
            #expect(got.body == picture)
        }
        // Pictures wait in segments; answers of 32 clients wait in memory, a megabyte each, and one
        // that is being made for each worker.
        #expect(Self.residentBytes - before < (32 + 32 + 64) << 20)
        for client in greedy { client.hangUp() }
        #expect(try other.request(.checkpoint) { _ in }.reply != nil)
        try bench.close()
    }

    @Test func `frames and uploads that never end hold up nobody`() throws {
        let bench = try ServerBench { $0.uploadBytesMax = 8 << 20 }
        let files = Self.openFiles
        let other = try bench.owner()
        let before = Self.residentBytes
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
        #expect(Self.residentBytes - before < 64 << 20)
        // Half-open: their side has ended, ours is told so.
        for client in slow { client.hangUp() }
        #expect(Self.eventually { Self.openFiles <= files + 8 })
        #expect(try other.put(TestLog.picture(1), check: "odoo:x/slow/after").reply != nil)
        try bench.close()
    }

    @Test func `floods of requests and cancelled streams leave nothing behind`() throws {
        let bench = try ServerBench()
        let picture = TestLog.picture(1, bytes: 100_000)
        let other = try bench.owner()
        _ = try other.put(picture, check: ServerBench.check)
        let before = Self.residentBytes
        let flood = try bench.owner(window: Int64(WireLimits.windowMin))
        for round in 0..<50 {
            var begun: [UInt32] = []
            for _ in 0..<32 { begun.append(try flood.ask(.get, Self.asking())) }
            for stream in begun { try flood.send(.cancel, stream: stream) }
            try flood.send(.ping, [UInt8(round)])
            while try flood.receive().type != .pong {}
        }
        // None of 1,600 streams is left: 64 new ones fit.
        var ids: [UInt32] = []
        for _ in 0..<WireLimits.streamsMax { ids.append(try flood.ask(.checkpoint, FieldWriter())) }
        var answered = 0
        while answered < ids.count {
            let frame = try flood.receive()
            #expect(frame.error == nil)
            if frame.type == .reply, ids.contains(frame.header.stream) { answered += 1 }
        }
        #expect(Self.residentBytes - before < 32 << 20)
        #expect(
            try other.request(.get) { $0.add(.link, "check=\(ServerBench.check)") }.body == picture)
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
