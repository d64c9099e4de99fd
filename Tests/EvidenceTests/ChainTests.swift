import Base
import Evidence
import EvidenceFormat
import Synchronization
import TestSupport
import Testing

@Suite struct ChainTests {
    private let check = "odoo:a/quality.check/17"

    private func close(_ log: EvidenceLog, _ check: String) throws -> Receipt {
        try log.close(check: check, verdict: "pass", reason: "signed off", by: TestLog.author)
    }

    /// The place of a leaf in the chain of a check, wherever its kind writes it.
    private func place(_ leaf: Leaf, _ check: String) throws -> ChainPlace {
        if leaf.kind == .close {
            return ChainPlace(
                ordinal: try #require(leaf.int("n")), previous: try #require(leaf.digest("prev")))
        }
        let placed = leaf.links.first { $0.link.value.utf8.elementsEqual(check.utf8) }
        return try #require(placed?.place)
    }

    private func expectGapless(_ log: EvidenceLog, _ check: String, count: Int) throws {
        let chain = try log.chain(of: check)
        #expect(chain.count == count)
        var previous = Digest.zero
        for (i, leaf) in chain.enumerated() {
            let place = try place(leaf, check)
            #expect(place.ordinal == Int64(i + 1))
            #expect(place.previous == previous)
            previous = leaf.hash
        }
    }

    @Test func `captures, links, corrections and the close are one chain`() throws {
        let room = try Room()
        let link = try Link.check(check)
        let first = try room.add(1, [link])
        let second = try room.add(2)
        let by = TestLog.author
        let linked = try room.log.link(second.id, to: [link], reason: "late", by: by)
        try room.reopen()
        let unlinked = try room.log.unlink(first.id, from: [link], reason: "wrong", by: by)
        let sealed = try close(room.log, check)
        let chain = try room.log.chain(of: check)
        #expect(chain == [first.leaf, linked.leaf, unlinked.leaf, sealed.leaf])
        try expectGapless(room.log, check, count: 4)
        #expect(sealed.leaf.int("count") == 3)
        #expect(sealed.leaf.digest("root") == Merkle.root(of: chain[..<3].map(\.hash)))
        #expect(sealed.leaf.string("verdict") == "pass")
        try room.log.close()
    }

    @Test func `nothing is added to a closed check, before and after a restart`() throws {
        let room = try Room()
        let link = try Link.check(check)
        let picture = try room.add(1, [link])
        let other = try room.add(2)
        #expect(try !room.log.isClosed(check: check))
        _ = try close(room.log, check)
        for _ in 0..<2 {
            let size = room.log.size
            let by = TestLog.author
            let refused = [
                room.refusal { _ in _ = try room.add(3, [link]) },
                room.refusal { _ in _ = try room.add(3, [.order("A"), link]) },
                room.refusal { _ = try $0.link(other.id, to: [link], reason: "r", by: by) },
                room.refusal { _ = try $0.unlink(picture.id, from: [link], reason: "r", by: by) },
                room.refusal { _ = try close($0, check) },
            ]
            #expect(refused.map { $0?.kind } == Array(repeating: .refused, count: 5))
            #expect(refused.allSatisfy { $0?.words.contains(check) ?? false })
            #expect(room.log.size == size)
            #expect(try room.log.isClosed(check: check))
            #expect(try room.find(link) == [picture.id])
            // Others go on.
            _ = try room.add(4, [.check("\(check)0")])
            try room.reopen()
        }
        try room.log.close()
    }

    @Test func `a check without leaves closes with a count of zero`() throws {
        let room = try Room()
        let sealed = try close(room.log, check)
        #expect(sealed.leaf.int("count") == 0)
        #expect(sealed.leaf.int("n") == 1)
        #expect(sealed.leaf.digest("prev") == .zero)
        #expect(sealed.leaf.digest("root") == Merkle.emptyRoot)
        #expect(room.refusal { _ in _ = try room.add(1, [.check(check)]) }?.kind == .refused)
        try room.log.close()
    }

    @Test func `a picture of several checks has a place in each of their chains`() throws {
        let room = try Room()
        for i in 0..<12 {
            let checks = (0..<4).filter { i % ($0 + 1) == 0 }
            _ = try room.add(i, checks.map { try TestLog.check($0) })
        }
        for n in 0..<4 {
            let members = (0..<12).filter { $0 % (n + 1) == 0 }
            try expectGapless(room.log, try TestLog.check(n).value, count: members.count)
        }
        try room.log.close()
    }

    @Test func `two spellings of one letter are two chains`() throws {
        let room = try Room()
        let composed = "caf\u{E9}/1"
        let combined = "cafe\u{301}/1"
        for i in 0..<3 {
            _ = try room.add(i, [.check(composed)])
            _ = try room.add(i, [.check(combined), .check(composed)])
        }
        try expectGapless(room.log, composed, count: 6)
        try expectGapless(room.log, combined, count: 3)
        _ = try close(room.log, combined)
        _ = try room.add(9, [.check(composed)])
        try room.reopen()
        try expectGapless(room.log, composed, count: 7)
        try expectGapless(room.log, combined, count: 4)
        try room.log.close()
    }

    @Test func `many writers on one check keep a chain without gaps`() throws {
        let room = try Room()
        let log = room.log
        let check = check
        try inParallel(12) { writer in
            for i in 0..<20 {
                let number = writer * 100 + i
                if i % 4 == 3 {
                    let late = try TestLog.add(log, number, bytes: 50)
                    _ = try log.link(
                        late.id, to: [.check(check)], reason: "late", by: TestLog.author)
                } else {
                    try TestLog.add(log, number, links: [.check(check)], bytes: 50)
                }
            }
        }
        try expectGapless(room.log, check, count: 240)
        #expect(try room.find("check", check).count == 100)
        try room.reopen()
        try expectGapless(room.log, check, count: 240)
        try room.log.close()
    }

    @Test func `a close that races with captures counts every one that got in`() throws {
        let room = try Room()
        let log = room.log
        let check = check
        let accepted = Atomic<Int>(0)
        try inParallel(9) { writer in
            if writer == 8 {
                while true {
                    do {
                        _ = try log.close(check: check, reason: "done", by: TestLog.author)
                        return
                    } catch let error as Failure where error.kind == .busy {
                        continue
                    }
                }
            }
            for i in 0..<30 {
                do {
                    try TestLog.add(log, writer * 100 + i, links: [.check(check)], bytes: 50)
                    accepted.add(1, ordering: .relaxed)
                } catch let error as Failure where error.kind == .refused {
                    return
                }
            }
        }
        let count = accepted.load(ordering: .relaxed)
        let chain = try log.chain(of: check)
        let sealed = try #require(chain.last)
        #expect(sealed.kind == .close)
        #expect(sealed.int("count") == Int64(count))
        #expect(sealed.digest("root") == Merkle.root(of: chain.dropLast().map(\.hash)))
        try expectGapless(log, check, count: count + 1)
        try room.log.close()
    }

    @Test func `of many who close one check, one does`() throws {
        let room = try Room()
        let log = room.log
        let check = check
        _ = try room.add(1, [.check(check)])
        let closed = Atomic<Int>(0)
        try inParallel(8) { _ in
            do {
                _ = try log.close(check: check, reason: "done", by: TestLog.author)
                closed.add(1, ordering: .relaxed)
            } catch let error as Failure where error.kind == .refused {
                return
            }
        }
        #expect(closed.load(ordering: .relaxed) == 1)
        try expectGapless(log, check, count: 2)
        try room.log.close()
    }
}
