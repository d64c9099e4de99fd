import Archive
import Base
import Foundation
import TestSupport
import Testing

@Suite struct ArchiveReaderTests {
    private func packed(_ files: [(String, [UInt8])]) throws -> Scratch {
        let folder = Scratch(inMemory: true)
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter(.tarZstd) { piece throws(Failure) in
            bytes.append(span: piece)
        }
        for (name, data) in files { try writer.add(name, data.span, time: .distantPast) }
        try writer.finish()
        folder.write("a.tar.zst", bytes)
        return folder
    }

    private func read(
        _ folder: Scratch, entriesMax: Int = 10, bytesMax: UInt64 = 1 << 20
    ) throws -> [String: [UInt8]] {
        let reader = try ArchiveReader(
            opening: "\(folder.path)/a.tar.zst",
            limits: .init(entriesMax: entriesMax, bytesMax: bytesMax))
        var files: [String: [UInt8]] = [:]
        while let name = try reader.next() {
            var piece: [UInt8] = []
            repeat {
                try reader.read(into: &piece)
                files[name, default: []] += piece
            } while !piece.isEmpty
        }
        return files
    }

    @Test func `what was packed comes out`() throws {
        let large = TestLog.picture(1, bytes: 700_000)
        let folder = try packed([("b/one", [1, 2, 3]), ("b/none", []), ("b/large", large)])
        #expect(try read(folder) == ["b/one": [1, 2, 3], "b/none": [], "b/large": large])
    }

    @Test func `a bomb ends at the limit`() throws {
        let folder = try packed([("b/bomb", [UInt8](repeating: 0, count: 4 << 20))])
        #expect(folder.bytes("a.tar.zst").count < 20_000)
        let failure = #expect(throws: Failure.self) { try self.read(folder) }
        #expect(failure?.words.contains("unpacks to more than") == true)
    }

    @Test func `too many files end at the limit`() throws {
        let folder = try packed((0..<12).map { ("b/\($0)", [1]) })
        let failure = #expect(throws: Failure.self) { try self.read(folder) }
        #expect(failure?.words.contains("more than 10 files") == true)
    }

    @Test func `what is cut or is none is refused`() throws {
        let folder = try packed([("b/one", TestLog.picture(1, bytes: 3000))])
        let bytes = folder.bytes("a.tar.zst")
        for count in stride(from: 0, to: bytes.count, by: 97) {
            folder.write("a.tar.zst", Array(bytes.prefix(count)))
            #expect(throws: Failure.self, "cut to \(count)") { try self.read(folder) }
        }
        folder.write("a.tar.zst", Array("no archive at all".utf8))
        #expect(throws: Failure.self) { try self.read(folder) }
    }

    @Test(arguments: ["ln -s /etc/passwd b/x", "mkdir b/x", "mkfifo b/x", "ln b/one b/x"])
    func `links, folders and devices are refused`(make: String) throws {
        let folder = Scratch(inMemory: true)
        folder.write("b/one", [1, 2, 3])
        let names = make.hasPrefix("mkdir") ? "b" : "b/one b/x"
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = [
            "-c", "cd \(folder.path) && \(make) && tar --zstd -cf a.tar.zst \(names)",
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let failure = #expect(throws: Failure.self) { try self.read(folder) }
        #expect(failure?.words.contains("link, a folder or a device") == true)
    }
}
