import Anchors
import Base
import Crypto
import Evidence
import EvidenceFormat
import Foundation
import TestSupport
import Testing
import TimeStamp

/// The folder of anchors in an insider's hands (T2, T22).
@Suite struct AnchorCheckTests {
    private struct Held {
        let folder: Scratch
        let leaves: [AnchorLeaf]
        let trust: AnchorTrust
    }

    /// One time stamp and one cosignature of a closed log.
    private func make() throws -> Held {
        let room = try AnchorRoom()
        let authority = AnchorerTests.authority
        let tsa = try authority.serve()
        let witness = try room.serveWitness()
        defer {
            tsa.end()
            witness.end()
        }
        try room.anchorer.add(room.stamp("notary", tsa.url, authority))
        try room.anchorer.add(room.witness("qa", witness))
        try room.anchorer.start()
        _ = try room.anchorer.confirmNow("notary")
        _ = try room.anchorer.confirmNow("qa")
        room.anchorer.end()
        let leaves = try room.log.anchors(newestFirst: false, limit: 100)
        try room.log.close()
        return Held(
            folder: room.folder, leaves: leaves,
            trust: AnchorTrust(
                authorities: try Certificates(pem: authority.certificate),
                witnesses: [room.witnessRoom.cosigner.key]))
    }

    private func check(_ held: Held, _ trust: AnchorTrust? = nil) throws -> AnchorCheck {
        var check = AnchorCheck(dataDirectory: held.folder.path, trust: trust ?? held.trust)
        try check.run(held.leaves, isBusy: false)
        return check
    }

    @Test func `anchors count for whom the verifier trusts, and for nobody else`() throws {
        let held = try make()
        let good = try check(held)
        #expect(good.findings.isEmpty && good.trusted == held.leaves.count, "\(good.findings)")
        let nobody = try check(held, AnchorTrust())
        #expect(nobody.trusted == 0 && !nobody.findings.contains { $0.isDamage })
        #expect(nobody.findings.contains { $0.words.contains("--tsa-ca") })
        let other = try Certificates(pem: TestAuthority().certificate)
        let strangers = AnchorTrust(
            authorities: other,
            witnesses: [try Cosigner(name: "x", seed: [UInt8](repeating: 3, count: 32)).key])
        #expect(try check(held, strangers).trusted == 0)
        let notaries = AnchorTrust(authorities: held.trust.authorities)
        #expect(try check(held, notaries).trusted == held.leaves.count { $0.type == "rfc3161" })
    }

    @Test func `T2 a changed byte in any file is found, and the file named`() throws {
        let held = try make()
        for name in held.folder.files where name.hasPrefix("anchors/") {
            if name.hasSuffix("sources.json") { continue }
            let whole = held.folder.bytes(name)
            for i in stride(from: 0, to: whole.count, by: 7) {
                var bytes = whole
                bytes[i] ^= 1
                held.folder.write(name, bytes)
                let found = try check(held).findings.filter(\.isDamage)
                let stem = try #require(name.split(separator: "/").last).prefix { $0 != "." }
                #expect(found.contains { $0.words.contains(stem) }, "\(name) byte \(i): \(found)")
            }
            held.folder.remove(name)
            #expect(try check(held).findings.contains { $0.isDamage }, "\(name) removed")
            held.folder.write(name, whole)
        }
        #expect(try check(held).findings.isEmpty)
    }

    @Test func `T22 swapped files are found`() throws {
        let held = try make()
        let stamps = held.leaves.filter { $0.type == "rfc3161" }
        let other = try make()
        let theirs = try #require(other.leaves.first { $0.type == "rfc3161" })
        let file = try #require(stamps.first).file
        held.folder.write("anchors/\(file)", other.folder.bytes("anchors/\(theirs.file)"))
        #expect(try check(held).findings.contains { $0.isDamage && $0.words.contains(file) })
    }

    @Test func `files that the log does not speak of are found`() throws {
        let held = try make()
        held.folder.write("anchors/1-other.tsr", [1])
        let found = try check(held).findings
        #expect(found.count == 1 && found[0].isDamage && found[0].subject == "anchors/1-other.tsr")
        held.folder.remove("anchors/1-other.tsr")
        // What a kill left is no damage: the next start goes on with it.
        held.folder.write("anchors/99-qa.note", [1])
        held.folder.write("anchors/qa.due", [1])
        let started = try check(held).findings
        #expect(started.count == 2 && !started.contains { $0.isDamage }, "\(started)")
    }
}
