import Base
import Foundation
import Linux
import Store
import TestSupport
import Testing

/// Which directories the embedded engine takes, and what it says of the others.
@Suite struct DirectoryTests {
    private static let format = "proofreel data directory, format 1\n"

    private func refusal(_ folder: Scratch) -> Failure? {
        do throws(Failure) {
            try EmbeddedEngine(folder.path).close()
            return nil
        } catch {
            return error
        }
    }

    @Test func `a second process is told which one has the directory`() throws {
        let folder = Scratch()
        let child = try Child("CrashWriter", ["hold", folder.path])
        #expect(child.waits(for: "open"))
        let failure = try #require(refusal(folder))
        #expect(failure.kind == .busy)
        #expect(failure.words.contains("process \(child.id)"), "\(failure)")
        child.kill()
        #expect(refusal(folder) == nil)
    }

    @Test func `a second engine in one process is refused as well`() throws {
        let folder = Scratch()
        let engine = try EmbeddedEngine(folder.path)
        #expect(refusal(folder)?.kind == .busy)
        try engine.close()
        #expect(refusal(folder) == nil)
    }

    @Test func `a directory of a newer version is left alone`() throws {
        let folder = Scratch()
        folder.write("FORMAT", Array("proofreel data directory, format 2\n".utf8))
        let failure = try #require(refusal(folder))
        #expect(failure.kind == .unsupported)
        #expect(failure.words.contains("format 2"), "\(failure)")
        #expect(folder.bytes("FORMAT") == Array("proofreel data directory, format 2\n".utf8))
    }

    @Test func `a damaged FORMAT is named beside stored data`() throws {
        let folder = Scratch()
        #expect(refusal(folder) == nil)
        for bytes in [[], Array(Self.format.utf8.dropLast()), [UInt8](repeating: 0, count: 35)] {
            folder.write("FORMAT", bytes)
            let failure = try #require(refusal(folder))
            #expect(failure.kind == .corrupt)
            #expect(failure.words.contains("FORMAT"), "\(failure)")
        }
        folder.write("FORMAT", Array(Self.format.utf8))
        #expect(refusal(folder) == nil)
    }

    @Test func `a FORMAT that a power cut left empty in a new directory is made again`() throws {
        for bytes in [[], [UInt8](repeating: 0, count: 35)] {
            let folder = Scratch()
            folder.write("FORMAT", bytes)
            #expect(refusal(folder) == nil)
            #expect(folder.bytes("FORMAT") == Array(Self.format.utf8))
        }
    }

    @Test func `a directory with other files is refused and left as it was`() throws {
        let folder = Scratch()
        folder.write("letters/mother.txt", [1, 2, 3])
        let failure = try #require(refusal(folder))
        #expect(failure.kind == .refused)
        #expect(failure.words.contains("letters/mother.txt"), "\(failure)")
        #expect(folder.files.filter { $0 != "LOCK" } == ["letters/mother.txt"])
    }

    @Test func `a directory of somebody else is refused with words`() throws {
        let folder = Scratch()
        let nobody: UInt32 = 65_534
        guard isRoot else {
            print("SKIPPED: a directory of somebody else; only root can run as another user")
            return
        }
        let child = try Child("CrashWriter", ["hold", folder.path], user: nobody)
        #expect(child.finish() == 1)
        #expect(child.output.contains("permission denied"), "\(child.output)")
        #expect(folder.files == [])
    }

    @Test func `reading alone changes nothing and needs no lock`() throws {
        let folder = Scratch()
        let engine = try EmbeddedEngine(folder.path)
        let epoch = try engine.claim()
        try engine.create(ObjectName("a"), epoch: epoch)
        try engine.append([1, 2].span, to: ObjectName("a"), at: 0, epoch: epoch)
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let before = folder.files
        let reader = try EmbeddedEngine(folder.path, options: options)
        #expect(try reader.all(ObjectName("a")) == [1, 2])
        expectFailure(.readOnly) { _ = try reader.claim() }
        expectFailure(.readOnly) { try reader.create(ObjectName("b"), epoch: epoch) }
        try reader.close()
        #expect(folder.files == before)
        try engine.close()
    }

    /// RocksDB ends the process at one bit of these bytes, before it looks at their checksum.
    @Test func `any byte at the end of a table may be wrong, and the process goes on`() throws {
        let folder = Scratch(inMemory: true)
        let shard = Shard(table: 1, name: [UInt8](repeating: 7, count: 17))
        let engine = try EmbeddedEngine(folder.path)
        let epoch = try engine.claim()
        for i: UInt8 in 0..<100 {
            try engine.apply([ShardWrite(shard, put: [i], [i, i])], epoch: epoch)
        }
        try engine.close()
        var reading = EmbeddedEngine.Options()
        reading.readOnly = true
        var refused = 0
        for name in folder.files where name.hasSuffix(".sst") {
            let whole = folder.bytes(name)
            for offset in max(0, whole.count - 1200)..<whole.count {
                var bytes = whole
                bytes[offset] ^= 0x80
                folder.write(name, bytes)
                let damaged = try EmbeddedEngine(folder.path, options: reading)
                if damaged.mapDamage?.words.contains("properties of the table") == true {
                    refused += 1
                    #expect(refusal(folder)?.words.contains("rebuild-index") == true)
                }
                try damaged.close()
            }
            folder.write(name, whole)
        }
        #expect(refused > 0)
        // Left by a process that was killed while it wrote a table; nothing refers to it.
        folder.write("index/000999.sst", [UInt8](repeating: 0xFF, count: 5000))
        // Gone between the look at the folder and the look at the table.
        try FileManager.default.createSymbolicLink(
            atPath: "\(folder.path)/index/000998.sst", withDestinationPath: "nowhere")
        #expect(refusal(folder) == nil)
    }

    @Test func `being refused closes no descriptor of anybody else`() throws {
        let folder = Scratch(inMemory: true)
        let engine = try EmbeddedEngine(folder.path)
        folder.write("other", Array("untouched".utf8))
        // Numbers of descriptors are used again at once: reading would meet one closed twice.
        try inParallel(2) { [self] thread in
            for _ in 0..<3000 {
                if thread == 0 {
                    #expect(refusal(folder)?.kind == .busy)
                } else {
                    #expect(folder.bytes("other").count == 9)
                }
            }
        }
        try engine.close()
    }
}
