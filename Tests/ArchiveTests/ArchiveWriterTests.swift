import Archive
import Base
import TestSupport
import Testing

@Suite struct ArchiveWriterTests {
    private let time = WallTime(microseconds: 1_795_446_180_000_000)

    private func packed(
        _ container: Container, _ files: [(String, [UInt8])]
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter(container) { bytes.append(span: $0) }
        for (name, content) in files { try writer.add(name, content.span, time: time) }
        try writer.finish()
        return bytes
    }

    @Test(arguments: Container.allCases)
    func theSameFilesGiveTheSameBytes(_ container: Container) throws {
        let files = [
            ("a/b.txt", Array("hello".utf8)), ("a/c.bin", [UInt8](repeating: 7, count: 99)),
        ]
        #expect(try packed(container, files) == packed(container, files))
    }

    @Test func aZipKeepsItsEntriesAsTheyAre() throws {
        let content = [UInt8](repeating: 0x41, count: 100_000)
        let bytes = try packed(.zip, [("a", content)])
        #expect(bytes.count > content.count)
        #expect(bytes.prefix(4) == [0x50, 0x4B, 3, 4])
    }

    @Test func aSinkThatFailsEndsItWithItsOwnWords() throws {
        let full = Failure(.full, "no room")
        let failure = #expect(throws: Failure.self) {
            let writer = try ArchiveWriter(.zip) { _ throws(Failure) in throw full }
            try writer.add("a", [UInt8](repeating: 1, count: 100_000).span, time: time)
            try writer.finish()
        }
        #expect(failure?.words == full.words)
    }

    @Test func whatIsAbandonedWritesNothingMore() throws {
        var count = 0
        let writer = try ArchiveWriter(.zip) { count += $0.count }
        try writer.begin("a", size: 1000, time: time)
        try writer.write([UInt8](repeating: 1, count: 10).span)
        let before = count
        writer.abandon()
        #expect(count == before)
    }
}
