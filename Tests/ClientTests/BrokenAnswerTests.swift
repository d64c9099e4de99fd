import Base
import Client
import Evidence
import EvidenceFormat
import Linux
import ServerSupport
import TestSupport
import Testing
import WireProtocol

/// The connection breaks in the middle of an answer, at many places of it.
@Suite(.serialized) struct BrokenAnswerTests {
    private let bench: ServerBench
    private let picture = TestLog.picture(1, bytes: 300_000)

    init() throws { bench = try ServerBench() }

    private func relay(cuts: [Int] = [], dies: Bool = false) throws -> CuttingRelay {
        try CuttingRelay(
            "\(bench.scratch.path)/relay.sock", before: bench.socketPath, cuts: cuts, dies: dies)
    }

    private func client(_ path: String) throws -> Client {
        try Client(Client.Options(.path(path), .owner("ann"), .plain))
    }

    /// Bytes of the server's: those of the log-in, and those until the end of what `ask` asks.
    private func bytes(_ ask: (Client) throws -> Void) throws -> (logIn: Int, whole: Int) {
        let relay = try relay()
        defer { relay.end() }
        let client = try client(relay.path)
        _ = try client.whoAmI()
        let logIn = relay.passed
        try ask(client)
        let whole = relay.passed
        client.close()
        return (logIn, whole)
    }

    private func put(_ client: Client, request: String) throws -> Answer {
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        fields.add(.instant, 1_790_000_000_000_000)
        fields.add(.requestID, request)
        return try client.ask(.put, fields, upload: picture, isSafe: true)
    }

    private func id(_ answer: Answer) throws -> String {
        let text = try #require(try Fields(answer.reply.span).text(.document))
        let json = try JSON(parsing: Array(text.utf8).span, bytesMax: 1 << 20)
        return try #require(json.object?["id"]?.string)
    }

    @Test func `what reads is asked again, and comes whole`() throws {
        let direct = try client(bench.socketPath)
        var get = FieldWriter()
        get.add(.id, try id(try put(direct, request: "one")))
        direct.close()
        let (logIn, whole) = try bytes { _ = try $0.ask(.get, get, isSafe: true) }
        let cuts = [logIn, logIn + 1, logIn + 40, (logIn + whole) / 2, whole - 1]
        for cut in cuts {
            // The server is not quite back when it is asked for the first time.
            let relay = try relay(cuts: [cut, 0])
            let client = try client(relay.path)
            let isSame = try client.ask(.get, get, isSafe: true).body == picture
            #expect(isSame, "cut after \(cut) bytes")
            #expect(relay.connections == 3)
            client.close()
            relay.end()
        }
        try bench.close()
    }

    @Test func `what carries a request id is asked again, and done once`() throws {
        // While the picture goes there, credit comes; then the receipt, which is longer than 100.
        let (logIn, whole) = try bytes { _ = try put($0, request: "measured") }
        for (i, cut) in [logIn, logIn + 5, (logIn + whole) / 2, whole - 100].enumerated() {
            let relay = try relay(cuts: [cut, 0])
            let client = try client(relay.path)
            let first = try id(try put(client, request: "r\(i)"))
            #expect(relay.connections == 3)
            #expect(try id(try put(client, request: "r\(i)")) == first)
            client.close()
            relay.end()
        }
        #expect(try bench.log.find(Query()).hits.count == 5)
        try bench.close()
    }

    @Test func `what cannot be asked again has an unknown outcome, and is done once`() throws {
        let direct = try client(bench.socketPath)
        let id = try id(try put(direct, request: "one"))
        direct.close()
        func link(_ client: Client, _ serial: String) throws {
            var fields = FieldWriter()
            fields.add(.id, id)
            fields.add(.link, "serial=\(serial)")
            fields.add(.reason, "seen")
            _ = try client.ask(.link, fields, isSafe: false)
        }
        let (logIn, whole) = try bytes { try link($0, "SN-0") }
        for (i, cut) in [logIn, (logIn + whole) / 2, whole - 100].enumerated() {
            let relay = try relay(cuts: [cut])
            let client = try client(relay.path)
            let before = bench.log.size
            let failure = #expect(throws: Failure.self) { try link(client, "SN-\(i + 1)") }
            #expect(failure?.kind == .unknownOutcome)
            #expect(bench.log.size == before + 1)
            #expect(relay.connections == 1)
            client.close()
            relay.end()
        }
        try bench.close()
    }

    @Test func `where the server stays away, nobody is told that nothing was done`() throws {
        let (logIn, whole) = try bytes { _ = try put($0, request: "measured") }
        let before = bench.log.size
        var relay = try relay(cuts: [whole - 100], dies: true)
        let writer = try client(relay.path)
        let unknown = #expect(throws: Failure.self) { _ = try put(writer, request: "kept") }
        #expect(unknown?.kind == .unknownOutcome)
        #expect(unknown?.words.contains("request id kept") == true)
        #expect(bench.log.size > before)
        relay.end()
        relay = try self.relay(cuts: [logIn], dies: true)
        let reader = try client(relay.path)
        let gone = #expect(throws: Failure.self) { _ = try reader.ask(.find, isSafe: true) }
        #expect(gone?.kind == .io)
        relay.end()
        try bench.close()
    }
}
