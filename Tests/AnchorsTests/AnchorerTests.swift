import Anchors
import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import Linux
import TestSupport
import Testing
import TimeStamp

/// Confirmations of a real log, by a real authority and a real witness.
@Suite struct AnchorerTests {
    static let authority: TestAuthority = {
        do { return try TestAuthority() } catch { preconditionFailure("\(error)") }
    }()

    @Test func `a time stamp becomes a file and a leaf, and openssl accepts the file`() throws {
        let room = try AnchorRoom()
        let tsa = try Self.authority.serve()
        defer { tsa.end() }
        try room.anchorer.add(room.stamp("notary", tsa.url, Self.authority))
        try room.anchorer.start()
        _ = try TestLog.add(room.log, 1)
        let size = room.log.size
        let leaf = try room.anchorer.confirmNow("notary")
        #expect(leaf.size >= size && leaf.file == "\(leaf.size)-notary.tsr")
        let file = try room.anchorer.archive.file(leaf)
        let note = try SignedNote(parsing: file.checkpoint)
        #expect(try Checkpoint(text: note.text).root == room.log.root(at: leaf.size))
        let stem = "\(room.folder.path)/anchors/\(leaf.size)-notary"
        let words = try Self.authority.sh(
            "openssl ts -verify -data \(stem).note -in \(stem).tsr -CAfile \(stem).pem")
        #expect(words.contains("Verification: OK"), "\(words)")
        #expect(throws: ChildFailure.self) {
            try Self.authority.sh(
                "openssl ts -verify -data \(stem).pem -in \(stem).tsr -CAfile \(stem).pem")
        }
        #expect(room.folder.bytes("anchors/notary.due").isEmpty)
        try room.close()
    }

    @Test func `the revocation list is kept with the time stamp, where it can be had`() throws {
        let room = try AnchorRoom()
        let first = try TestAuthority().serve()
        let port = first.port
        first.end()
        let authority = try TestAuthority(revocations: "http://127.0.0.1:\(port)/list.crl")
        let tsa = try authority.serve(port: port)
        defer { tsa.end() }
        try room.anchorer.add(room.stamp("notary", tsa.url, authority))
        try room.anchorer.start()
        let leaf = try room.anchorer.confirmNow("notary")
        let file = try room.anchorer.archive.file(leaf)
        #expect(file.revocations == authority.revocationList)
        try room.close()
    }

    @Test func `a witness follows the log as it grows, across restarts of both`() throws {
        let room = try AnchorRoom()
        var port: UInt16 = 0
        for round in 0..<3 {
            let witness = try room.serveWitness(port)
            if round == 0 { try room.anchorer.add(room.witness("qa", witness)) }
            port = witness.port
            try room.anchorer.start()
            for i in 0..<20 { _ = try TestLog.add(room.log, round * 20 + i) }
            let leaf = try room.anchorer.confirmNow("qa")
            let note = try SignedNote(parsing: room.anchorer.archive.file(leaf).bytes)
            #expect(try room.witnessRoom.cosigner.key.time(on: note) != nil)
            witness.end()
            try room.restart()
        }
        #expect(try room.incidents() == [])
        try room.close()
    }

    @Test func `what waited while nobody could be reached is confirmed after a restart, at once`()
        throws
    {
        let room = try AnchorRoom()
        let gone = try Self.authority.serve()
        let port = gone.port
        gone.end()
        try room.anchorer.add(room.stamp("notary", "http://127.0.0.1:\(port)", Self.authority))
        try room.anchorer.start()
        _ = try TestLog.add(room.log, 1)
        let size = room.log.size
        let refused = failure { _ = try room.anchorer.confirmNow("notary") }
        #expect(
            refused?.words.contains("nothing listens") == true, "\(String(describing: refused))")
        let report = try room.report("notary")
        #expect(report.isWaiting && report.last == nil && report.failure != nil)
        #expect(!room.folder.bytes("anchors/notary.due").isEmpty)
        let tsa = try Self.authority.serve(port: port)
        defer { tsa.end() }
        try room.restart()
        try room.anchorer.start()
        // Not asked for: it was due.
        while try room.report("notary").last == nil { pauseFor(milliseconds: 5) }
        #expect(try #require(room.report("notary").last).size >= size)
        while try room.report("notary").isWaiting { pauseFor(milliseconds: 5) }
        #expect(tsa.requests == 1)
        try room.close()
    }

    /// The process was killed after the files were written and before the leaf; or while they were.
    @Test(arguments: [nil, "tsr", "note", "pem", "changed"])
    func `an answer that came just before a kill is not lost, and a torn one is not taken`(
        missing: String?
    ) throws {
        let room = try AnchorRoom()
        let gone = try Self.authority.serve()
        gone.end()
        // Nobody can be asked any more.
        try room.anchorer.add(room.stamp("notary", gone.url, Self.authority))
        let note = room.log.checkpoint
        let size = try Checkpoint(text: note.text).size
        let request = try TimeStampRequest(
            imprint: SHA256.hash(note.encode().span), nonce: nil)
        let reply = try TimeStampReply(Self.authority.reply(to: request.encode()))
        let chain = try Certificates(pem: Self.authority.certificate).adding(reply.certificates)
        let files = [("tsr", reply.bytes), ("note", note.encode()), ("pem", chain.pem)]
        for (suffix, bytes) in files where suffix != missing {
            var bytes = bytes
            if missing == "changed" { bytes[bytes.count / 2] ^= 1 }
            room.folder.write("anchors/\(size)-notary.\(suffix)", bytes)
        }
        room.folder.write("anchors/notary.due", note.encode())
        try room.anchorer.start()
        if missing == nil {
            while try room.report("notary").last == nil { pauseFor(milliseconds: 5) }
            let leaf = try #require(try room.report("notary").last)
            #expect(try !room.report("notary").isWaiting)
            #expect(leaf.file == "\(size)-notary.tsr" && leaf.size == size)
            #expect(try room.anchorer.archive.file(leaf).bytes == reply.bytes)
        } else {
            let found = failure { _ = try room.anchorer.confirmNow("notary") }
            #expect(
                found?.words.contains("nothing listens") == true, "\(String(describing: found))")
            #expect(try room.report("notary").isWaiting && room.report("notary").last == nil)
        }
        try room.close()
    }

    @Test func `a kill between the leaf and the end makes no second leaf`() throws {
        let room = try AnchorRoom()
        let tsa = try Self.authority.serve()
        try room.anchorer.add(room.stamp("notary", tsa.url, Self.authority))
        try room.anchorer.start()
        let leaf = try room.anchorer.confirmNow("notary")
        tsa.end()
        let note = try room.anchorer.archive.file(leaf).checkpoint
        try room.restart { room.folder.write("anchors/notary.due", note) }
        try room.anchorer.start()
        while try room.report("notary").isWaiting { pauseFor(milliseconds: 5) }
        let leaves = try room.log.anchors(newestFirst: false, limit: 100)
        #expect(leaves.count { $0.file == leaf.file } == 1)
        try room.close()
    }

    @Test func `T22 whatever is wrong with an answer, it is not taken and its reason is told`()
        throws
    {
        let room = try AnchorRoom()
        let authority = try TestAuthority()
        let stranger = try TestAuthority()
        let services = try [
            LoopbackService { _ in .init(Array("hello".utf8)) },
            LoopbackService { _ in .init([], status: 503) },
            stranger.serve(),
            authority.serve(at: "20 years ago"),
        ]
        defer { for service in services { service.end() } }
        let words = ["no time-stamp reply", "status 503", "not pinned", "not valid"]
        for (i, service) in services.enumerated() {
            try room.anchorer.add(room.stamp("tsa-\(i)", service.url, authority))
        }
        try room.anchorer.start()
        for (i, word) in words.enumerated() {
            let found = failure { _ = try room.anchorer.confirmNow("tsa-\(i)") }
            #expect(found?.words.contains(word) == true, "\(i): \(String(describing: found))")
        }
        #expect(try room.log.anchors(newestFirst: true, limit: 1).isEmpty)
        try room.close()
    }

    @Test func `T22 a self-made past does not fit to what others said before`() throws {
        let room = try AnchorRoom()
        let tsa = try Self.authority.serve()
        let owner = try TestAuthority(made: "500 days ago", days: 900)
        let past = try owner.serve(at: "400 days ago")
        defer {
            tsa.end()
            past.end()
        }
        try room.anchorer.add(room.stamp("notary", tsa.url, Self.authority))
        try room.anchorer.start()
        _ = try room.anchorer.confirmNow("notary")
        try room.anchorer.add(room.stamp("own", past.url, owner))
        let found = failure { _ = try room.anchorer.confirmNow("own") }
        #expect(found?.words.contains("one of the two clocks is wrong") == true)
        #expect(try room.report("own").alarm != nil)
        #expect(try room.incidents() == ["anchor-time"])
        try room.close()
    }

    @Test func `T5 T7 a copy that went on is told of by the witness, in log and status`() throws {
        let room = try AnchorRoom()
        let witness = try room.serveWitness()
        defer { witness.end() }
        try room.anchorer.add(room.witness("qa", witness))
        try room.anchorer.start()
        _ = try room.anchorer.confirmNow("qa")
        var kept: Scratch?
        try room.restart { kept = room.folder.snapshot() }
        let copy = try AnchorRoom(try #require(kept), witness: room.witnessRoom)
        try room.anchorer.start()
        for i in 0..<10 { _ = try TestLog.add(room.log, i) }
        _ = try room.anchorer.confirmNow("qa")
        try copy.anchorer.start()
        let rolledBack = failure { _ = try copy.anchorer.confirmNow("qa") }
        #expect(rolledBack?.kind == .dataLoss, "\(String(describing: rolledBack))")
        for i in 0..<50 { _ = try TestLog.add(copy.log, 100 + i) }
        let forked = failure { _ = try copy.anchorer.confirmNow("qa") }
        #expect(forked?.kind == .corrupt, "\(String(describing: forked))")
        #expect(try copy.report("qa").alarm != nil)
        #expect(try copy.incidents() == ["rollback", "fork"])
        // Asked again, it is not written down again.
        _ = failure { _ = try copy.anchorer.confirmNow("qa") }
        #expect(try copy.incidents() == ["rollback", "fork"])
        _ = try room.anchorer.confirmNow("qa")
        #expect(try room.report("qa").alarm == nil)
        try copy.close()
        try room.close()
    }

    @Test func `T5 at the start a witness of ours shows what it saw last`() throws {
        let room = try AnchorRoom()
        let witness = try room.serveWitness()
        defer { witness.end() }
        let source = try room.witness("qa", witness)
        try room.anchorer.add(source)
        var kept: Scratch?
        try room.restart { kept = room.folder.snapshot() }
        try room.anchorer.start()
        for i in 0..<10 { _ = try TestLog.add(room.log, i) }
        _ = try room.anchorer.confirmNow("qa")
        let (origin, keys) = (room.log.origin, room.log.keySet)
        let inquiry = try #require(WitnessInquiry(source))
        let note = try #require(try inquiry.last(origin: origin, keys))
        try room.close()
        let found = failure {
            let (log, _) = try EvidenceLog.open(
                try TestLog.engine(try #require(kept).path), identity: TestLog.identity(),
                clock: room.clock, options: TestLog.options(), seen: [note])
            try log.close()
        }
        #expect(found?.kind == .dataLoss, "\(String(describing: found))")
        #expect(try inquiry.last(origin: "other.test/log", keys) == nil)
    }

    @Test func `a source that hangs holds up neither the log, nor the others, nor the end`() throws
    {
        let room = try AnchorRoom()
        let slow = try LoopbackServer { _ in [.request, .hang] }
        let tsa = try Self.authority.serve()
        defer {
            slow.end()
            tsa.end()
        }
        try room.anchorer.add(room.stamp("slow", slow.url(), Self.authority))
        try room.anchorer.add(room.stamp("notary", tsa.url, Self.authority))
        try room.anchorer.start()
        while slow.requests.isEmpty { pauseFor(milliseconds: 5) }
        _ = try TestLog.add(room.log, 1)
        _ = try room.anchorer.confirmNow("notary")
        // Told to end, it does not wait for the answer: nobody has said that none came.
        try room.close()
        #expect(!room.said.all.contains { $0.hasPrefix("slow") }, "\(room.said.all)")
        #expect(!room.folder.bytes("anchors/slow.due").isEmpty)
    }

    @Test func `who is not asked any more stands in the log, and what he said stays`() throws {
        let room = try AnchorRoom()
        let tsa = try Self.authority.serve()
        defer { tsa.end() }
        try room.anchorer.add(room.stamp("notary", tsa.url, Self.authority))
        try room.anchorer.start()
        let leaf = try room.anchorer.confirmNow("notary")
        try room.anchorer.remove("notary", by: TestLog.author)
        #expect(try room.incidents() == ["anchor-removed"])
        #expect(try room.anchorer.reports().isEmpty)
        _ = try room.anchorer.archive.file(leaf)
        #expect(failure { _ = try room.anchorer.confirmNow("notary") }?.kind == .notFound)
        try room.close()
    }

    @Test func `a lag of two intervals is late, and an idle log is not`() throws {
        let room = try AnchorRoom()
        let tsa = try Self.authority.serve()
        let source = try room.stamp("notary", tsa.url, Self.authority)
        try room.anchorer.add(source)
        try room.anchorer.start()
        _ = try room.anchorer.confirmNow("notary")
        tsa.end()
        let start = room.clock.now
        func isLate(_ seconds: Int64) throws -> Bool {
            try #require(
                try AnchorReport.all(
                    room.log, dataDirectory: room.folder.path, now: start.adding(seconds: seconds)
                ).first
            ).isLate
        }
        #expect(try !isLate(2 * source.interval) && isLate(2 * source.interval + 1))
        _ = try TestLog.add(room.log, 1)
        #expect(try !isLate(2 * source.interval) && isLate(2 * source.interval + 1))
        try room.close()
    }

    @Test func `a cosignature that comes on a stick is an anchor as any other`() throws {
        let room = try AnchorRoom()
        try room.anchorer.add(
            AnchorSource(
                name: "qa", url: AnchorSource.carriedURL,
                way: .witness(room.witnessRoom.cosigner.key),
                interval: nil, added: room.clock.now))
        try room.anchorer.start()
        #expect(
            failure { _ = try room.anchorer.confirmNow("qa") }?.words.contains("--cosigned") == true
        )
        let witness = try room.witnessRoom.witness(SystemClock())
        func cosigned(from old: UInt64, _ note: SignedNote) throws -> SignedNote {
            let head = try Checkpoint(text: note.text)
            let proof = try room.log.consistency(
                from: old, to: head.size, root: head.root)
            let answer = try witness.add(AddCheckpoint(oldSize: old, proof: proof, note: note))
            guard case .cosigned(let line) = answer else {
                throw Failure(.refused, "\(answer)")
            }
            return note.adding(line)
        }
        for i in 0..<5 { _ = try TestLog.add(room.log, i) }
        let first = room.log.checkpoint
        let size = try Checkpoint(text: first.text).size
        let carried = try cosigned(from: 0, first)
        // The log goes on while the stick is away.
        for i in 5..<9 { _ = try TestLog.add(room.log, i) }
        let leaf = try room.anchorer.confirmNow("qa", carried: carried)
        #expect(leaf.size == size && leaf.index >= room.log.size - 1)
        #expect(try room.anchorer.archive.file(leaf).bytes == carried.encode())
        #expect(try room.report("qa").last == leaf)
        // Given twice it is the same one; one of a smaller tree, or by another, is none.
        #expect(try room.anchorer.confirmNow("qa", carried: carried) == leaf)
        let again = try cosigned(from: size, room.log.checkpoint)
        #expect(try room.anchorer.confirmNow("qa", carried: again).size > size)
        #expect(try room.anchorer.confirmNow("qa", carried: carried).size > size)
        #expect(failure { _ = try room.anchorer.confirmNow("qa", carried: first) } != nil)
        let other = try Cosigner(name: "witness.test/w9", seed: [UInt8](repeating: 9, count: 32))
        let strange = first.adding(other.sign(first, at: room.clock.now))
        #expect(
            failure { _ = try room.anchorer.confirmNow("qa", carried: strange) }?.words.contains(
                "not cosigned by qa") == true)
        // T6: of another history, under the real keys.
        let forged = Checkpoint(origin: room.log.origin, size: size + 1, root: .zero).signed(
            by: [try TestLog.logSigner()])
        let seen = forged.adding(room.witnessRoom.cosigner.sign(forged, at: room.clock.now))
        #expect(failure { _ = try room.anchorer.confirmNow("qa", carried: seen) }?.kind == .corrupt)
        #expect(try room.incidents() == ["fork"])
        try room.close()
    }

    @Test(arguments: ["", "A", "-a", "a.b", "a/b", String(repeating: "a", count: 33)])
    func `what is no name is refused`(name: String) throws {
        let room = try WitnessRoom()
        #expect(throws: Failure.self) {
            try AnchorSource(
                name: name, url: "http://x", way: .witness(room.cosigner.key), interval: nil,
                added: .distantPast)
        }
    }

    @Test(arguments: ["", "ftp://x", "http://u:p@x", "http://x y", "x"])
    func `what is no address is refused`(url: String) throws {
        let room = try WitnessRoom()
        #expect(throws: Failure.self) {
            try AnchorSource(
                name: "a", url: url, way: .witness(room.cosigner.key), interval: nil,
                added: .distantPast)
        }
    }
}
