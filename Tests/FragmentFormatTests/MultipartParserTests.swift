import Base
import FragmentFormat
import Testing

@Suite struct MultipartParserTests {
    struct Result: Equatable {
        var headers: [PartHeader] = []
        var parts: [[UInt8]] = []
        /// The last part did not end.
        var open = false
        var ended = false
        var failure: String?
    }

    /// Feeds `bytes` in pieces and collects what comes out.
    static func parse(_ bytes: [UInt8], boundary: String?, piece: Int? = nil) -> Result {
        var parser = MultipartParser(boundary: boundary)
        var result = Result()
        let piece = piece ?? max(1, bytes.count)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            let input = bytes.span.extracting(start..<min(start + piece, bytes.count))
            var position = 0
            feed: while true {
                switch parser.next(input, &position) {
                case .needsMore: break feed
                case .partBegan(let header):
                    result.headers.append(header)
                    result.parts.append([])
                    result.open = true
                case .body(let range):
                    result.parts[result.parts.count - 1] += input.extracting(range).array()
                case .heldBody(let range):
                    result.parts[result.parts.count - 1] += parser.held[range]
                case .partEnded: result.open = false
                case .ended:
                    result.ended = true
                    return result
                case .failed(let words):
                    result.failure = words
                    return result
                }
            }
        }
        return result
    }

    private static let first = Array("first\r\n--fr\n\r\r\nend".utf8)
    private static let second: [UInt8] = [0xFF, 0xD8, 0x0D, 0x0A, 0x2D, 0x2D, 0x66, 0xFF, 0xD9]

    private static func stream(
        _ boundary: String = "--frame", line: String = "\r\n", preamble: String = "",
        length: Int? = 0, closes: Bool = true
    ) -> [UInt8] {
        var bytes = Array(preamble.utf8)
        for part in [first, second] {
            bytes += Array((boundary + line + "Content-Type: image/jpeg; q=1" + line).utf8)
            if let length {
                bytes += Array("content-length: \(part.count + length)\(line)".utf8)
            }
            bytes += Array(("X-Timestamp: 1763676000.5" + line + line).utf8)
            bytes += part + Array(line.utf8)
        }
        return bytes + Array((boundary + (closes ? "--" : "") + line).utf8)
    }

    private static let pieces: [Int?] = [nil, 1, 2, 3, 5, 11, 64]

    @Test(arguments: pieces)
    func `parts come out as they were, in pieces of any size`(piece: Int?) {
        for line in ["\r\n", "\n"] {
            let bytes = Self.stream(line: line)
            let result = Self.parse(bytes, boundary: "frame", piece: piece)
            #expect(result.parts == [Self.first, Self.second])
            #expect(result.ended && result.failure == nil)
            #expect(result.headers.map(\.contentLength) == [18, 9])
            #expect(result.headers.map(\.contentType) == ["image/jpeg", "image/jpeg"])
            #expect(
                result.headers[0].timestamp == WallTime(microseconds: 1_763_676_000_500_000))
        }
    }

    @Test(
        arguments: [
            ("--frame", "--frame"), ("--frame", "\"frame\""), ("frame", "frame"),
            ("--frame", "another"), ("--frame", nil), ("--frame", ""), ("----frame", "--frame"),
        ] as [(String, String?)])
    func `the boundary in the stream counts, whatever was declared`(
        actual: String, declared: String?
    ) {
        for piece in Self.pieces {
            let result = Self.parse(Self.stream(actual), boundary: declared, piece: piece)
            #expect(result.parts == [Self.first, Self.second] && result.ended)
        }
    }

    @Test func `a wrong or missing length changes nothing`() {
        for length in [nil, 1000, -4, 1 << 40] {
            let result = Self.parse(Self.stream(length: length), boundary: "frame", piece: 4)
            #expect(result.parts == [Self.first, Self.second])
        }
    }

    @Test func `text before the first boundary is skipped`() {
        let bytes = Self.stream(preamble: "Welcome\r\n\r\n--not this\r\n")
        #expect(Self.parse(bytes, boundary: "frame").parts == [Self.first, Self.second])
        #expect(Self.parse(Self.stream(preamble: "\r\n\r\n"), boundary: nil).parts.count == 2)
    }

    @Test func `parts may be empty`() {
        let bytes = Array("--b\r\n\r\n--b\r\n\r\n\r\n--b--\r\n".utf8)
        for piece in Self.pieces {
            let result = Self.parse(bytes, boundary: "b", piece: piece)
            #expect(result.parts == [[], []] && result.ended)
        }
    }

    @Test func `a stream without a boundary fails at its limit`() {
        let html = Array("<html>camera busy</html>\n".utf8)
        var bytes: [UInt8] = []
        while bytes.count <= MultipartParser.preambleBytesMax { bytes += html }
        #expect(Self.parse(bytes, boundary: "frame").failure?.contains("64 KiB") == true)
        let line = [UInt8](repeating: 0x41, count: MultipartParser.preambleBytesMax + 2)
        #expect(Self.parse(line, boundary: "frame", piece: 1000).failure != nil)
    }

    @Test func `a header without end fails at its limit`() {
        let long = Array("--b\r\nX: ".utf8) + [UInt8](repeating: 0x41, count: 17 << 10)
        #expect(Self.parse(long, boundary: "b").failure?.contains("16 KiB") == true)
        let many = Array("--b\r\n".utf8) + (0..<5000).flatMap { Array("X\($0): y\n".utf8) }
        #expect(Self.parse(many, boundary: "b", piece: 100).failure?.contains("16 KiB") == true)
    }

    @Test func `a stream cut anywhere gives the parts before the cut`() {
        let bytes = Self.stream(closes: false)
        for length in 0..<bytes.count {
            let result = Self.parse(Array(bytes.prefix(length)), boundary: "frame", piece: 3)
            let ended = result.open ? result.parts.dropLast() : result.parts[...]
            #expect([[Self.first, Self.second], [Self.first], []].contains(Array(ended)))
            #expect(result.failure == nil)
        }
    }

    @Test func `flipped bits never crash, and pieces do not change the result`() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<300 {
            var bytes = Self.stream()
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            let whole = Self.parse(bytes, boundary: "frame")
            for piece in [1, 2, 7] {
                let pieces = Self.parse(bytes, boundary: "frame", piece: piece)
                #expect(pieces.parts == whole.parts && pieces.ended == whole.ended)
            }
        }
    }

    @Test(arguments: ["", "x", "-5", "1763676000.12x", "99999999999999999999", "1.2.3"])
    func `a timestamp that is none is left out`(text: String) {
        let bytes = Array("--b\r\nX-Timestamp: \(text)\r\n\r\n".utf8)
        #expect(Self.parse(bytes, boundary: "b").headers.map(\.timestamp) == [nil])
    }
}
