import Base
import Crypto
import Evidence
import EvidenceFormat
import Store
import TestSupport
import Testing

/// The log's first promise: what is acknowledged is there, proves, and is found.
@Suite struct LogTests {
    @Test func `a new log begins with its name, its keys and its start`() throws {
        let folder = Scratch()
        let (log, report) = try TestLog.open(folder.path)
        #expect(report.isNew)
        #expect(log.size == 3)
        #expect(try log.leaf(at: 0).kind == .genesis)
        #expect(try log.leaf(at: 1).kind == .keyset)
        #expect(try log.leaf(at: 2).kind == .boot)
        try log.close()
    }

    @Test func `an acknowledged picture is there, proves and is found`() throws {
        let folder = Scratch()
        let (log, _) = try TestLog.open(folder.path)
        let check = try TestLog.check(17)
        let receipt = try TestLog.add(log, 1, links: [check])
        #expect(try log.payload(of: receipt.id) == TestLog.picture(1))
        let proof = try log.prove(receipt.index)
        let head = try proof.verify(
            leaf: receipt.leaf.hash, origin: TestLog.origin,
            keys: [try TestLog.logSigner().verifierKey])
        #expect(head.size == log.size)
        var query = Query()
        query.links = [.init(kind: "check", value: check.value)]
        #expect(try log.find(query).hits.map(\.leaf.id) == [receipt.id])
        try log.close()
    }

    private func snapshots(_ numbers: Range<Int>) throws -> [EvidenceLog.Snapshot] {
        try numbers.map { number in
            var capture = Capture()
            capture.links = [try TestLog.check(number / 4)]
            capture.request = "r-\(number)"
            return EvidenceLog.Snapshot(
                camera: "cam-1", instant: ManualClock().now, capture,
                payload: TestLog.picture(number))
        }
    }

    @Test func `many pictures at once are stored in their order, and each proves`() throws {
        let folder = Scratch()
        let (log, _) = try TestLog.open(folder.path)
        let receipts = try log.addSnapshots(snapshots(0..<800), by: TestLog.author)
        #expect(receipts.map(\.index) == Array(3..<803))
        #expect(Set(receipts.map(\.size)).count < 400, "they shared their syncs")
        for (i, receipt) in receipts.enumerated() where i % 40 < 4 {
            #expect(try log.payload(of: receipt.id) == TestLog.picture(i))
            #expect(try log.chain(of: TestLog.check(i / 4).value)[i % 4].id == receipt.id)
        }
        let again = try log.addSnapshots(snapshots(790..<810), by: TestLog.author)
        #expect(
            again.map(\.repeated) == Array(repeating: true, count: 10)
                + Array(repeating: false, count: 10))
        try log.close()
    }

    @Test func `a refused picture among many leaves those before it stored`() throws {
        let folder = Scratch()
        let (log, _) = try TestLog.open(folder.path)
        var some = try snapshots(0..<10)
        some[7].payload = []
        #expect(throws: Failure.self) { try log.addSnapshots(some, by: TestLog.author) }
        some[7].payload = TestLog.picture(7)
        let receipts = try log.addSnapshots(some, by: TestLog.author)
        #expect(receipts.map(\.repeated) == (0..<10).map { $0 < 7 })
        #expect(log.size == 13)
        try log.close()
    }

    @Test func `a picture alone, large enough to be prepared beside its write, proves`() throws {
        let folder = Scratch()
        let (log, _) = try TestLog.open(folder.path)
        for i in 0..<20 {
            let bytes = i % 2 == 0 ? 100_000 : 2_200_000
            let receipt = try TestLog.add(log, i, links: [TestLog.check(1)], bytes: bytes)
            #expect(try log.payload(of: receipt.id) == TestLog.picture(i, bytes: bytes))
            #expect(receipt.size == log.size)
        }
        try log.close()
    }

    @Test func `it is all there again after a clean stop`() throws {
        let folder = Scratch()
        let clock = ManualClock()
        var receipts: [Receipt] = []
        do {
            let (log, _) = try TestLog.open(folder.path, clock: clock)
            for i in 0..<300 {
                receipts.append(try TestLog.add(log, i, links: [TestLog.check(i / 3)]))
            }
            try log.close()
        }
        let (log, report) = try TestLog.open(folder.path, clock: clock)
        #expect(report.clean)
        #expect(report.checkpointSize == 303)
        for (i, receipt) in receipts.enumerated() {
            #expect(try log.payload(of: receipt.id) == TestLog.picture(i))
            _ = try log.prove(receipt.index).verify(
                leaf: receipt.leaf.hash, origin: TestLog.origin,
                keys: [TestLog.logSigner().verifierKey])
        }
        try log.close()
    }

    @Test func `it is all there after the process was killed`() throws {
        let folder = Scratch()
        let (log, _) = try TestLog.open(folder.path)
        var receipts: [Receipt] = []
        for i in 0..<100 { receipts.append(try TestLog.add(log, i, links: [TestLog.check(i)])) }
        let killed = folder.snapshot()
        try log.close()
        let (again, report) = try TestLog.open(killed.path)
        #expect(report.takenOver == 100)
        #expect(again.size == 104)
        for (i, receipt) in receipts.enumerated() {
            #expect(try again.payload(of: receipt.id) == TestLog.picture(i))
            var query = Query()
            query.links = [.init(kind: "check", value: try TestLog.check(i).value)]
            #expect(try again.find(query).hits.map(\.index) == [receipt.index])
        }
        try again.close()
    }

    @Test func `sixteen writers at once share groups and lose nothing`() throws {
        let folder = Scratch()
        var options = TestLog.options()
        options.segmentBytes = 200_000
        let (log, _) = try TestLog.open(folder.path, options: options)
        try inParallel(16) { writer in
            for i in 0..<40 {
                try TestLog.add(
                    log, writer * 1000 + i, links: [TestLog.check(i % 4)], bytes: 3000)
            }
        }
        try log.careOnce()
        for check in 0..<4 {
            let chain = try log.chain(of: try TestLog.check(check).value)
            #expect(chain.count == 160)
            var previous = Digest.zero
            for (i, leaf) in chain.enumerated() {
                let place = try #require(leaf.links.first?.place)
                #expect(place.ordinal == Int64(i + 1))
                #expect(place.previous == previous)
                previous = leaf.hash
            }
        }
        try log.close()
        let (again, report) = try TestLog.open(folder.path, options: options)
        #expect(report.clean)
        try again.close()
    }

    @Test func `the same request id is answered once, other content is refused`() throws {
        let folder = Scratch()
        let (log, _) = try TestLog.open(folder.path)
        let first = try TestLog.add(log, 1, request: "r-1")
        let size = log.size
        let again = try TestLog.add(log, 1, request: "r-1")
        #expect(again.id == first.id)
        #expect(again.repeated)
        #expect(log.size == size)
        #expect(throws: Failure.self) { try TestLog.add(log, 2, request: "r-1") }
        try log.close()
    }
}
