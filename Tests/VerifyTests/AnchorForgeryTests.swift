import Anchors
import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import Store
import TestSupport
import Testing
import TimeStamp

/// The thief of the log key against a time stamp that he cannot make (T6).
@Suite struct AnchorForgeryTests {
    private struct Held {
        let folder: Scratch
        let trust: AnchorTrust
    }

    /// A closed log with a record, its time stamp, and a record after it.
    private func make() throws -> Held {
        let folder = Scratch()
        let clock = ManualClock()
        let authority = try TestAuthority()
        let tsa = try authority.serve()
        defer { tsa.end() }
        let (log, _) = try TestLog.open(folder.path, clock: clock)
        let anchorer = try Anchorer(log, dataDirectory: folder.path, clock: clock) { _ in }
        _ = try TestLog.add(log, 1, links: [TestLog.check(1)])
        try anchorer.add(
            AnchorSource(
                name: "notary", url: tsa.url,
                way: .stamp(pem: authority.certificate, policy: nil), interval: nil,
                added: clock.now))
        try anchorer.start()
        _ = try anchorer.confirmNow("notary")
        anchorer.end()
        _ = try TestLog.add(log, 2, links: [TestLog.check(1)])
        try log.close()
        return Held(
            folder: folder,
            trust: AnchorTrust(authorities: try Certificates(pem: authority.certificate)))
    }

    /// Everything that verify finds of log and anchors together; and how many anchors count.
    private func verify(_ folder: Scratch, _ trust: AnchorTrust) throws -> (damage: [String], Int) {
        let result = try Sample.verify(folder)
        var check = AnchorCheck(dataDirectory: folder.path, trust: trust)
        try check.run(result.anchorLeaves, isBusy: false)
        let found =
            result.damage.map { "\($0.subject): \($0.words)" }
            + check.findings.filter(\.isDamage).map { "\($0.subject): \($0.words)" }
        return (found, check.trusted)
    }

    @Test func `T9 leaves that claim a time which clocks outside contradict are told`() throws {
        let held = try make()
        var options = EmbeddedEngine.Options()
        options.readOnly = true
        let engine = try EmbeddedEngine(held.folder.path, options: options)
        defer { try? engine.close() }
        let scratch = Scratch(inMemory: true)
        var verifier = try Verifier(
            engine,
            Verifier.Request(
                rootKey: TestLog.rootSigner().verifierKey, rootPinned: true,
                keySetNote: TestLog.identity().keySetNote, scratchPath: scratch.path))
        let result = try verifier.run()
        var check = AnchorCheck(dataDirectory: held.folder.path, trust: held.trust)
        try check.run(result.anchorLeaves, isBusy: false)
        check.compareTimes(verifier)
        // The log's clock stands still, months before the stamp: what came after it is back-dated.
        let told = check.findings.filter { $0.words.contains("was not there yet") }
        let anchor = try #require(result.anchorLeaves.first)
        #expect(told.count == Int(result.leaves - anchor.index) - 1, "\(check.findings)")
        #expect(told.contains { $0.subject.hasPrefix("snapshot ") && $0.words.contains("notary") })
        #expect(told.allSatisfy { !$0.isDamage })
    }

    private func copyAnchors(_ from: Scratch, to folder: Scratch) {
        for name in from.files where name.hasPrefix("anchors/") {
            folder.write(name, from.bytes(name))
        }
    }

    @Test func `T6 history rewritten with the real key does not fit to its anchors`() throws {
        let held = try make()
        let (clean, trusted) = try verify(held.folder, held.trust)
        #expect(clean.isEmpty && trusted > 0, "\(clean)")
        var forgery = try Forgery(reading: held.folder)
        let picture = try #require(forgery.position(of: .snapshot))
        forgery.items[picture] = try forgery.items[picture].changing(["actor": .string("eve")])
        // The chain of the check follows from the changed leaf, as a careful forger sees to.
        let changed = forgery.items[picture].leaf
        let hash = Merkle.leafHash(changed.span).hex
        let next = try #require(
            forgery.items.indices.first { i in
                guard i > picture, let json = try? forgery.items[i].json else { return false }
                return json["kind"]?.string == "snapshot"
            })
        let links = try #require(try forgery.items[next].json["links"]?.array)
        forgery.items[next] = try forgery.items[next].changing([
            "links": .array(
                links.map { link in
                    let members = (link.object?.members ?? []).map { member in
                        (member.key, member.key == "prev" ? JSON.string(hash) : member.value)
                    }
                    return .object(JSONObject(members))
                })
        ])
        let anchored = try forgery.write()
        copyAnchors(held.folder, to: anchored)
        let (found, _) = try verify(anchored, held.trust)
        #expect(found.contains { $0.contains("anchors another history") }, "\(found)")

        // He changes what the anchor leaves say, too; but not what was stamped.
        var edge = TreeEdge()
        var roots: [Digest] = []
        for i in forgery.items.indices {
            let json = try forgery.items[i].json
            if json["kind"]?.string == "anchor", let size = json["size"]?.int {
                forgery.items[i] = try forgery.items[i].changing([
                    "root": .string(roots[Int(size) - 1].hex)
                ])
            }
            let leaf = forgery.items[i].leaf
            edge.append(Merkle.leafHash(leaf.span))
            roots.append(edge.root)
        }
        let careful = try forgery.write()
        copyAnchors(held.folder, to: careful)
        let (deeper, count) = try verify(careful, held.trust)
        #expect(deeper.contains { $0.contains("is another checkpoint than leaf") }, "\(deeper)")
        #expect(count == 0)
    }

    @Test func `T6 anchors left out leave a log that nobody vouches for`() throws {
        let held = try make()
        var forgery = try Forgery(reading: held.folder)
        forgery.items.removeAll { (try? $0.json["kind"]?.string) == "anchor" }
        let bare = try forgery.write()
        let (found, trusted) = try verify(bare, held.trust)
        #expect(found.isEmpty && trusted == 0, "\(found)")
        // The files that he could not make tell, if he leaves them.
        copyAnchors(held.folder, to: bare)
        let (left, _) = try verify(bare, held.trust)
        #expect(left.contains { $0.contains("does not speak of") }, "\(left)")
    }
}
