import Base
import Foundation
import Testing
import WireProtocol

/// docs/protocol.md is what clients are written from, so it says what the program does.
struct DocumentTests {
    static let text: String = {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let path = root.appending(path: "docs/protocol.md").path
        return (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }()

    /// The cells of each row between two marks.
    static func rows(_ mark: String) -> [[String]] {
        guard let start = text.range(of: "<!-- \(mark) -->"),
            let end = text.range(of: "<!-- /\(mark) -->")
        else { return [] }
        return text[start.upperBound..<end.lowerBound].split(separator: "\n").dropFirst(2).map {
            $0.split(separator: "|", omittingEmptySubsequences: false).dropFirst().map {
                $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
            }
        }
    }

    private static func hex(_ number: UInt8) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return digits.count == 1 ? "0\(digits)" : digits
    }

    @Test func `every frame, field and error stands in its table, and nothing else`() {
        let frames = FrameType.allCases.map { ["0x\(Self.hex($0.rawValue))", "\($0)"] }
        #expect(Self.rows("frames").map { Array($0.prefix(2)) } == frames)
        let fields = FieldKey.allCases.map { [Self.hex($0.rawValue), "\($0)"] }
        #expect(Self.rows("fields").map { Array($0.prefix(2)) } == fields)
        let errors = WireError.Code.allCases.map { code in
            let retry = code.retryMilliseconds.map { $0 < 1000 ? "\($0) ms" : "\($0 / 1000) s" }
            return ["\(code.rawValue)", code.word, retry ?? ""]
        }
        let told = Self.rows("errors").map { row in
            // What is locked out is told so by the door, not by the code alone.
            row[1] == "locked-out" ? [row[0], row[1], ""] : Array(row.prefix(3))
        }
        #expect(told == errors)
    }

    @Test func `limits of frames are the ones that hold`() {
        let limits = FrameType.allCases.map { type in
            let bytes = type.payloadBytesMax
            return bytes >= 1 << 20
                ? "\(bytes >> 20) MiB" : bytes >= 1024 ? "\(bytes >> 10) KiB" : ""
        }
        for (row, limit) in zip(Self.rows("frames"), limits) where !limit.isEmpty {
            #expect(row[3].hasSuffix(limit), "\(row[1])")
        }
    }

    @Test func `every operation is there with its code`() {
        for operation in WireProtocol.Operation.allCases {
            let code = "0x" + Self.hex(UInt8(operation.rawValue))
            let isThere =
                Self.text.contains("| \(code) `\(operation)` |")
                || Self.text.contains("`\(operation)` \(code)")
            #expect(isThere, "\(operation) \(code)")
        }
    }

    @Test func `the example's bytes are a conversation`() throws {
        guard let start = Self.text.range(of: "00 00 00 18 01"),
            let end = Self.text.range(of: "and gets `welcome`")
        else {
            Issue.record("the example is gone")
            return
        }
        var bytes: [UInt8] = []
        for line in Self.text[start.lowerBound..<end.lowerBound].split(separator: "\n") {
            for word in line.split(separator: " ") {
                guard word.count == 2, let byte = UInt8(word, radix: 16) else { break }
                bytes.append(byte)
            }
        }
        var session = ServerSession()
        let events = ServerSessionTests.events(bytes, pieces: [bytes.count], &session)
        #expect(events.count == 3)
        #expect(events.last == "request 1 82 [] true")
    }
}
