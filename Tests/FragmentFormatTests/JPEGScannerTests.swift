import Base
import Crypto
import FragmentFormat
import Testing

@Suite struct JPEGScannerTests {
    private func scan(_ bytes: [UInt8], piece: Int? = nil) -> JPEGScanner {
        var scanner = JPEGScanner()
        let piece = piece ?? max(1, bytes.count)
        for start in stride(from: 0, to: bytes.count, by: piece) {
            scanner.feed(bytes.span.extracting(start..<min(start + piece, bytes.count)))
        }
        return scanner
    }

    @Test(arguments: [nil, 1, 2, 3, 7, 100])
    func `a whole picture is whole in pieces of any size`(piece: Int?) {
        let picture = SampleJPEG.picture(comment: [1, 2, 3])
        let scanner = scan(picture, piece: piece)
        #expect(scanner.verdict == .whole)
        #expect(scanner.size == JPEGScanner.Size(width: 640, height: 480))
        #expect(scanner.byteCount == picture.count)
        #expect(scanner.commentCount == 1)
        #expect(scanner.hasHuffmanTables && !scanner.lacksTables)
        #expect(scanner.trailingCount == 0)
    }

    @Test func `a picture cut anywhere is not whole`() {
        let picture = SampleJPEG.picture(scanBytes: 60)
        for length in 0..<picture.count {
            let verdict = scan(Array(picture.prefix(length))).verdict
            #expect(verdict == (length == 0 ? .broken : .truncated), "cut at \(length)")
        }
    }

    @Test func `what follows the end is not the picture`() {
        let picture = SampleJPEG.picture()
        var scanner = JPEGScanner()
        let padded = picture + [0, 0, 0xFF, 0xD9, 13, 10]
        let belonging = scanner.feed(padded.span)
        #expect(belonging == picture.count)
        #expect(scanner.verdict == .whole && scanner.trailingCount == 0)
        let more: [UInt8] = [1, 2, 3]
        let none = scanner.feed(more.span)
        #expect(none == 0)
        #expect(scanner.trailingCount == 3 && scanner.byteCount == picture.count)
    }

    @Test func `several scans and fill bytes are allowed`() {
        let picture: [UInt8] =
            [0xFF, 0xD8] + SampleJPEG.frameHeader(0xC2, width: 16, height: 8)
            + [0xFF, 0xFF] + JPEGTables.standard + SampleJPEG.scanHeader + SampleJPEG.scan(50)
            + [0xFF] + SampleJPEG.segment(0xC4, [1, 2]) + SampleJPEG.scanHeader + [0xFF, 0x00]
            + [0xFF, 0xFF, 0xFF, 0xD9]
        #expect(scan(picture).verdict == .whole)
        #expect(scan(picture, piece: 1).verdict == .whole)
    }

    @Test(arguments: [
        Array("<html>camera busy</html>".utf8), [0xFF, 0xD8, 0x00], [0xFF, 0xD8, 0xFF, 0xD9],
        [0xFF, 0xD8, 0xFF, 0xC0, 0x00, 0x01], [0xFF, 0xD8] + SampleJPEG.scanHeader,
        [0xFF, 0xD8] + SampleJPEG.frameHeader(width: 0, height: 480),
        [0xFF, 0xD8] + SampleJPEG.segment(0xC0, [8, 0, 1]), [0xFF, 0xD8, 0xFF, 0xD8],
    ])
    func `what is no JPEG is broken, whatever follows`(bytes: [UInt8]) {
        #expect(scan(bytes + SampleJPEG.picture()).verdict == .broken)
        #expect(scan(bytes + SampleJPEG.picture(), piece: 1).verdict == .broken)
    }

    @Test func `flipped bits never crash, and pieces do not change the verdict`() {
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            var picture = SampleJPEG.picture(scanBytes: 100)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                picture[Int.random(in: 0..<picture.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
            }
            let whole = scan(picture)
            let bytewise = scan(picture, piece: 1)
            #expect(whole.verdict == bytewise.verdict && whole.size == bytewise.size)
        }
    }

    /// Macros cannot hold spans.
    private static func inserted(_ picture: [UInt8]) -> [UInt8]? {
        JPEGTables.inserted(into: picture.span)
    }

    @Test func `missing tables are seen, and the standard ones go before the scan`() throws {
        let picture = SampleJPEG.picture(tables: false)
        #expect(scan(picture).lacksTables)
        let inserted = try #require(Self.inserted(picture))
        #expect(inserted == SampleJPEG.picture(tables: true))
        #expect(Self.inserted(inserted) == nil)
    }

    @Test func `inserting tables into anything else changes nothing`() {
        let picture = SampleJPEG.picture(tables: false)
        for length in 0..<90 {
            #expect(Self.inserted(Array(picture.prefix(length))) == nil)
        }
        #expect(Self.inserted([0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0xFF, 0xDA]) == nil)
    }

    /// The same bytes as in a picture that ffmpeg wrote with `-huffman default`.
    @Test func `the standard tables are those of the standard`() {
        let tables = JPEGTables.standard
        let digest = SHA256.hash(tables.span)
        #expect(tables.count == 420)
        #expect(
            digest.description
                == "61c9136fec639109467111f35241456fa84980e115cecae6273ae323b0d320bc")
    }
}
