import Archive
import Base
import Export
import TestSupport
import Testing

/// What a ZIP file can say in two ways, one by one: two programs would see two bundles in it.
@Suite struct BundleCheckZipTests {
    struct Trick: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let words: String
        let make: @Sendable () -> RawZip
    }

    private static func trick(
        _ name: String, _ words: String, _ change: @escaping @Sendable (inout RawZip) -> Void
    ) -> Trick {
        Trick(testDescription: name, words: words) {
            var zip = RawZip("b/one.txt", "b/two.txt", "b/three.txt")
            change(&zip)
            return zip
        }
    }

    static let tricks = [
        trick("absolute name", "is absolute") { $0.entries[1].name = "/etc/passwd" },
        trick("name that leads out", "leads out") { $0.entries[1].name = "b/../../x" },
        trick("backslash", "backslash") { $0.entries[1].name = "b\\x" },
        trick("drive letter", "colon") { $0.entries[1].name = "C:/x" },
        trick("other letters", "printable ASCII") { $0.entries[1].name = "b/\u{E9}" },
        trick("control character", "printable ASCII") { $0.entries[1].name = "b/a\nb" },
        trick("dot", "empty part") { $0.entries[1].name = "b/./x" },
        trick("folder", "of a folder") { $0.entries[1].name = "b/x/" },
        trick("long name", "bytes") {
            $0.entries[1].name = "b/" + String(repeating: "x", count: 300)
        },
        trick("no name", "without a name") { $0.entries[1].name = "" },
        trick("no base folder", "no folder") { $0.entries[1].name = "x" },
        trick("two base folders", "more than one base folder") { $0.entries[1].name = "c/x" },
        trick("a name twice", "twice") { $0.entries[1].name = "b/one.txt" },
        trick("a name in another case", "twice") { $0.entries[1].name = "b/ONE.txt" },
        trick("a file that is a folder too", "of a file and of a folder") {
            $0.entries[1].name = "b/one.txt/x"
        },
        trick("another name before the data", "another name") {
            $0.entries[1].localName = "b/six.txt"
        },
        trick("link", "a link") { $0.entries[1].attributes = 0o120777 << 16 },
        trick("device", "a link") { $0.entries[1].attributes = 0o020644 << 16 },
        trick("folder by its attribute", "a folder") { $0.entries[1].attributes |= 0x10 },
        trick("encrypted", "encrypted") { $0.entries[1].flags |= 1 },
        trick("compressed", "compressed") { $0.entries[1].method = 8 },
        trick("unknown flag", "flags") { $0.entries[1].flags |= 0x20 },
        trick("bytes between entries", "begins at byte") { $0.entries[1].gap = [1, 2, 3] },
        trick("bytes before the first", "begins at byte") { $0.prefix = [0x4D, 0x5A] },
        trick("bytes behind the last", "between its directory and its end") { $0.endGap = [0] },
        trick("overlap", "begins at byte") { $0.entries[2].offsetLie = -50 },
        trick("smaller in the directory", "another size") { $0.entries[1].sizeLie = -1 },
        trick("larger in the directory", "another size") { $0.entries[1].sizeLie = 1 },
        trick("larger than the file", "room for") { $0.entries[2].sizeLie = 1 << 40 },
        trick("comment", "end record") { $0.comment = "PK" },
        trick("comment of an entry", "comment") { $0.entries[1].comment = "x" },
        trick("too many claimed", "ends within") { $0.countLie = 1 },
        trick("too few claimed", "behind the last entry") { $0.countLie = -1 },
        trick("another CRC behind the data", "behind its data") {
            $0.entries[1].descriptorCRC = 1
        },
        trick("another CRC before the data", "before its data") { $0.entries[1].localCRC = 1 },
        trick("Unicode name in an extra field", "unknown kind") {
            $0.entries[1].extra = [0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, 0x78]
        },
        trick("torn extra field", "extra field") { $0.entries[1].localExtra = [0x55, 0x54, 9, 0] },
        trick("two times of one file", "two headers that differ") {
            $0.entries[1].extra = [0x55, 0x54, 5, 0, 1, 0, 0, 0, 1]
            $0.entries[1].localExtra = [0x55, 0x54, 5, 0, 1, 0, 0, 0, 2]
        },
        trick("ZIP64 field for nothing", "too many") {
            $0.entries[1].extra = [1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        },
    ]

    @Test(arguments: tricks)
    func `T15 a ZIP with two readings is refused in words`(trick: Trick) throws {
        let request = try BundleSample.request()
        let result = try BundleCheck.run(zip: trick.make().source(), request)
        #expect(result.verdict == .tampered)
        #expect(
            result.damage.contains { $0.step == 1 && $0.words.contains(trick.words) },
            "\(result.findings)")
    }

    private func entries(_ bytes: some ByteSource) throws(Failure) -> [ZipEntry] {
        var reader = try ZipReader(bytes)
        var found: [ZipEntry] = []
        while let entry = try reader.next() { found.append(entry) }
        return found
    }

    private func small() throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter(.zip) { piece throws(Failure) in bytes.append(span: piece) }
        for name in ["b/a.txt", "b/empty", "b/c.bin"] {
            let data = name == "b/empty" ? [] : TestLog.picture(3, bytes: 40)
            try writer.add(name, data.span, time: WallTime(microseconds: 1_790_000_000_000_000))
        }
        try writer.finish()
        return bytes
    }

    @Test func `a ZIP that was cut anywhere is refused`() throws {
        let bytes = try small()
        #expect(try entries(MemoryBytes(bytes)).count == 3)
        for count in 0..<bytes.count {
            let cut = MemoryBytes(Array(bytes.prefix(count)))
            #expect(throws: Failure.self, "cut to \(count)") { try self.entries(cut) }
        }
        for more in [[0], [0x50, 0x4B, 5, 6]] as [[UInt8]] {
            #expect(throws: Failure.self) { try self.entries(MemoryBytes(bytes + more)) }
            #expect(throws: Failure.self) { try self.entries(MemoryBytes(more + bytes)) }
        }
    }

    /// All that can change unseen is who may read the file once it is unpacked, which program wrote
    /// it, and whether it calls itself text.
    @Test func `a changed byte around the files changes no file unseen`() throws {
        let bytes = try small()
        let good = try entries(MemoryBytes(bytes))
        var unseen: Set<Int> = []
        for at in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[at] ^= 1 << UInt8(bit)
                guard let found = try? entries(MemoryBytes(changed)) else { continue }
                #expect(found == good, "byte \(at) bit \(bit)")
                unseen.insert(at)
            }
        }
        let data = Set(good.flatMap { Int($0.offset)..<Int($0.offset + $0.byteCount) })
        let signature: [UInt8] = [0x50, 0x4B, 1, 2]
        let headers = bytes.indices.filter { bytes[$0...].starts(with: signature) }
        let harmless = Set(
            headers.flatMap { header in
                // Made by, version needed, internal and external attributes.
                [4, 5, 6, 36, 38, 39, 40, 41].map { header + $0 }
            })
        let versions = bytes.indices.filter { bytes[$0...].starts(with: [0x50, 0x4B, 3, 4]) }
            .map { $0 + 4 }
        let rest = unseen.subtracting(data).subtracting(harmless).subtracting(versions)
        // The flags byte of a time field, which says which times follow, says nothing about one.
        let times = bytes.indices.filter { bytes[$0...].starts(with: [0x55, 0x54, 5, 0]) }
            .flatMap { $0...$0 + 4 }
        #expect(rest.subtracting(times).isEmpty, "\(rest.sorted())")
    }

    @Test func `files beyond 4 GB are found where they are`() throws {
        var zip = RawZip("b/large.mp4", "b/small.txt")
        zip.entries[0].hole = 5 << 30
        let found = try entries(zip.source())
        #expect(found.map(\.byteCount) == [5 << 30 + 5, 5])
        #expect(found[1].offset > 5 << 30)
        zip.needsLarge = true
        zip.entries[0].hole = 10
        #expect(try entries(zip.source()).map(\.byteCount) == [15, 5])
    }

    @Test func `a hundred thousand files are read, and one too many is named`() throws {
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter(.zip) { piece throws(Failure) in bytes.append(span: piece) }
        let count = Effort.rounds(100_000)
        for i in 0..<count {
            let name = "b/data/images/\(String(10_000_000_000 + i).dropFirst()).jpg"
            try writer.add(name, [UInt8]([1, 2, 3]).span, time: .distantPast)
        }
        try writer.finish()
        #expect(try entries(MemoryBytes(bytes)).count == count)
        let result = try BundleCheck.run(
            zip: MemoryBytes(bytes), try BundleSample.request())
        #expect(result.files == count)
        #expect(result.damage.contains { $0.file == BundleNames.keySet })
    }
}
