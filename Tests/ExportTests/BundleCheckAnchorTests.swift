import Archive
import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import Foundation
import TestSupport
import Testing
import TimeStamp

/// What others outside have confirmed, as a bundle shows it: by whom it must be, and what a change
/// of it is called.
@Suite struct BundleCheckAnchorTests {
    /// A log of two pictures, anchored, and its bundle; `later` adds one after the anchor.
    private struct Anchored {
        let zip: [UInt8]
        let note: SignedNote

        init(
            later: Bool = false,
            _ anchor: (SignedNote) throws -> [(ending: String, bytes: [UInt8])]
        ) throws {
            let folder = Scratch(inMemory: true)
            let clock = ManualClock()
            let (log, _) = try TestLog.open(folder.path, clock: clock)
            let link = try TestLog.check(1)
            for i in 0..<2 { try TestLog.add(log, i, links: [link], bytes: 200, at: clock.now) }
            let note = log.checkpoint
            self.note = note
            let files = try anchor(note)
            let head = try Checkpoint(text: note.text)
            let (ending, proof) = files[0]
            let leaf = try log.addAnchor(
                type: "x", head, file: "\(head.size)-north.\(ending)",
                AnchorSums(proof: SHA256.hash(proof.span)))
            if later {
                try TestLog.add(log, 9, links: [link], bytes: 200, at: clock.now)
            }
            var query = Query()
            query.links = [.init(kind: link.kind, value: link.value)]
            var bytes: [UInt8] = []
            let writer = try BundleWriter(
                try LogExtract(log),
                BundleRequest(.query(query), .zip, by: "dora", at: clock.now),
                anchors: { _ in
                    [
                        BundleAnchor(
                            size: head.size, name: "north", checkpoint: note, leaf: leaf.index,
                            files: files)
                    ]
                }, custody: { _, _, _ in },
                { piece throws(Failure) in bytes.append(span: piece) })
            try writer.run()
            try log.close()
            zip = bytes
        }
    }

    // MARK: Witness

    private static let seen = WallTime(microseconds: 1_790_000_050_000_000)

    private func witness(_ seed: UInt8 = 5) throws -> Cosigner {
        try Cosigner(name: "witness.test/w1", seed: [UInt8](repeating: seed, count: 32))
    }

    private func witnessed(later: Bool = false) throws -> Anchored {
        try Anchored(later: later) { note in
            let signed = note.adding(try witness().sign(note, at: Self.seen))
            return [("note", signed.encode())]
        }
    }

    private func verify(_ bag: Bag, witness: Cosigner? = nil, roots: Certificates? = nil) throws
        -> BundleVerification
    {
        var request = try BundleSample.request()
        if let witness { request.witnesses = [witness.key] }
        if let roots { request.timeStampRoots = roots }
        return try BundleCheck.run(zip: MemoryBytes(bag.zip()), request)
    }

    @Test func `a witness that is trusted vouches, and says when`() throws {
        let bag = try Bag(witnessed().zip)
        let result = try verify(bag, witness: witness())
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.verdict == .verified)
        #expect(result.vouchers.map(\.time) == [Self.seen])
        #expect(result.notAfter == Self.seen)
        #expect(result.vouchers.allSatisfy { $0.leaf != nil })
    }

    @Test func `a witness that nobody named does not count`() throws {
        let bag = try Bag(witnessed().zip)
        for key in [nil, try witness(6)] {
            let result = try verify(bag, witness: key)
            #expect(result.verdict == .unanchored)
            #expect(result.findings.contains { $0.words.contains("--witness") })
        }
    }

    @Test func `a picture after the anchor makes it stale`() throws {
        let result = try verify(Bag(witnessed(later: true).zip), witness: witness())
        #expect(result.verdict == .unanchored)
        #expect(result.isStale)
    }

    @Test func `a cosignature that was changed is named, also when all is signed again`() throws {
        var bag = try Bag(witnessed().zip)
        let name = try #require(bag.names.first { $0.hasSuffix(".note") && $0.contains("anchors") })
        let bare = try SignedNote(
            parsing: bag.files[name.replacing(".note", with: ".checkpoint")] ?? [])
        // What the witness signed was another text.
        let wrong = try witness().sign(BundleSample.shared.newest, at: Self.seen)
        bag.files[name] = bare.adding(wrong).encode()
        try bag.sign()
        let result = try verify(bag, witness: witness())
        #expect(result.damage.contains { $0.file == name }, "\(result.findings)")
    }

    @Test func `T7 an anchor of another history of the same key is named`() throws {
        var bag = try Bag(witnessed().zip)
        let name = try #require(bag.names.first { $0.hasSuffix(".note") && $0.contains("anchors") })
        let size = try Checkpoint(text: SignedNote(parsing: bag.files[name] ?? []).text).size
        let other = Checkpoint(
            origin: TestLog.origin, size: size, root: SHA256.hash([UInt8]([7]).span)
        ).signed(by: [try TestLog.logSigner()])
        bag.files[name] = other.adding(try witness().sign(other, at: Self.seen)).encode()
        try bag.sign()
        let result = try verify(bag, witness: witness())
        #expect(result.damage.contains { $0.file == name && $0.words.contains("another history") })
    }

    @Test func `an anchor that is not shown to be of this log does not count`() throws {
        let bag = try Bag(witnessed().zip)
        for ending in [".consistency", ".checkpoint"] {
            var other = bag
            let name = try #require(
                bag.names.first { $0.hasPrefix("proof/consistency/") && $0.hasSuffix(ending) })
            if ending == ".consistency" {
                let lines = bag.text(name).split(separator: "\n").dropLast()
                other.write(name, lines.joined(separator: "\n") + "\n")
            } else {
                for name in bag.names where name.hasPrefix("proof/consistency/") {
                    other.files[name] = nil
                }
            }
            try other.sign()
            let result = try verify(other, witness: witness())
            #expect(result.verdict == .tampered)
            #expect(
                result.damage.contains {
                    $0.step == 9
                        && ($0.file == name || $0.words.contains("not shown to be of this log"))
                }, "\(result.findings)")
        }
    }

    // MARK: Time stamps

    /// An authority of the tests, run with `openssl ts`.
    private struct Authority {
        let folder = Scratch()

        init() throws {
            folder.write(
                "ts.cnf",
                Array(
                    """
                    [tsa]
                    default_tsa = t
                    [t]
                    serial = \(folder.path)/serial
                    signer_cert = \(folder.path)/tsa.pem
                    signer_key = \(folder.path)/tsa.key
                    signer_digest = sha256
                    default_policy = 1.2.3.4
                    digests = sha256
                    ess_cert_id_alg = sha256

                    """.utf8))
            folder.write("ext", Array("extendedKeyUsage = critical,timeStamping\n".utf8))
            folder.write("serial", Array("01\n".utf8))
            let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
            try run("openssl req -x509 \(key) -keyout ca.key -out ca.pem -subj /CN=ca -days 3650")
            try run("openssl req \(key) -keyout tsa.key -out tsa.csr -subj /CN=tsa")
            try run(
                "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial"
                    + " -out tsa.pem -days 3650 -extfile ext")
        }

        func stamp(_ bytes: [UInt8]) throws -> [UInt8] {
            folder.write("data", bytes)
            try run("openssl ts -query -data data -sha256 -cert -out q.tsq")
            try run("openssl ts -reply -config ts.cnf -queryfile q.tsq -out r.tsr")
            return folder.bytes("r.tsr")
        }

        var root: [UInt8] { folder.bytes("ca.pem") }
        var signer: [UInt8] { folder.bytes("tsa.pem") }

        /// Its revocation list: with the signer, taken back on `day`, or empty.
        func list(day: String?) throws -> [UInt8] {
            folder.write("index", [])
            folder.write(
                "ca.cnf",
                Array(
                    """
                    [ca]
                    default_ca = c
                    [c]
                    database = \(folder.path)/index
                    default_md = sha256
                    default_crl_days = 30

                    """.utf8))
            if let day {
                try run(
                    "printf 'R\\t491231000000Z\\t\(day)\\t%s\\tunknown\\t/CN=tsa\\n'"
                        + " $(openssl x509 -in tsa.pem -noout -serial | cut -d= -f2) >index; true")
            }
            try run(
                "openssl ca -config ca.cnf -gencrl -keyfile ca.key -cert ca.pem -out list.pem")
            try run("openssl crl -in list.pem -outform DER -out list.crl")
            return folder.bytes("list.crl")
        }

        private func run(_ line: String) throws {
            let shell = Process()
            shell.executableURL = URL(fileURLWithPath: "/bin/sh")
            shell.arguments = ["-c", "cd \(folder.path) && { \(line); } >/dev/null 2>&1"]
            try shell.run()
            shell.waitUntilExit()
            #expect(shell.terminationStatus == 0, "\(line)")
        }
    }

    private func stamped(_ authority: Authority) throws -> Anchored {
        try Anchored { note in
            [("tsr", try authority.stamp(note.encode())), ("pem", authority.root)]
        }
    }

    @Test func `a time stamp counts under a root that whoever verifies has named`() throws {
        let authority = try Authority()
        let bag = try Bag(stamped(authority).zip)
        let result = try verify(bag, roots: Certificates(pem: authority.root))
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.verdict == .verified)
        #expect(result.notAfter != nil)
    }

    @Test func `T22 a time stamp under the bundle's own roots, or unknown ones, does not count`()
        throws
    {
        let bag = try Bag(stamped(Authority()).zip)
        let other = try Certificates(pem: Authority().root)
        for roots in [nil, other] {
            let result = try verify(bag, roots: roots)
            #expect(result.verdict == .unanchored)
            #expect(result.findings.contains { $0.words.contains("--trust-tsa") })
        }
    }

    @Test func `T22 a stamp by a signer whom a list beside it had revoked does not count`() throws {
        let authority = try Authority()
        func bag(_ list: [UInt8]) throws -> Bag {
            try Bag(
                Anchored { note in
                    [
                        ("tsr", try authority.stamp(note.encode())),
                        ("pem", authority.signer + authority.root), ("crl", list),
                    ]
                }.zip)
        }
        let roots = try Certificates(pem: authority.root)
        for day in [nil, "490101000000Z"] {
            let result = try verify(bag(authority.list(day: day)), roots: roots)
            #expect(result.verdict == .verified && result.findings.isEmpty, "\(result.findings)")
        }
        let revoked = try authority.list(day: "200101000000Z")
        let result = try verify(bag(revoked), roots: roots)
        #expect(result.verdict == .unanchored && result.vouchers.isEmpty)
        #expect(result.findings.contains { $0.words.contains("had been revoked") })
        for list in [try Authority().list(day: nil), revoked.dropLast() + [0]] {
            let result = try verify(bag(list), roots: roots)
            #expect(result.damage.contains { $0.file.hasSuffix(".crl") }, "\(result.findings)")
        }
    }

    @Test func `T22 a time stamp of other bytes, or a damaged one, is named`() throws {
        let authority = try Authority()
        let bag = try Bag(stamped(authority).zip)
        let name = try #require(bag.names.first { $0.hasSuffix(".tsr") })
        let roots = try Certificates(pem: authority.root)
        var swapped = bag
        swapped.files[name] = try authority.stamp(Array("something else".utf8))
        try swapped.sign()
        for pinned in [nil, roots] {
            let result = try verify(swapped, roots: pinned)
            #expect(
                result.damage.contains { $0.file == name && $0.words.contains("other bytes") },
                "\(result.findings)")
        }
        let good = try verify(bag, roots: roots).vouchers.map(\.time)
        var random = SeededRandom(seed: Effort.seed)
        for _ in 0..<Effort.rounds(40) {
            var damaged = bag
            let at = Int.random(in: 0..<(bag.files[name]?.count ?? 1), using: &random)
            damaged.files[name]?[at] ^= 1
            try damaged.sign()
            let result = try verify(damaged, roots: roots)
            // Bytes that no signature covers are left; they change nothing that is believed.
            #expect(
                !result.findings.isEmpty || result.vouchers.map(\.time) == good,
                "byte \(at); \(Effort.replay)")
        }
    }
}
