import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import TestSupport
import Testing

/// A data directory that version 1 wrote, kept for ever. With `PROOFREEL_WRITE_GOLDEN=1` one that
/// does not exist is made; one that exists is never replaced by a test.
@Suite struct GoldenTests {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    private static let folder = here.appendingPathComponent("Golden/v1")
    private static let document = here.deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("docs/storage-format.md")
    private static let files = [
        "FORMAT", "epoch/1", "objects/log/checkpoints", "objects/log/level-0/000000",
        "objects/log/places/000000", "objects/segments/00000000",
    ]
    private static let picture = Array("the bytes of a picture".utf8)
    private static let check = "odoo:6f1c/quality.check/17"

    private func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: Self.folder.appendingPathComponent(name)))
    }

    /// The run that the files come from.
    private func write() throws {
        guard ProcessInfo.processInfo.environment["PROOFREEL_WRITE_GOLDEN"] == "1",
            !FileManager.default.fileExists(atPath: Self.folder.path)
        else { return }
        let room = try Room()
        var capture = Capture()
        capture.links = [
            try .check(Self.check, refs: ["QC-000001"]), try .operatorName("Ada Lovelace"),
        ]
        capture.request = "odoo-4711"
        _ = try room.log.addSnapshot(
            camera: "press-3", instant: room.clock.now, capture, payload: Self.picture.span,
            by: Author(actor: "erp:odoo", session: "s-17"))
        _ = try room.log.close(
            check: Self.check, verdict: "pass", reason: "signed off", by: TestLog.author)
        try room.log.close()
        for name in Self.files {
            let url = Self.folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(room.folder.bytes(name)).write(to: url)
        }
    }

    private func copy() throws -> Scratch {
        try write()
        let copy = Scratch()
        for name in Self.files { copy.write(name, try read(name)) }
        return copy
    }

    @Test func `a data directory of version 1 opens, answers and proves`() throws {
        let room = try Room(in: try copy())
        #expect(!room.report.isNew)
        #expect(room.report.checkpointSize == 5)
        #expect(room.report.takenOver == 0)
        #expect(room.report.reindexed == 5)
        let id = try #require(try room.find("check", "QC-000001").first)
        #expect(try room.find("check", Self.check) == [id])
        #expect(try room.find("operator", "Ada Lovelace") == [id])
        #expect(try room.log.payload(of: id) == Self.picture)
        #expect(try room.log.record(id).index == 3)
        #expect(try room.log.receipt(forRequest: "odoo-4711")?.id == id)
        let chain = try room.log.chain(of: Self.check)
        #expect(chain.map(\.kind) == [.snapshot, .close])
        #expect(try room.log.isClosed(check: Self.check))
        for index in UInt64(0)..<5 {
            _ = try room.log.prove(index).verify(
                leaf: try room.log.leaf(at: index).hash, origin: TestLog.origin,
                keys: [TestLog.logSigner().verifierKey])
        }
        try room.log.close()
    }

    @Test func `it goes on from where it stood and changes nothing of what was there`() throws {
        let room = try Room(in: try copy())
        _ = try room.add(1)
        try room.log.close()
        for name in Self.files where name != "epoch/1" {
            let old = try read(name)
            #expect(Array(room.folder.bytes(name).prefix(old.count)) == old, "\(name)")
        }
    }

    // MARK: The document

    private struct Excerpt {
        let file: String
        let offset: Int
        let count: Int
        let lines: [String]
    }

    /// Fenced blocks that follow a line such as `<!-- bytes objects/log/places/000000 0 80 -->`.
    private func excerpts() throws -> [Excerpt] {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let lines = text.components(separatedBy: "\n")
        var found: [Excerpt] = []
        for (i, line) in lines.enumerated() where line.hasPrefix("<!-- bytes ") {
            let words = line.split(separator: " ")
            let start = try #require(lines[i...].firstIndex { $0.hasPrefix("```") }) + 1
            let end = try #require(lines[start...].firstIndex { $0.hasPrefix("```") })
            found.append(
                Excerpt(
                    file: String(words[2]), offset: try #require(Int(words[3])),
                    count: try #require(Int(words[4])), lines: Array(lines[start..<end])))
        }
        return found
    }

    /// What `hexdump -C` prints, without its last line.
    private func dump(_ bytes: [UInt8], from offset: Int) -> [String] {
        stride(from: 0, to: bytes.count, by: 16).map { start in
            let row = bytes[start..<min(start + 16, bytes.count)]
            var hex = ""
            for i in 0..<16 {
                if i == 8 { hex += " " }
                hex += i < row.count ? " " + [row[start + i]].hex : "   "
            }
            let text = row.map { (0x20...0x7E).contains($0) ? Character(UnicodeScalar($0)) : "." }
            var place: [UInt8] = []
            place.appendBigEndian(UInt32(offset + start))
            return "\(place.hex) \(hex)  |\(String(text))|"
        }
    }

    @Test func `the document shows the bytes that are on disk`() throws {
        let excerpts = try excerpts()
        #expect(excerpts.count >= 6)
        for excerpt in excerpts {
            let file = try read(excerpt.file)
            let end = excerpt.offset + excerpt.count
            try #require(end <= file.count)
            let expected = dump(Array(file[excerpt.offset..<end]), from: excerpt.offset)
            #expect(
                excerpt.lines == expected,
                "\(excerpt.file) at \(excerpt.offset):\n\(expected.joined(separator: "\n"))")
        }
    }

    @Test func `the excerpts of the segment leave nothing out`() throws {
        let file = try read("objects/segments/00000000")
        let parts = try excerpts().filter { $0.file == "objects/segments/00000000" }
        let header = try #require(parts.first)
        #expect(header.offset == 0 && header.count == 128)
        // From the snapshot on, what the document explains is the whole rest of the file.
        var position = try #require(parts.dropFirst().first).offset
        for part in parts.dropFirst() {
            #expect(part.offset == position)
            position += part.count
        }
        #expect(position == file.count)
    }

    @Test func `the program in the document reads the segment`() throws {
        let text = try String(contentsOf: Self.document, encoding: .utf8)
        let start = try #require(text.range(of: "```python\n")).upperBound
        let end = try #require(text.range(of: "\n```", range: start..<text.endIndex)).lowerBound
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let segment = Self.folder.appendingPathComponent("objects/segments/00000000").path
        python.arguments = ["python3", "-c", String(text[start..<end]), segment]
        let pipe = Pipe()
        python.standardOutput = pipe
        python.standardInput = FileHandle.nullDevice
        try python.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        python.waitUntilExit()
        #expect(python.terminationStatus == 0)
        let hashes = try read("objects/log/level-0/000000")
        let kinds = ["genesis", "keyset", "boot", "snapshot", "close"]
        let lines = kinds.enumerated().map { i, kind in
            "\(i) \(kind) \(Array(hashes[(32 * i)..<(32 * i + 32)]).hex)"
        }
        #expect(
            String(decoding: output, as: UTF8.self).split(separator: "\n").map(String.init) == lines
        )
    }
}
