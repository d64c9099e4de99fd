import Base
import Foundation
import Linux
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// Many clients, and such that take or give nothing: memory stays within what is promised, and
/// the others are answered.
@Suite(.serialized) struct EnduranceTests {
    /// The built program, so that what is measured is the server alone.
    private final class Bench {
        private let tool = Tool()
        private let served: Served
        static let check = "odoo:test/quality.check/17"

        init() throws { served = try Served(tool, "--no-usb") }

        func owner(window: Int64 = 1 << 20) throws -> WireClient {
            let client = try WireClient(path: tool.data + "/wire.sock")
            try client.logIn("owner", window: window)
            return client
        }

        /// Memory that is in use.
        var residentBytes: Int {
            let path = "/proc/\(served.pid)/statm"
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
            return (pages ?? 1 << 30) * 4096
        }

        var openFiles: Int {
            let path = "/proc/\(served.pid)/fd"
            return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).count
        }

        func close() throws { #expect(try served.end() == 0) }
    }

    static func asking(_ check: String = Bench.check) -> FieldWriter {
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
        let bench = try Bench()
        let picture = TestLog.picture(1, bytes: 20_000)
        _ = try bench.owner().put(picture, check: Bench.check)
        let before = bench.residentBytes
        let files = bench.openFiles
        var idle: [WireClient] = []
        for _ in 0..<1000 { idle.append(try bench.owner()) }
        // 32 KiB each, with what the allocator keeps, and not a window of 256 KiB.
        #expect(bench.residentBytes - before < 32 << 20)
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
        #expect(Self.eventually { bench.openFiles <= files + 8 }, "descriptors are given back")
        try bench.close()
    }

    @Test func `clients that read nothing are owed a megabyte at most, each`() throws {
        let bench = try Bench()
        let picture = TestLog.picture(1, bytes: 200_000)
        let other = try bench.owner()
        _ = try other.put(picture, check: Bench.check)
        for i in 0..<100 { _ = try other.put(TestLog.picture(i), check: "odoo:x/many/1") }
        let before = bench.residentBytes
        let greedy = try (0..<32).map { _ in try bench.owner(window: Int64(WireLimits.windowMax)) }
        // What each has asked for: 60 pictures of 200 KB, and searches, whose answers are memory.
        for client in greedy {
            for i in 0..<60 {
                try client.ask(
                    i % 2 == 0 ? .find : .get,
                    Self.asking(i % 2 == 0 ? "odoo:x/many/1" : Bench.check))
            }
        }
        for _ in 0..<20 {
            let got = try other.request(.get) { $0.add(.link, "check=\(Bench.check)") }
            #expect(got.body == picture)
        }
        // Pictures wait in segments; answers of 32 clients wait in memory, a megabyte each, and one
        // that is being made for each worker.
        #expect(bench.residentBytes - before < (32 + 32 + 64) << 20)
        for client in greedy { client.hangUp() }
        #expect(try other.request(.checkpoint) { _ in }.reply != nil)
        try bench.close()
    }

    @Test func `floods of requests and cancelled streams leave nothing behind`() throws {
        let bench = try Bench()
        let picture = TestLog.picture(1, bytes: 100_000)
        let other = try bench.owner()
        _ = try other.put(picture, check: Bench.check)
        let before = bench.residentBytes
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
        #expect(bench.residentBytes - before < 32 << 20)
        #expect(
            try other.request(.get) { $0.add(.link, "check=\(Bench.check)") }.body == picture)
        try bench.close()
    }
}
