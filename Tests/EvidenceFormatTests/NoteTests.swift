import Base
import Crypto
import EvidenceFormat
import Testing

func refusal(_ body: () throws(Failure) -> Void) -> FailureKind? {
    do throws(Failure) {
        try body()
        return nil
    } catch {
        return error.kind
    }
}

@Suite struct NoteTests {
    /// The example of C2SP signed-note.
    static let vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    static let note = """
        This is an example message.

        — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

        """

    @Test func `the C2SP example key and note are read, verified and written back`() throws {
        let key = try VerifierKey(Self.vkey)
        #expect(key.name == "example.com/foo")
        #expect(key.id == 0x530d_903a)
        #expect(key.text == Self.vkey)
        let note = try SignedNote(parsing: Array(Self.note.utf8))
        #expect(note.text == "This is an example message.\n")
        #expect(try note.signers(among: [key]) == [key])
        #expect(note.encode() == Array(Self.note.utf8))
    }

    /// The example of golang.org/x/mod/sumdb/note: Ed25519 gives one signature for one text.
    @Test func `the Go example is signed with the same bytes`() throws {
        let raw = try #require([UInt8](base64: "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"))
        let signer = try NoteSigner(
            name: "PeterNeumann", key: SigningKey(seed: Array(raw.dropFirst())))
        #expect(
            signer.verifierKey.text
                == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        let text = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            """
        let line =
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        #expect(
            SignedNote(text: text, signers: [signer]).encode() == Array((text + "\n" + line).utf8))
    }

    @Test func `signatures by unknown keys are passed over, with ours before or after them`() throws
    {
        let ours = Samples.signer(), other = Samples.signer("witness.example/w1", seed: 9)
        for signers in [[ours, other], [other, ours]] {
            let note = SignedNote(text: "text\n", signers: signers)
            let read = try SignedNote(parsing: note.encode())
            #expect(read == note)
            #expect(try read.signers(among: [ours.verifierKey]) == [ours.verifierKey])
        }
        let both = SignedNote(text: "text\n", signers: [ours, other])
        #expect(
            try both.signers(among: [other.verifierKey, ours.verifierKey]).map(\.name)
                == [ours.name, other.name])
        let foreign = SignedNote(text: "text\n", signers: [other])
        #expect(
            refusal { () throws(Failure) in
                _ = try foreign.signers(among: [ours.verifierKey])
            } == .refused)
    }

    @Test func `a key of the same name but another id is unknown`() throws {
        let note = SignedNote(text: "text\n", signers: [Samples.signer(seed: 1)])
        let other = Samples.signer(seed: 2).verifierKey
        #expect(refusal { () throws(Failure) in _ = try note.signers(among: [other]) } == .refused)
    }

    @Test func `a changed text or signature by a known key refuses the note`() throws {
        let bytes = Array(Self.note.utf8)
        let key = try VerifierKey(Self.vkey)
        var text = bytes
        text[0] ^= 0x20
        let changed = try SignedNote(parsing: text)
        #expect(refusal { () throws(Failure) in _ = try changed.signers(among: [key]) } == .corrupt)
        var line = bytes
        line[line.count - 6] ^= 1
        let resigned = try SignedNote(parsing: line)
        #expect(
            refusal { () throws(Failure) in _ = try resigned.signers(among: [key]) } == .corrupt)
    }

    @Test(arguments: [
        "", "\n", "text\n", "text\n\n", "text\n\n— a AAAAAAA=", "\n— a AAAAAAA=\n",
        "text\n\n- a AAAAAAA=\n", "text\n\n—a AAAAAAA=\n", "text\n\n—  AAAAAAA=\n",
        "text\n\n— a\n", "text\n\n— a b AAAAAAA=\n", "text\n\n— a AAAA\n", "text\n\n— a AAAAAA==\n",
        "text\n\n— a AAAAAAB=\n", "text\n\n— a AAAAAAA\n", "text\n\n— a+b AAAAAAA=\n",
        "text\n\n— a\u{00A0}b AAAAAAA=\n", "te\txt\n\n— a AAAAAAA=\n",
        "text\r\n\r\n— a AAAAAAA=\r\n",
        "text\n\n— a AAAAAAA=\n\n", "text\n\n— a AAAAAAA=\nmore\n", "text\n\n— a AAAAAAA= \n",
        "text\n\n— a AAAA_AA=\n", "text\u{0}\n\n— a AAAAAAA=\n", "text\n\n— a \u{301}AAAAAAA=\n",
    ])
    func `a note in another spelling is refused`(text: String) {
        #expect(
            refusal { () throws(Failure) in
                _ = try SignedNote(parsing: Array(text.utf8))
            } == .invalid)
    }

    @Test func `a note that is too large, has too many lines or bad UTF-8 is refused`() {
        let line = Array("— a AAAAAAA=\n".utf8)
        let head = Array("text\n\n".utf8)
        func parses(_ bytes: [UInt8]) -> Bool {
            refusal { () throws(Failure) in _ = try SignedNote(parsing: bytes) } == nil
        }
        #expect(parses(head + line))
        #expect(parses(head + Array(repeating: line, count: 32).flatMap { $0 }))
        #expect(!parses(head + Array(repeating: line, count: 33).flatMap { $0 }))
        #expect(!parses([UInt8](repeating: 0x61, count: SignedNote.bytesMax) + head + line))
        #expect(!parses([0xFF] + head + line))
        #expect(!parses([0xED, 0xA0, 0x80] + head + line))
    }

    @Test(arguments: [
        "", "a", "a+b", "a+530d903a", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U==",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        "exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ])
    func `a verifier key in another spelling is refused`(text: String) {
        #expect(refusal { () throws(Failure) in _ = try VerifierKey(text) } != nil)
    }
}

@Suite struct CheckpointTests {
    static let root = Samples.digest(1)
    static let head = Checkpoint(origin: Samples.origin, size: 1000, root: root)

    @Test func `a checkpoint is three lines and a signature`() throws {
        let signer = Samples.signer()
        let note = Self.head.signed(by: [signer])
        #expect(note.text == "\(Samples.origin)\n1000\n\(Self.root.bytes.base64)\n")
        let read = try SignedNote(parsing: note.encode())
        let opened = try Checkpoint(
            opening: read, origin: Samples.origin, keys: [signer.verifierKey])
        #expect(opened == Self.head)
        #expect(
            refusal { () throws(Failure) in
                _ = try Checkpoint(opening: read, origin: "another/log", keys: [signer.verifierKey])
            } == .refused)
        let golden = try Golden.read("checkpoint.note", else: note.encode())
        #expect(note.encode() == golden)
    }

    @Test func `a checkpoint in another spelling is refused`() {
        let hash = Self.root.bytes.base64
        for text in [
            "", "log\n", "log\n5\n", "log\n5\n\(hash)", "log\n05\n\(hash)\n", "log\n+5\n\(hash)\n",
            "log\n-5\n\(hash)\n", "log\n5 \n\(hash)\n", "\n5\n\(hash)\n", "log\n\n\(hash)\n",
            "log\n5\n\(hash)\nextension\n", "log\n5\n\(hash)\n\n", "a b\n5\n\(hash)\n",
            "log\n5\n\(hash.dropLast())\n", "log\n5\n\(hash.dropLast(2))==\n",
            "log\n5\n\(Self.root.hex)\n", "log\n9007199254740992\n\(hash)\n",
            "log\n18446744073709551616\n\(hash)\n", "log\n0\n\(hash)\n", "log\n٥\n\(hash)\n",
        ] {
            #expect(refusal { () throws(Failure) in _ = try Checkpoint(text: text) } == .invalid)
        }
        #expect(
            refusal { () throws(Failure) in
                _ = try Checkpoint(text: "log\n0\n\(Merkle.emptyRoot.bytes.base64)\n")
            } == nil)
    }
}

@Suite struct LogProofTests {
    static let leaves = leafHashes(1000)
    static let tiles = MemoryTiles(leaves)

    static func proof(_ index: UInt64, extra: [UInt8]? = nil) throws -> LogProof {
        let head = Checkpoint(origin: Samples.origin, size: 1000, root: tiles.edge.root)
        let path = try TileProof.inclusion(
            index: index, size: 1000, reader: tiles, expecting: head.root)
        return LogProof(
            index: index, path: path, checkpoint: head.signed(by: [Samples.signer()]), extra: extra)
    }

    private func verdict(
        _ proof: LogProof, _ leaf: Digest, origin: String = Samples.origin, seed: UInt8 = 1
    ) -> FailureKind? {
        refusal { () throws(Failure) in
            let key = Samples.signer(seed: seed).verifierKey
            _ = try proof.verify(leaf: leaf, origin: origin, keys: [key])
        }
    }

    @Test(arguments: [nil, Array("extra".utf8)])
    func `a proof is written, read and verified`(extra: [UInt8]?) throws {
        let proof = try Self.proof(777, extra: extra)
        let bytes = proof.encode()
        let golden = try Golden.read(
            extra == nil ? "777.tlog-proof" : "777-extra.tlog-proof", else: bytes)
        #expect(bytes == golden)
        let read = try LogProof(parsing: bytes)
        #expect(read == proof)
        #expect(verdict(read, Self.leaves[777]) == nil)
    }

    @Test func `a proof for another leaf, index, log or key is refused`() throws {
        let proof = try Self.proof(777)
        #expect(verdict(proof, Self.leaves[776]) == .corrupt)
        #expect(verdict(proof, Self.leaves[777], origin: "another/log") == .refused)
        #expect(verdict(proof, Self.leaves[777], seed: 3) == .refused)
        let moved = LogProof(index: 776, path: proof.path, checkpoint: proof.checkpoint)
        #expect(verdict(moved, Self.leaves[777]) == .corrupt)
        let outside = LogProof(index: 1000, path: proof.path, checkpoint: proof.checkpoint)
        #expect(verdict(outside, Self.leaves[777]) == .corrupt)
        let long = LogProof(
            index: 777, path: proof.path + proof.path, checkpoint: proof.checkpoint)
        #expect(verdict(long, Self.leaves[777]) == .corrupt)
    }

    @Test func `no leaf is in the empty log`() throws {
        let head = Checkpoint(origin: Samples.origin, size: 0, root: Merkle.emptyRoot)
        let proof = LogProof(index: 0, path: [], checkpoint: head.signed(by: [Samples.signer()]))
        #expect(verdict(proof, Merkle.emptyRoot) == .corrupt)
    }

    private func altered(_ old: String, _ new: String) throws -> [UInt8] {
        let text = String(decoding: try Self.proof(777).encode(), as: UTF8.self)
        let parts = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
        try #require(parts.count == 2)
        return Array((parts[0] + new + parts[1]).utf8)
    }

    @Test(arguments: [
        ("proof@v1", "proof@v2"), ("c2sp.org/", " c2sp.org/"), ("index 777", "index 0777"),
        ("index 777", "index  777"), ("index 777", "index -1"), ("index 777", "Index 777"),
        ("index 777", "index 9007199254740992"), ("index 777\n", "index 777\nindex 777\n"),
        ("index 777\n", ""), ("index 777\n", "index 777\n\n"), ("index 777\n", "index 777\nAAAA\n"),
        ("index 777", "extra \nindex 777"), ("index 777", "extra ????\nindex 777"),
        ("index 777", "extra AAAA\nextra AAAA\nindex 777"), ("index 777", "index 777\r"),
        ("=\n", "\n"), ("\n\n", "\n"),
    ])
    func `a proof in another spelling is refused`(old: String, new: String) throws {
        let bytes = try altered(old, new)
        #expect(refusal { () throws(Failure) in _ = try LogProof(parsing: bytes) } == .invalid)
    }

    /// Once, a line of bad UTF-8 was taken for the end of the hashes.
    @Test func `a proof with bad UTF-8 in its last hash is refused`() throws {
        var bytes = try Self.proof(777).encode()
        let gap = try #require(bytes.indices.first { bytes[$0...].starts(with: [0x0A, 0x0A]) })
        bytes[gap - 10] = 0xFF
        #expect(refusal { () throws(Failure) in _ = try LogProof(parsing: bytes) } == .invalid)
    }

    @Test func `a huge proof is refused`() throws {
        let line = Self.leaves[0].bytes.base64 + "\n"
        let long = try altered("index 777\n", "index 777\n" + String(repeating: line, count: 60))
        #expect(refusal { () throws(Failure) in _ = try LogProof(parsing: long) } == .invalid)
        let huge = try altered(
            "index 777\n", "index 777\n" + String(repeating: line, count: 10_000))
        #expect(refusal { () throws(Failure) in _ = try LogProof(parsing: huge) } == .invalid)
    }

    @Test func `a damaged proof or note never traps and never proves another leaf`() throws {
        var random = SeededRandom(seed: 4)
        let proof = try Self.proof(777)
        let bytes = proof.encode()
        for _ in 0..<4000 {
            let damaged = bytes.mutated(with: &random)
            guard
                refusal({ () throws(Failure) in
                    let read = try LogProof(parsing: damaged)
                    guard read.encode() == damaged else { throw Failure(.io, "two spellings") }
                    let key = Samples.signer().verifierKey
                    _ = try read.verify(leaf: Self.leaves[777], origin: Samples.origin, keys: [key])
                    guard read.path == proof.path, read.index == 777 else {
                        throw Failure(.io, "another proof")
                    }
                }) != .io
            else {
                Issue.record("accepted: \(String(decoding: damaged, as: UTF8.self))")
                return
            }
        }
    }
}

@Suite struct KeySetTests {
    static let root = Samples.signer("plant7.example/root", seed: 2)
    static let first = Samples.signer(seed: 1), second = Samples.signer(seed: 3)

    static func sample() throws -> KeySet {
        try KeySet(
            origin: Samples.origin, ordinal: 2,
            entries: [
                .init(key: first.verifierKey, from: 0, to: 1200),
                .init(key: second.verifierKey, from: 1000),
            ])
    }

    @Test func `a key set is signed, read and says who may sign which size`() throws {
        let set = try Self.sample()
        let note = set.signed(by: Self.root)
        #expect(note.encode() == (try Golden.read("keyset.note", else: note.encode())))
        let read = try KeySet(
            opening: try SignedNote(parsing: note.encode()), origin: Samples.origin,
            root: Self.root.verifierKey)
        #expect(read == set)
        #expect(read.key(validAt: 999) == Self.first.verifierKey)
        #expect(read.key(validAt: 1000) == Self.second.verifierKey)
        #expect(read.keys(validAt: 1200).count == 2)
        #expect(read.keys(validAt: 1201) == [Self.second.verifierKey])
    }

    @Test func `a checkpoint by a key outside its sizes is refused`() throws {
        let set = try Self.sample()
        func verdict(_ size: UInt64, _ signer: NoteSigner) -> FailureKind? {
            let head = Checkpoint(origin: Samples.origin, size: size, root: Samples.digest(1))
            return refusal { () throws(Failure) in _ = try set.open(head.signed(by: [signer])) }
        }
        #expect(verdict(1200, Self.first) == nil)
        #expect(verdict(1201, Self.first) == .refused)
        #expect(verdict(999, Self.second) == .refused)
        #expect(verdict(5000, Self.second) == nil)
    }

    @Test func `a key set of another root or log is refused`() throws {
        let note = try Self.sample().signed(by: Self.root)
        #expect(
            refusal { () throws(Failure) in
                _ = try KeySet(opening: note, origin: Samples.origin, root: Self.first.verifierKey)
            } == .refused)
        #expect(
            refusal { () throws(Failure) in
                _ = try KeySet(opening: note, origin: "another/log", root: Self.root.verifierKey)
            } == .refused)
    }

    @Test func `a key set in another spelling is refused`() throws {
        let key = Self.first.verifierKey.text
        let head = "proofreel keyset v1\nlog\n1\n"
        #expect(
            refusal { () throws(Failure) in
                _ = try KeySet(text: head + "log \(key) from 0 to 5\n")
            } == nil)
        var tooMany = head
        for seed in UInt8(20)..<29 {
            tooMany += "log \(Samples.signer(seed: seed).verifierKey.text) from 0\n"
        }
        for text in [
            "", head, "proofreel keyset v2\nlog\n1\nlog \(key) from 0\n",
            "proofreel keyset v1\nlog\n0\nlog \(key) from 0\n",
            "proofreel keyset v1\nlog\n01\nlog \(key) from 0\n",
            "proofreel keyset v1\na b\n1\nlog \(key) from 0\n",
            head + "log \(key) from 0", head + "log \(key) from\n", head + "log \(key)  from 0\n",
            head + "log \(key) from 0 to\n", head + "log \(key) from 5 to 4\n",
            head + "log \(key) from 0 to x\n", head + "log \(key) from -1\n",
            head + "log \(key) from 0 till 4\n", head + "key \(key) from 0\n",
            head + "log nonsense from 0\n", head + "log \(key) from 0\n\n",
            head + "log \(key) from 0 to 4\nlog \(key) from 5\n",
            tooMany,
        ] {
            #expect(refusal { () throws(Failure) in _ = try KeySet(text: text) } != nil)
        }
    }
}
