import Base
import Evidence
import EvidenceFormat
import Synchronization
import TestSupport
import Testing

@Suite struct IdempotencyTests {
    @Test func `one request from sixteen threads makes one record`() throws {
        let room = try Room()
        let log = room.log
        for round in 0..<Effort.rounds(20) {
            let size = log.size
            let receipts = Mutex<[Receipt]>([])
            try inParallel(16) { _ in
                let receipt = try TestLog.add(
                    log, round, links: [TestLog.check(round % 3)], request: "r-\(round)")
                receipts.withLock { $0.append(receipt) }
            }
            let all = receipts.withLock { $0 }
            #expect(Set(all.map(\.id)).count == 1)
            #expect(Set(all.map(\.index)).count == 1)
            #expect(all.filter { !$0.repeated }.count == 1)
            #expect(all.allSatisfy { $0.size > $0.index })
            #expect(log.size == size + 1)
        }
        try room.log.close()
    }

    @Test func `a request is answered the same after a restart and after a crash`() throws {
        let room = try Room()
        let first = try room.add(1, [.order("A")], request: "r-1")
        let killed = room.folder.snapshot()
        try room.reopen()
        let again = try room.add(1, [.order("A")], request: "r-1")
        #expect(again.repeated)
        #expect(again.leaf == first.leaf)
        #expect(again.index == first.index)
        #expect(try room.log.receipt(forRequest: "r-1")?.leaf == first.leaf)
        #expect(try room.log.receipt(forRequest: "r-2")?.leaf == nil)
        try room.log.close()

        let (log, _) = try TestLog.open(killed.path, clock: room.clock)
        let third = try TestLog.add(log, 1, links: [.order("A")], request: "r-1")
        #expect(third.repeated)
        #expect(third.leaf == first.leaf)
        try log.close()
    }

    @Test func `other content under the same id is refused, at once and later`() throws {
        let room = try Room()
        _ = try room.add(1, [.order("A")], request: "r-1")
        for _ in 0..<2 {
            let size = room.log.size
            let refused = [
                room.refusal { _ in _ = try room.add(2, [.order("A")], request: "r-1") },
                room.refusal { _ in _ = try room.add(1, [.order("B")], request: "r-1") },
                room.refusal { _ in _ = try room.add(1, [], request: "r-1") },
                room.refusal { _ in
                    _ = try room.add(1, camera: "cam-2", [.order("A")], request: "r-1")
                },
                room.refusal { log in
                    var capture = Capture()
                    capture.request = "r-1"
                    capture.links = [try .order("A")]
                    _ = try log.addImport(
                        name: "a.jpg", instant: room.clock.now, capture,
                        payload: TestLog.picture(1).span, by: TestLog.author)
                },
            ]
            #expect(refused.map { $0?.kind } == Array(repeating: .alreadyExists, count: 5))
            #expect(refused.allSatisfy { $0?.words.contains("r-1") ?? false })
            #expect(room.log.size == size)
            try room.reopen()
        }
        try room.log.close()
    }

    @Test func `of different contents under one id at once, one is kept`() throws {
        let room = try Room()
        let log = room.log
        let kept = Atomic<Int>(0)
        try inParallel(8) { i in
            do {
                let receipt = try TestLog.add(log, i, request: "r-1")
                if !receipt.repeated { kept.add(1, ordering: .relaxed) }
            } catch let error as Failure where error.kind == .alreadyExists {
                return
            }
        }
        #expect(kept.load(ordering: .relaxed) == 1)
        try room.log.close()
    }

    @Test func `two spellings of one letter are two requests`() throws {
        let room = try Room()
        let a = try room.add(1, request: "caf\u{E9}")
        let b = try room.add(2, request: "cafe\u{301}")
        #expect(a.id != b.id)
        try room.reopen()
        #expect(try room.add(2, request: "cafe\u{301}").id == b.id)
        try room.log.close()
    }

    @Test func `a request that failed may be made again`() throws {
        let room = try Room()
        let closed = "odoo:a/1"
        _ = try room.log.close(check: closed, reason: "done", by: TestLog.author)
        #expect(
            room.refusal { _ in _ = try room.add(1, [.check(closed)], request: "r-1") }?.kind
                == .refused)
        #expect(try !room.add(1, request: "r-1").repeated)
        try room.log.close()
    }
}
