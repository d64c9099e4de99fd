import FragmentFormat
import Testing

/// Frames as viewers get them: one end marker, at the end.
@Suite struct JPEGViewTests {
    static let scan: [UInt8] = [0xFF, 0xDA, 0, 3, 1, 7, 0xFF, 0x00, 9, 0xFF, 0xD0, 8, 0xFF, 0xFF]
    static let end: [UInt8] = [0xFF, 0xD9]

    static func segment(_ marker: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        let count = bytes.count + 2
        return [0xFF, marker, UInt8(count >> 8), UInt8(count & 255)] + bytes
    }
    static func picture(_ segments: [[UInt8]], _ after: [UInt8] = []) -> [UInt8] {
        [0xFF, 0xD8] + segments.flatMap(\.self) + scan + end + after
    }
    private static let frame = segment(0xC0, [8, 0, 1, 0, 1])
    private static let thumbnail = segment(0xE1, Array("Exif".utf8) + picture([frame]))

    private func view(_ bytes: [UInt8]) -> [UInt8]? {
        JPEGView.parts(bytes.span).map { $0.flatMap { bytes[$0] } }
    }

    private func endMarkers(_ bytes: [UInt8]) -> Int {
        zip(bytes, bytes.dropFirst()).count { $0.0 == 0xFF && $0.1 == 0xD9 }
    }

    @Test func `a plain picture stays as it is, in one piece`() {
        let plain = Self.picture([Self.segment(0xE0, Array("JFIF".utf8)), Self.frame])
        #expect(JPEGView.parts(plain.span) == [0..<plain.count])
    }

    @Test(
        arguments: [[0, 0, 0], [0xFF, 0xD9], [0xFF, 0xFF, 0xD9, 1], Array("text".utf8)] as [[UInt8]]
    )
    func `what a camera appends is cut off`(after: [UInt8]) {
        let plain = Self.picture([Self.frame])
        #expect(view(plain + after) == plain)
    }

    @Test func `a segment with a thumbnail inside is left out, others stay`() {
        let first = Self.segment(0xE0, Array("JFIF".utf8))
        let made = Self.picture([first, Self.thumbnail, Self.segment(0xFE, [1, 2]), Self.frame])
        #expect(endMarkers(made) == 2)
        let seen = view(made)
        #expect(seen == Self.picture([first, Self.segment(0xFE, [1, 2]), Self.frame]))
        #expect(seen.map(endMarkers) == 1)
    }

    @Test func `a segment whose length looks like an end marker is left out`() {
        let made = Self.picture([
            Self.segment(0xE2, [UInt8](repeating: 1, count: 0xFFD9 - 2)), Self.frame,
        ])
        #expect(view(made) == Self.picture([Self.frame]))
    }

    @Test func `a picture of several scans ends after the last`() {
        let made =
            [0xFF, 0xD8] + Self.frame + Self.scan + Self.segment(0xC4, [1, 2]) + Self.scan
            + Self.end
        #expect(view(made + [0, 0]) == made)
    }

    @Test func `what is not whole has no view, wherever it is cut`() {
        let whole = Self.picture([Self.segment(0xE0, [1, 2]), Self.thumbnail, Self.frame])
        for count in 0..<whole.count { #expect(view(Array(whole.prefix(count))) == nil) }
        #expect(view(whole) != nil)
        #expect(view([0xFF, 0xD8, 0xFF, 0xD8] + Self.end) == nil)
        #expect(view([0xFF, 0xD8, 0xFF, 0xE0, 0, 1] + Self.scan + Self.end) == nil)
    }
}
