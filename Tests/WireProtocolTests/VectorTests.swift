import Base
import Foundation
import Testing
import WireProtocol

/// `Vectors/protocol.txt`, which tests of every client read as well.
struct VectorTests {
    struct Line {
        let bytes: [UInt8]
        let meaning: String
    }

    struct Block {
        let kind: String
        let title: String
        var lines: [Line] = []
        var text: [String] = []
        var bytes: [UInt8] { lines.flatMap(\.bytes) }
    }

    static let blocks: [Block] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "Vectors/protocol.txt").path
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        var blocks: [Block] = []
        for line in text.components(separatedBy: "\n") where !line.hasPrefix("#") {
            if let colon = line.range(of: ": "), !line.contains("  ") {
                blocks.append(
                    Block(
                        kind: String(line[..<colon.lowerBound]),
                        title: String(line[colon.upperBound...])))
            } else if !line.isEmpty {
                let parts = line.components(separatedBy: "  ")
                blocks[blocks.count - 1].text.append(line)
                blocks[blocks.count - 1].lines.append(
                    Line(
                        bytes: parts[0].split(separator: " ").compactMap { UInt8($0, radix: 16) },
                        meaning: parts.dropFirst().joined(separator: "  ")))
            }
        }
        return blocks
    }()

    static func of(_ kind: String) -> [Block] { blocks.filter { $0.kind == kind } }

    /// The bytes of `key = value`, `flag` or `0xF0 = 0xFF00`.
    private static func field(_ meaning: String) throws -> [UInt8] {
        let parts = meaning.components(separatedBy: " = ")
        let value = parts.dropFirst().joined(separator: " = ")
        guard let key = FieldKey.allCases.first(where: { "\($0)" == parts[0] }) else {
            let raw = value.hasPrefix("0x") ? try bytes(hex: value) : Array(value.utf8)
            return try bytes(hex: parts[0]) + [0, 0, UInt8(raw.count)] + raw
        }
        var writer = FieldWriter()
        switch FieldShape(key: key.rawValue) {
        case .text, .json, .unknown: writer.add(key, value)
        case .integer: writer.add(key, try #require(Int64(value)))
        case .bytes: writer.add(key, try bytes(hex: value))
        case .flag: writer.add(key)
        }
        return writer.bytes
    }

    private static func bytes(hex: String) throws -> [UInt8] {
        try #require([UInt8](hex: hex.dropFirst(2).lowercased()))
    }

    /// The head that `request code=0x31 stream=1 last` stands for.
    private static func head(_ meaning: String, _ count: Int) throws -> [UInt8] {
        let words = meaning.split(separator: " ")
        func number(_ name: String) -> Int {
            let value = words.first { $0.hasPrefix("\(name)=") }?.dropFirst(name.count + 1) ?? "0"
            return value.hasPrefix("0x") ? Int(value.dropFirst(2), radix: 16)! : Int(value)!
        }
        let known = FrameType.allCases.first { "\($0)" == words[0] }
        var header = FrameHeader(
            known ?? .ping, payloadBytes: count, code: UInt16(number("code")),
            stream: UInt32(number("stream")), last: words.last == "last")
        if known == nil { header.type = try bytes(hex: String(words[0]))[0] }
        var bytes: [UInt8] = []
        header.append(to: &bytes)
        #expect(FrameHeader(decoding: bytes.span, at: 0) == header)
        return bytes
    }

    @Test func `frames and fields are written with exactly these bytes`() throws {
        #expect(Self.of("frame").count > 20 && Self.of("fields").count > 5)
        for block in Self.of("frame") {
            let payload = block.lines.dropFirst()
            let count = payload.reduce(0) { $0 + $1.bytes.count }
            let first = try #require(block.lines.first)
            #expect(try Self.head(first.meaning, count) == first.bytes, "\(block.title)")
            for line in payload where line.meaning != "bytes" {
                #expect(try Self.field(line.meaning) == line.bytes, "\(line.meaning)")
            }
        }
        for block in Self.of("fields") {
            for line in block.lines {
                #expect(try Self.field(line.meaning) == line.bytes, "\(line.meaning)")
            }
        }
        let types = Set(Self.of("frame").compactMap { FrameType(rawValue: $0.bytes[4]) })
        #expect(types == Set(FrameType.allCases), "one of each type")
    }

    @Test func `what was written is read, and nothing of what must be refused`() {
        for block in Self.of("frame") {
            let payload = block.lines.dropFirst()
            guard !payload.contains(where: { $0.meaning == "bytes" }) else { continue }
            #expect(FieldsTests.refusal(payload.flatMap(\.bytes)) == nil, "\(block.title)")
        }
        for block in Self.of("fields") {
            #expect(FieldsTests.refusal(block.bytes) == nil, "\(block.title)")
        }
        #expect(Self.of("refused fields").count > 10)
        for block in Self.of("refused fields") {
            #expect(FieldsTests.refusal(block.bytes) == .invalid, "\(block.title)")
        }
    }

    @Test func `heads beyond their limits end the connection`() {
        let start = ServerSessionTests.hello + ServerSessionTests.frame(.auth, [7])
        #expect(Self.of("refused frame").count > FrameType.allCases.count)
        for block in Self.of("refused frame") {
            #expect(
                ServerSessionTests.events(start, block.bytes).last == "violated tooLarge",
                "\(block.title)")
        }
    }

    @Test func `the document shows every frame as it stands here`() throws {
        let text = DocumentTests.text
        let start = try #require(text.range(of: "<!-- vectors -->\n"))
        let end = try #require(text.range(of: "<!-- /vectors -->"))
        let shown = text[start.upperBound..<end.lowerBound]
        let wanted = Self.of("frame").map { block in
            "\(block.title.prefix(1).uppercased())\(block.title.dropFirst()):\n\n```\n"
                + block.text.joined(separator: "\n") + "\n```\n"
        }
        #expect(shown == "\n" + wanted.joined(separator: "\n") + "\n")
    }
}
