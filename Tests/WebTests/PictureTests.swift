import Access
import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import HTTPFormat
import JPEG
import ServerSupport
import TestSupport
import Testing
import Web

/// Pictures by what they belong to, and at addresses that never mean anything else.
@Suite(.serialized) struct PictureTests {
    /// Keys as they are in real systems, and as somebody may make them up.
    static let keys = [
        "odoo:6f1c/quality.check/17", "odoo:6f1c/quality.check/4294967299", "QC|000001",
        "WH/MO/00001",
        "Prüfung Ä", "🔩/ø 12 mm", "a b+c%2F", "é", "e\u{301}", "x?y#z&k=v",
    ]

    private func list(
        _ bench: WebBench, _ target: String, _ login: String
    ) throws -> [[String: Any]] {
        let answer = try bench.ask(target, login)
        #expect(answer.status == 200, "\(answer.text)")
        return answer.json["pictures"] as? [[String: Any]] ?? []
    }

    @Test func `the pictures of a check are found by its key, whatever letters it has`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        for (i, key) in Self.keys.enumerated() {
            try bench.put(TestLog.picture(i), [("check", key)])
        }
        for (i, key) in Self.keys.enumerated() {
            let path = "/checks/\(PercentText.encode(key))/pictures"
            let found = try list(bench, path, login)
            try #require(found.count == 1, "\(key)")
            let sha256 = found[0]["sha256"] as? String
            #expect(sha256 == SHA256.hash(TestLog.picture(i).span).hex)
            #expect(found[0]["bytes"] as? Int == 2000)
            #expect(found[0]["instant"] as? String != nil)
            #expect((found[0]["links"] as? [[String: Any]])?.first?["value"] as? String == key)
            let url = try #require(found[0]["url"] as? String)
            #expect(url.hasPrefix("/pictures/\(sha256 ?? "?")/"))
            #expect(try bench.ask(url, login).body == TestLog.picture(i))
            let again = try list(bench, "/pictures?check=\(PercentText.encode(key))", login)
            #expect(again.first?["url"] as? String == url)
        }
        try bench.close()
    }

    @Test func `slashes of a key may stand as they are`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        try bench.put(TestLog.picture(1), [("check", "odoo:6f1c/quality.check/17")])
        #expect(try list(bench, "/checks/odoo:6f1c/quality.check/17/pictures", login).count == 1)
        try bench.close()
    }

    @Test func `a bare number and an empty key are refused with a sentence`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        for path in ["/checks/17/pictures", "/checks//pictures", "/pictures?check="] {
            let answer = try bench.ask(path, login)
            #expect(answer.status == 400, "\(path)")
        }
        #expect(try bench.ask("/checks/17/pictures", login).text.contains("bare number"))
        try bench.close()
    }

    @Test func `a picture of a work order is found by the check that is made a minute later`()
        throws
    {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        let id = try bench.put(TestLog.picture(1), [("work-order", "WH/MO/00001")])
        let check = "/checks/odoo%3A6f1c%2Fquality.check%2F17/pictures"
        #expect(try list(bench, check, login).isEmpty)
        _ = try bench.server.log.link(
            id, to: [Link(kind: "check", value: "odoo:6f1c/quality.check/17")],
            reason: "the order was posted", by: TestLog.author)
        #expect(try list(bench, check, login).count == 1)
        let order = try bench.ask("/find?work-order=WH%2FMO%2F00001", login)
        #expect((order.json["records"] as? [Any])?.count == 1)
        try bench.close()
    }

    @Test func `two databases with the same ids never mix`() throws {
        let bench = try WebBench()
        let login = try bench.bearer(.auditor)
        try bench.put(TestLog.picture(1), [("check", "odoo:one/quality.check/17")])
        try bench.put(TestLog.picture(2), [("check", "odoo:two/quality.check/17")])
        for (i, name) in ["one", "two"].enumerated() {
            let found = try list(bench, "/checks/odoo:\(name)/quality.check/17/pictures", login)
            try #require(found.count == 1)
            #expect(
                found[0]["sha256"] as? String == SHA256.hash(TestLog.picture(i + 1).span).hex)
        }
        try bench.close()
    }

    /// One picture, its address, and somebody who may see it.
    private func one(_ bench: WebBench, _ bytes: [UInt8]) throws -> (url: String, login: String) {
        let id = try bench.put(bytes, [("check", ServerBench.check)])
        return (
            "/pictures/\(SHA256.hash(bytes.span).hex)/\(id).jpg", try bench.bearer(.auditor)
        )
    }

    @Test func `HEAD, tags and parts of a picture are as HTTP says`() throws {
        let bench = try WebBench()
        let bytes = TestLog.picture(3, bytes: 100_000)
        let (url, login) = try one(bench, bytes)
        let whole = try bench.ask(url, login)
        let tag = try #require(whole.header("ETag"))
        #expect(tag == "\"\(SHA256.hash(bytes.span).hex)\"")
        #expect(whole.header("Cache-Control") == "private, max-age=31536000, immutable")
        #expect(whole.header("Content-Type") == "image/jpeg")
        #expect(whole.header("X-Content-Type-Options") == "nosniff")
        let head = try bench.ask(url, login, method: "HEAD")
        #expect(head.status == 200 && head.header("Content-Length") == "100000")
        for header in [
            "If-None-Match: \(tag)", "If-None-Match: \"x\", W/\(tag)", "If-None-Match: *",
        ] {
            let same = try bench.ask(url, login, header)
            #expect(same.status == 304 && same.body.isEmpty && same.header("ETag") == tag)
        }
        #expect(try bench.ask(url, login, "If-None-Match: \"x\"").status == 200)
        let part = try bench.ask(url, login, "Range: bytes=10-19")
        #expect(part.status == 206 && part.body == Array(bytes[10..<20]))
        #expect(part.header("Content-Range") == "bytes 10-19/100000")
        #expect(try bench.ask(url, login, "Range: bytes=-5").body == Array(bytes.suffix(5)))
        #expect(try bench.ask(url, login, "Range: bytes=99990-").body == Array(bytes.suffix(10)))
        let beyond = try bench.ask(url, login, "Range: bytes=100000-")
        #expect(beyond.status == 416 && beyond.header("Content-Range") == "bytes */100000")
        let old = try bench.ask(url, login, "Range: bytes=10-19", "If-Range: \"old\"")
        #expect(old.status == 200 && old.body == bytes)
        try bench.close()
    }

    @Test func `an address with another hash, another id or another ending leads nowhere`() throws {
        let bench = try WebBench()
        let (url, login) = try one(bench, TestLog.picture(4))
        let other = SHA256.hash(TestLog.picture(5).span).hex
        let parts = url.split(separator: "/")
        for path in [
            "/pictures/\(other)/\(parts[2])", "/pictures/\(parts[1])/\(parts[2].dropLast(3))png",
            "/pictures/\(parts[1])/x.jpg", "/pictures/\(parts[1])", "/pictures/\(parts[1])/../x",
            "/pictures/\(parts[1])/\(parts[2])/x",
        ] {
            #expect(try bench.ask(path, login).status == 404, "\(path)")
        }
        #expect(try bench.ask(url, login).status == 200)
        try bench.close()
    }

    @Test func `whoever reads by link alone reads what a list has told him, and does not browse`()
        throws
    {
        let bench = try WebBench()
        try bench.put(TestLog.picture(6), [("check", ServerBench.check)])
        let erp = try bench.bearer(.erp)
        let found = try list(
            bench, "/checks/\(PercentText.encode(ServerBench.check))/pictures", erp)
        let url = try #require(found.first?["url"] as? String)
        #expect(try bench.ask(url, erp).body == TestLog.picture(6))
        #expect(try bench.ask("/find", erp).status == 403)
        try bench.close()
    }

    @Test func `a receipt has the leaf and a proof that it is in the log`() throws {
        let bench = try WebBench()
        try bench.put(TestLog.picture(7), [("check", ServerBench.check)])
        let login = try bench.bearer(.auditor)
        let found = try list(
            bench, "/checks/\(PercentText.encode(ServerBench.check))/pictures", login)
        let receipt = try bench.ask(#require(found.first?["receipt_url"] as? String), login)
        let leaf = try #require(receipt.json["leaf"] as? String)
        let index = UInt64(try #require(receipt.json["index"] as? Int))
        #expect(try bench.server.log.leaf(at: index).bytes == Array(leaf.utf8))
        #expect(receipt.json["proof"] as? String != nil)
        try bench.close()
    }

    @Test func `a small picture of a picture has a size, a tag of its own, and no other form`()
        throws
    {
        let pixels = [UInt8](repeating: 90, count: 800 * 450 * 3)
        let jpeg = try ColourPicture(width: 800, height: 450, pixels: pixels).jpeg(quality: 90)
        let bench = try WebBench()
        let (url, login) = try one(bench, jpeg)
        let small = try bench.ask("\(url)?size=256", login)
        #expect(small.status == 200)
        let header = try JPEGHeader(small.body.span)
        #expect((header.width, header.height) == (256, 144))
        let tag = try #require(small.header("ETag"))
        #expect(tag != (try bench.ask(url, login).header("ETag")))
        #expect(try bench.ask("\(url)?size=256", login, "If-None-Match: \(tag)").status == 304)
        for size in ["15", "1025", "x", "-1", ""] {
            #expect(try bench.ask("\(url)?size=\(size)", login).status == 400)
        }
        let id = try bench.put(Array("text".utf8), [("check", "a/b")], mime: "text/html")
        let page = "/pictures/\(SHA256.hash(Array("text".utf8).span).hex)/\(id).bin"
        #expect(try bench.ask("\(page)?size=64", login).status == 422)
        // What a browser would run is offered for saving.
        let whole = try bench.ask(page, login)
        #expect(whole.header("Content-Type") == "application/octet-stream")
        #expect(whole.header("Content-Disposition") == "attachment")
        try bench.close()
    }

    @Test func `an address is good after a restart`() throws {
        let bench = try WebBench()
        let (url, login) = try one(bench, TestLog.picture(8))
        let first = try bench.ask(url, login)
        bench.gateway.end()
        let second = try WebBench.again(bench)
        let again = try HTTPProbe(port: second.port).ask(url, [login])
        #expect(again.body == first.body && again.header("ETag") == first.header("ETag"))
        second.gateway.end()
        try bench.server.close()
    }
}
