import Base
import Crypto
import Evidence
import EvidenceFormat
import TestSupport
import Testing

@Suite struct BootTests {
    @Test func `every start is a leaf that says which program and where the log stood`() throws {
        var options = TestLog.options()
        options.version = "1.2.3"
        options.binary = SHA256.hash([1].span)
        options.configuration = SHA256.hash([2].span)
        let room = try Room(options: options)
        _ = try room.add(1)
        try room.reopen()
        let boots = try room.leaves(.boot)
        #expect(boots.count == 2)
        #expect(boots[0].int("size") == 2)
        let last = boots[1]
        #expect(last.string("version") == "1.2.3")
        #expect(last.digest("binary") == options.binary)
        #expect(last.digest("config") == options.configuration)
        #expect(last.int("size") == 4)
        #expect(last.digest("root") == (try room.log.root(at: 4)))
        #expect(last.string("boot_id")?.isEmpty == false)
        #expect(last.actor == "server")
        try room.log.close()
    }

    @Test func `a clean stop is told from a crash`() throws {
        let room = try Room()
        _ = try room.add(1)
        let killed = room.folder.snapshot()
        try room.reopen()
        #expect(try room.leaves(.boot).map { $0.bool("clean") } == [true, true])
        try room.log.close()
        let (log, report) = try TestLog.open(killed.path, clock: room.clock)
        #expect(report.takenOver == 1)
        let boot = try log.leaf(at: 4)
        #expect(boot.kind == .boot)
        #expect(boot.bool("clean") == false)
        #expect(boot.int("size") == 4)
        try log.close()
    }

    @Test(arguments: [0, 1, 64, 127])
    func `a segment that was only just made is made again`(bytes: Int) throws {
        var options = TestLog.options()
        options.segmentBytes = 10_000
        let room = try Room(options: options)
        var pictures: [Receipt] = []
        while !room.folder.files.contains("objects/segments/00000001") {
            pictures.append(try room.add(pictures.count))
        }
        let header = room.folder.bytes("objects/segments/00000001")
        for i in 0..<2 {
            try room.reopen {
                let last = room.folder.files.filter { $0.hasPrefix("objects/segments/") }.count
                room.folder.write("objects/segments/0000000\(last)", Array(header.prefix(bytes)))
            }
            pictures.append(try room.add(100 + i))
        }
        try room.reopen()
        for picture in pictures {
            #expect(try room.log.leaf(at: picture.index) == picture.leaf)
            _ = try room.log.payload(of: picture.id)
        }
        try room.log.careOnce()
        #expect(try room.leaves(.segmentSeal).map { $0.int("segment") } == [0, 1, 2])
        try room.log.close()
    }

    @Test(arguments: [0, 64, 128, 300])
    func `a log whose first group never got whole begins`(bytes: Int) throws {
        let whole = try Room()
        let killed = whole.folder.bytes("objects/segments/00000000")
        try whole.log.close()
        let folder = Scratch()
        folder.write("FORMAT", whole.folder.bytes("FORMAT"))
        folder.write("objects/segments/00000000", Array(killed.prefix(bytes)))
        let room = try Room(in: folder)
        #expect(room.report.isNew)
        #expect(try (0..<3).map { try room.log.leaf(at: $0).kind } == [.genesis, .keyset, .boot])
        let picture = try room.add(1)
        try room.reopen()
        #expect(try room.log.payload(of: picture.id) == TestLog.picture(1))
        try room.log.close()
    }

    @Test func `the first leaves name the log and its keys`() throws {
        let room = try Room()
        let genesis = try room.log.leaf(at: 0)
        #expect(genesis.string("origin") == TestLog.origin)
        #expect(genesis.string("log_key") == (try TestLog.logSigner().verifierKey.text))
        #expect(genesis.string("root_key") == (try TestLog.rootSigner().verifierKey.text))
        let note = try #require(try room.log.leaf(at: 1).string("note"))
        let keys = try KeySet(
            opening: try SignedNote(parsing: Array(note.utf8)), origin: TestLog.origin,
            root: try TestLog.rootSigner().verifierKey)
        #expect(keys.entries.map(\.key) == [try TestLog.logSigner().verifierKey])
        // The same key set is not written down twice.
        try room.reopen()
        #expect(try room.leaves(.keyset).count == 1)
        try room.log.close()
    }
}
