import Access
import Base
import Evidence
import EvidenceFormat
import JPEG
import Linux
import ServerSupport
import TestSupport
import Testing
import WireProtocol

@testable import Server

/// Small pictures of stored ones.
@Suite(.serialized) struct ThumbnailTests {
    private static func jpeg(_ width: Int, _ height: Int) throws -> [UInt8] {
        var pixels: [UInt8] = []
        for _ in 0..<height {
            for x in 0..<width {
                // Red at the left, blue at the right.
                pixels += x < width / 2 ? [220, 20, 20] : [20, 20, 220]
            }
        }
        return try ColourPicture(width: width, height: height, pixels: pixels).jpeg(quality: 90)
    }

    private func ask(
        _ client: WireClient, _ id: String, _ width: Int64? = nil, _ height: Int64? = nil,
        _ more: (inout FieldWriter) -> Void = { _ in }
    ) throws -> WireClient.Answer {
        try client.request(.get) { fields in
            fields.add(.id, id)
            fields.add(.form, "thumbnail")
            if let width { fields.add(.width, width) }
            if let height { fields.add(.height, height) }
            more(&fields)
        }
    }

    private func put(_ client: WireClient, _ bytes: [UInt8], mime: String = "image/jpeg") throws
        -> String
    {
        var fields = FieldWriter()
        fields.add(.link, "check=\(ServerBench.check)")
        fields.add(.mime, mime)
        let stream = try client.ask(.put, fields, last: false)
        try client.send(.data, bytes, stream: stream, last: true)
        let answer = try client.answer(of: stream)
        return try #require(try CameraOperationTests.json(answer.reply)["id"]?.string)
    }

    @Test func `a thumbnail has the picture's shape and colours, and the size asked for`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let id = try put(client, try Self.jpeg(800, 450))
        for (width, height, size) in [
            (nil, nil, (256, 144)), (400, nil, (400, 225)), (1024, 90, (160, 90)),
            (1024, 1024, (800, 450)), (16, 16, (16, 9)),
        ] as [(Int64?, Int64?, (Int, Int))] {
            // Asked for twice: made, and kept.
            var before: [UInt8]?
            for _ in 0..<2 {
                let box = (width, height ?? (width == 400 ? 1024 : nil))
                let answer = try ask(client, id, box.0, box.1)
                let reply = try #require(answer.reply)
                #expect(try reply.text(.id) == id && reply.text(.mime) == "image/jpeg")
                #expect(try reply.bytes(.sha256) == nil && reply.int(.instant) != nil)
                #expect(try reply.int(.width) == Int64(size.0))
                #expect(try reply.int(.height) == Int64(size.1))
                #expect(try reply.int(.size) == Int64(answer.body.count))
                let header = try JPEGHeader(answer.body.span)
                #expect((header.width, header.height) == size)
                #expect(before == nil || before == answer.body)
                before = answer.body
            }
            let known = try #require(before)
            let small = try ColourPicture(
                jpeg: known.span, atLeast: size.0, size.1)
            let row = size.1 / 2 * size.0
            #expect(small.pixels[row * 3] > 150 && small.pixels[row * 3 + 2] < 100)
            let end = (row + size.0 - 1) * 3
            #expect(small.pixels[end] < 100 && small.pixels[end + 2] > 150)
        }
        try bench.close()
    }

    @Test func `what has no small picture says so, and the whole is there all the same`() throws {
        let bench = try ServerBench()
        let client = try bench.owner()
        let png = try put(client, [0x89, 0x50], mime: "image/png")
        #expect(try ask(client, png).error == .unsupported)
        let garbage = try put(client, TestLog.picture(1))
        let answer = try ask(client, garbage)
        #expect(answer.error == .unsupported)
        #expect(answer.words.contains("get the whole"))
        // A head that claims more than is decoded, 16000 x 16000, with nothing behind it.
        var huge = try Self.jpeg(16, 16)
        let start = try #require(huge.indices.first { huge[$0] == 0xFF && huge[$0 + 1] == 0xC0 })
        huge.replaceSubrange(start + 5..<start + 9, with: [0x3E, 0x80, 0x3E, 0x80])
        #expect(try ask(client, put(client, huge)).words.contains("16000x16000"))
        #expect(
            try client.request(.get) { $0.add(.id, garbage) }.body == TestLog.picture(1))
        let good = try put(client, try Self.jpeg(64, 64))
        for side in [15, 1025, -1, .max] as [Int64] {
            #expect(try ask(client, good, side).error == .invalid)
            #expect(try ask(client, good, 64, side).error == .invalid)
        }
        #expect(try ask(client, good) { $0.add(.offset, 1) }.error == .invalid)
        let other = try client.request(.get) { fields in
            fields.add(.id, good)
            fields.add(.form, "sketch")
        }
        #expect(other.error == .unsupported)
        try bench.close()
    }

    @Test func `a thumbnail takes the right to read, and is a look that the trail has`() throws {
        let bench = try ServerBench()
        let owner = try bench.owner()
        let id = try put(owner, try Self.jpeg(64, 64))
        let gateway = try WireClient(port: bench.plainPort)
        try gateway.logIn("token", secret: try bench.token([.gateway]))
        #expect(try ask(gateway, id).error == .denied)
        let auditor = try WireClient(port: bench.plainPort)
        try auditor.logIn("token", secret: try bench.token([.auditor]))
        #expect(try ask(auditor, id).reply != nil)
        let looks = try bench.lines(.read)
        #expect(
            looks.filter { $0.entry.target == id }.map { $0.entry.refusal == nil } == [
                false, true,
            ])
        try bench.close()
    }

    @Test func `more at a time than are made wait, and beyond that are refused`() throws {
        let thumbnails = Thumbnails()
        let jpeg = try Self.jpeg(64, 64)
        let gate = Monitor(false)
        let ends = Monitor((made: 0, busy: 0, called: 0))
        let box = Thumbnails.Box(width: 16, height: 16)
        let count = Thumbnails.makingMax + Thumbnails.waitingMax + 3
        let ids = (0..<count).map { RecordID(high: 7 << 12, low: 1 << 63 | UInt64($0)) }
        let threads = ids.map { id in
            Thread(name: "viewer") {
                do {
                    _ = try thumbnails.picture(of: id, in: box) { () throws(Failure) in
                        ends.withLock { $0.called += 1 }
                        gate.lock()
                        while !gate.locked { gate.wait() }
                        gate.unlock()
                        return jpeg
                    }
                    ends.withLock { $0.made += 1 }
                } catch {
                    let isBusy = (error as? Failure)?.kind == .busy
                    ends.withLock { $0.busy += isBusy ? 1 : 0 }
                }
            }
        }
        while ends.withLock({ $0.busy < 3 || $0.called < Thumbnails.makingMax }) {
            pauseFor(milliseconds: 5)
        }
        #expect(ends.withLock { $0.called } == Thumbnails.makingMax)
        gate.withLock { $0 = true }
        gate.broadcast()
        for thread in threads { thread.join() }
        #expect(ends.withLock { $0.made } == count - 3)
    }

    @Test func `what was used lately is kept, up to its cost`() {
        var kept = TwoGenerations<Int, String>(costMax: 100)
        kept.keep("a", for: 1, cost: 20)
        for key in 2...40 {
            #expect(kept.value(for: 1) == "a")
            kept.keep("b", for: key, cost: 20)
        }
        let count = (1...40).count { kept.value(for: $0) != nil }
        #expect(count <= 5)
        kept.keep("huge", for: 99, cost: 51)
        #expect(kept.value(for: 99) == nil)
    }
}
