import Access
import Base
import Crypto
import Evidence
import EvidenceFormat
import Recorder
import Server
import TestSupport
import Testing
import WireProtocol
import ServerSupport

/// What is asked is answered, and what cannot be is refused with a word.
@Suite(.serialized) struct ServerTests {
    static let check = ServerBench.check

    @Test func `a picture that was put is fetched by its check, byte for byte`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let picture = TestLog.picture(1, bytes: 300_000)
        let put = try client.put(picture, check: Self.check)
        let document = try #require(try put.reply?.text(.document))
        #expect(document.contains("\"proof\""))
        let got = try client.request(.get) { $0.add(.link, "check=\(Self.check)") }
        #expect(got.body == picture)
        let reply = try #require(got.reply)
        #expect(try reply.bytes(.sha256) == SHA256.hash(picture.span).bytes)
        #expect(try reply.int(.size) == 300_000)
        let id = try #require(try reply.text(.id))
        let part = try client.request(.get) { fields in
            fields.add(.id, id)
            fields.add(.offset, 1000)
            fields.add(.size, 17)
        }
        #expect(part.body == Array(picture[1000..<1017]))
        let end = try client.request(.get) { fields in
            fields.add(.id, id)
            fields.add(.offset, 299_990)
        }
        #expect(end.body == Array(picture[299_990...]))
        try bench.close()
    }

    @Test func `what is there is found in pages, and told apart`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        for i in 0..<5 { _ = try client.put(TestLog.picture(i), check: Self.check) }
        var seen: [String] = []
        var cursor: String?
        repeat {
            let page = try client.request(.find) { fields in
                fields.add(.link, "check=\(Self.check)")
                fields.add(.form, "brief")
                fields.add(.limit, 2)
                if let cursor { fields.add(.cursor, cursor) }
            }
            for item in page.items { seen.append(try item.text(.id) ?? "") }
            cursor = try page.reply?.text(.cursor)
        } while cursor != nil
        #expect(seen.count == 5)
        #expect(Set(seen).count == 5)
        let whole = try client.request(.find) { $0.add(.link, "check=\(Self.check)") }
        #expect(try whole.items.map { try #require(try $0.text(.document)) }.count == 5)
        let more = try client.request(.get) { $0.add(.link, "check=\(Self.check)") }
        #expect(try more.reply?.has(.more) == true)
        try bench.close()
    }

    @Test func `what cannot be answered has its own word, and the connection goes on`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let nothing = try client.request(.get) { $0.add(.link, "check=odoo:x/quality.check/9") }
        #expect(nothing.error == .notFound)
        #expect(try client.request(.get) { _ in }.error == .invalid)
        #expect(try client.request(.get) { $0.add(.id, "no-id") }.error == .invalid)
        #expect(try client.request(.snap) { $0.add(.camera, "nobody") }.error == .unknownCamera)
        #expect(try client.request(.cameraLive) { _ in }.error == .invalid)
        #expect(try client.put(TestLog.picture(1), check: "17").error == .invalid)
        var unlinked = FieldWriter()
        unlinked.add(.name, "a.jpg")
        #expect(try client.answer(of: client.ask(.put, unlinked)).error == .invalid)
        #expect(try client.request(.status) { _ in }.reply != nil)
        try bench.close()
    }

    @Test func `links, seals and proofs are the log's own`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        _ = try client.put(TestLog.picture(1), check: Self.check)
        let got = try client.request(.get) { $0.add(.link, "check=\(Self.check)") }
        let id = try #require(try got.reply?.text(.id))
        let linked = try client.request(.link) { fields in
            fields.add(.id, id)
            fields.add(.link, "serial=SN-0042")
            fields.add(.reason, "read from the housing")
        }
        #expect(linked.reply != nil)
        let bySerial = try client.request(.get) { $0.add(.link, "serial=SN-0042") }
        let isSame = bySerial.body == got.body
        #expect(isSame)
        let sealed = try client.request(.close) { fields in
            fields.add(.check, Self.check)
            fields.add(.reason, "order posted")
        }
        #expect(sealed.reply != nil)
        #expect(try client.put(TestLog.picture(2), check: Self.check).error == .refused)
        let proof = try client.request(.prove) { $0.add(.id, id) }
        let note = try #require(try proof.reply?.text(.note))
        let leaf = try #require(try proof.reply?.text(.leaf))
        let parsed = try LogProof(parsing: Array(note.utf8))
        let hash = Merkle.leafHash(Array(leaf.utf8).span)
        let index = try #require(try proof.reply?.int(.index))
        #expect(try bench.log.leaf(at: UInt64(index)).hash == hash)
        #expect(parsed.index == UInt64(index))
        try bench.close()
    }

    @Test func `a request that is repeated makes one record`() throws {
        let bench = try ServerBench()
        let picture = TestLog.picture(3)
        var ids: [String] = []
        for _ in 0..<3 {
            // Each time on a connection of its own, as a client does that lost the last one.
            let client = try bench.owner()
            var fields = FieldWriter()
            fields.add(.link, "check=\(Self.check)")
            fields.add(.name, "weld.jpg")
            fields.add(.instant, 1_790_000_000_000_000)
            fields.add(.requestID, "odoo-17-1")
            let stream = try client.ask(.put, fields, last: false)
            try client.send(.data, picture, stream: stream, last: true)
            let document = try #require(try client.answer(of: stream).reply?.text(.document))
            let json = try JSON(parsing: Array(document.utf8).span, bytesMax: 1 << 20)
            ids.append(try #require(json.object?["id"]?.string))
        }
        #expect(Set(ids).count == 1)
        let page = try bench.owner().request(.find) { $0.add(.link, "check=\(Self.check)") }
        #expect(page.items.count == 1)
        try bench.close()
    }

    @Test func `many requests at once are answered, each on its stream`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let pictures = (0..<8).map { TestLog.picture($0, bytes: 70_000 + $0) }
        for (i, picture) in pictures.enumerated() {
            _ = try client.put(picture, check: "odoo:test/quality.check/\(i)")
        }
        var asked: [UInt32: Int] = [:]
        for i in 0..<48 {
            var fields = FieldWriter()
            fields.add(.link, "check=odoo:test/quality.check/\(i % 8)")
            asked[try client.ask(.get, fields)] = i % 8
        }
        var bodies: [UInt32: [UInt8]] = [:]
        var ended = 0
        while ended < 48 {
            let frame = try client.receive()
            if frame.type == .data { bodies[frame.header.stream, default: []] += frame.payload }
            if frame.header.isLast { ended += 1 }
        }
        for (stream, i) in asked { #expect(bodies[stream] == pictures[i]) }
        try bench.close()
    }

    @Test func `a server that ends says so, and finishes what runs`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        _ = try client.put(TestLog.picture(1), check: Self.check)
        bench.server.end()
        #expect(try client.receive().type == .goAway)
        #expect(throws: WireClient.Ended.self) { _ = try client.receive() }
        #expect(throws: WireClient.Ended.self) { _ = try WireClient(path: bench.socketPath) }
        bench.recorder.close()
        try bench.trail.close()
        try bench.log.close()
    }
}
