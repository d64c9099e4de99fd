import Access
import Base
import Crypto
import Evidence
import EvidenceFormat
import ServerSupport
import TestSupport
import Testing
import WireProtocol

@Suite struct ExportTests {
    private let bench: ServerBench
    private let check: Link

    init() throws {
        bench = try ServerBench()
        check = try Link(kind: "check", value: ServerBench.check)
        for number in 1...20 {
            try TestLog.add(bench.log, number, links: [check], bytes: 50_000)
        }
    }

    private func client(_ roles: Role..., window: Int64 = 16 << 20) throws -> WireClient {
        let client = try WireClient(port: bench.plainPort)
        try client.logIn("token", window: window, secret: try bench.token(roles))
        return client
    }

    private func question() -> FieldWriter {
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        return fields
    }

    /// The bundle, and the frame with its beginning.
    private func whole(
        _ client: WireClient, _ fields: FieldWriter
    ) throws -> (reply: WireClient.Frame, body: [UInt8]) {
        let answer = try client.answer(of: client.ask(.export, fields))
        #expect(answer.error == nil, "\(answer.words)")
        return (try #require(answer.reply), answer.body)
    }

    private func rest(
        _ reply: WireClient.Frame, _ known: ArraySlice<UInt8>
    ) throws -> FieldWriter {
        var fields = question()
        fields.add(.note, try #require(try reply.text(.note)))
        fields.add(.instant, try #require(try reply.int(.instant)))
        fields.add(.offset, Int64(known.count))
        fields.add(.sha256, SHA256.hash(Array(known).span).bytes)
        return fields
    }

    @Test func `a bundle comes as one body with an end`() throws {
        defer { try? bench.close() }
        let (reply, body) = try whole(client(.auditor), question())
        #expect(try reply.text(.name)?.hasSuffix(".zip") == true)
        #expect(body.prefix(4) == [0x50, 0x4B, 3, 4])
        #expect(body.count > 20 * 50_000)
        #expect(body.suffix(22).prefix(4) == [0x50, 0x4B, 5, 6])
    }

    @Test func `it goes on anywhere, and gives the same bytes, though more has come since`() throws
    {
        defer { try? bench.close() }
        let client = try client(.auditor)
        let (reply, body) = try whole(client, question())
        try TestLog.add(bench.log, 21, links: [check], bytes: 50_000)
        for offset in [1, 4_096, 60_000, body.count / 2, body.count - 1, body.count] {
            let more = try whole(client, try rest(reply, body[..<offset]))
            #expect(more.body.elementsEqual(body[offset...]), "from \(offset)")
            #expect(try more.reply.int(.offset) == Int64(offset))
        }
    }

    @Test func `a beginning that is another one is refused, and so is one that is too long`() throws
    {
        defer { try? bench.close() }
        let client = try client(.auditor)
        let (reply, body) = try whole(client, question())
        var wrong = body
        wrong[70] ^= 1
        for known in [wrong[..<5000], (body + [0])[...]] {
            let answer = try client.answer(of: client.ask(.export, try rest(reply, known)))
            #expect(answer.error == .refused)
            #expect(answer.words.contains("begin anew"))
        }
    }

    @Test func `who may not export gets nothing, and the trail has both`() throws {
        defer { try? bench.close() }
        let refused = try client(.operator)
        #expect(try refused.answer(of: refused.ask(.export, question())).error == .denied)
        _ = try whole(client(.auditor), question())
        let lines = try bench.lines(.export)
        #expect(lines.map { $0.entry.refusal != nil } == [true, false])
        #expect(lines.allSatisfy { $0.entry.target == "check=\(ServerBench.check)" })
    }

    @Test func `nothing to find, nothing asked and too much at a time are said`() throws {
        defer { try? bench.close() }
        let client = try client(.auditor)
        func error(_ fields: FieldWriter) throws -> WireError.Code? {
            try client.answer(of: client.ask(.export, fields)).error
        }
        var nobody = FieldWriter()
        nobody.add(.link, "check=nobody/1")
        #expect(try error(nobody) == .notFound)
        #expect(try error(FieldWriter()) == .invalid)
        var form = question()
        form.add(.form, "rar")
        #expect(try error(form) == .unsupported)
    }

    @Test func `four clients that take nothing leave room for whoever asks otherwise`() throws {
        defer { try? bench.close() }
        for number in 100...150 {
            try TestLog.add(bench.log, number, links: [check], bytes: 200_000)
        }
        let slow = try (0..<4).map { _ in try client(.auditor, window: 1 << 16) }
        for client in slow { try client.ask(.export, question()) }
        for client in slow {
            var frame = try client.receive()
            while frame.type != .reply { frame = try client.receive() }
        }
        let other = try client(.auditor)
        #expect(try other.answer(of: other.ask(.export, question())).error == .busy)
        #expect(try other.answer(of: other.ask(.checkpoint, FieldWriter())).error == nil)
        // Who hangs up gives his place back.
        slow[0].hangUp()
        var error: WireError.Code? = .busy
        for _ in 0..<500 where error == .busy {
            error = try other.answer(of: other.ask(.export, question())).error
            if error == .busy { pauseFor(milliseconds: 10) }
        }
        #expect(error == nil)
    }
}
