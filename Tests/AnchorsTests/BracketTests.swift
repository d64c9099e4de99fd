import Anchors
import Base
import Evidence
import EvidenceFormat
import TestSupport
import Testing
import TimeStamp

/// What outside times say of a leaf.
@Suite struct BracketTests {
    private func end(_ seconds: Int64, size: UInt64, leaf: UInt64) -> Bracket.End {
        Bracket.End(
            time: WallTime(microseconds: seconds * 1_000_000), type: .stamp, source: "s",
            size: size, leaf: leaf)
    }

    @Test func `a leaf lies between the anchor before it and the first that contains it`() {
        let ends = [
            end(100, size: 10, leaf: 12), end(200, size: 20, leaf: 25),
            end(300, size: 30, leaf: 31),
        ]
        // Index, not before, not after.
        let cases: [(UInt64, Int64?, Int64?)] = [
            (0, nil, 100), (9, nil, 100), (10, nil, 200), (12, nil, 200), (13, 100, 200),
            (19, 100, 200), (20, 100, 300), (25, 100, 300), (26, 200, 300), (30, 200, nil),
            (31, 200, nil), (32, 300, nil),
        ]
        for order in [ends, ends.reversed()] {
            for (index, before, after) in cases {
                let bracket = Bracket(of: index, among: order)
                #expect(bracket.notBefore?.time.microseconds == before.map { $0 * 1_000_000 })
                #expect(bracket.notAfter?.time.microseconds == after.map { $0 * 1_000_000 })
                #expect(!bracket.isImpossible)
            }
        }
        let contradiction = [end(1000, size: 10, leaf: 12), end(200, size: 20, leaf: 25)]
        #expect(Bracket(of: 15, among: contradiction).isImpossible)
        #expect(Bracket(of: 1, among: []).notAfter == nil)
    }

    @Test func `T9 a record that claims another time than outside clocks is told`() throws {
        // The log's clock stands in September; the authority's is right.
        let room = try AnchorRoom()
        let tsa = try AnchorerTests.authority.serve()
        defer { tsa.end() }
        try room.anchorer.add(room.stamp("notary", tsa.url, AnchorerTests.authority))
        try room.anchorer.start()
        let first = try room.anchorer.confirmNow("notary")
        let dated = try TestLog.add(room.log, 1)
        _ = try room.anchorer.confirmNow("notary")
        let trust = AnchorTrust(room.anchorer.book.all)
        let archive = room.anchorer.archive
        let bracket = try archive.bracket(of: dated.index, upTo: room.log.size, trust)
        #expect(bracket.contradicts(dated.leaf.time))
        let from = try #require(bracket.notBefore).time
        let to = try #require(bracket.notAfter).time
        #expect(!bracket.contradicts(from) && !bracket.contradicts(to))
        #expect(bracket.contradicts(from.adding(seconds: -61)))
        #expect(bracket.contradicts(to.adding(seconds: 61)))
        // Before the first anchor nothing outside says when a record was not there yet.
        let old = try archive.bracket(of: 0, upTo: room.log.size, trust)
        #expect(!old.contradicts(.distantPast))
        // The start asks, too, so it may be an anchor before the one that was asked for.
        #expect(try #require(old.notAfter).leaf <= first.index)
        try room.close()
    }

    @Test func `records of a real log are bracketed by real stamps`() throws {
        let room = try AnchorRoom()
        let tsa = try AnchorerTests.authority.serve()
        defer { tsa.end() }
        try room.anchorer.add(room.stamp("notary", tsa.url, AnchorerTests.authority))
        try room.anchorer.start()
        let first = try room.anchorer.confirmNow("notary")
        let record = try TestLog.add(room.log, 1)
        let trust = AnchorTrust(room.anchorer.book.all)
        let archive = room.anchorer.archive
        let open = try archive.bracket(of: record.index, upTo: room.log.size, trust)
        #expect(open.notBefore?.leaf == first.index && open.notAfter == nil)
        let second = try room.anchorer.confirmNow("notary")
        let closed = try archive.bracket(of: record.index, upTo: room.log.size, trust)
        #expect(closed.notBefore?.leaf == first.index && closed.notAfter?.leaf == second.index)
        #expect(!closed.isImpossible)
        // A bundle of an older tree has not what came later.
        let older = try archive.bracket(of: record.index, upTo: second.index, trust)
        #expect(older.notAfter == nil)
        let all = try archive.files(upTo: room.log.size)
        #expect(try archive.files(around: [record.index], upTo: room.log.size).count == 2)
        #expect(all.map(\.index).contains(first.index) && all.map(\.index).contains(second.index))
        // Nobody who is not trusted brackets anything.
        #expect(throws: Failure.self) {
            try archive.bracket(of: record.index, upTo: room.log.size, AnchorTrust())
        }
        try room.close()
    }
}
