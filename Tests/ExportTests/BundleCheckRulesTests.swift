import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import TestSupport
import Testing

/// What whoever has the log's key can write into a bundle, and must not: everything is signed and
/// consistent with the real key. `docs/evidence.md` has the rows.
@Suite struct BundleCheckRulesTests {
    private let sample = BundleSample.shared

    private func expect(
        _ bag: Bag, names words: String, file: String? = nil, record: RecordID? = nil,
        kept: [SignedNote] = [], _ location: SourceLocation = #_sourceLocation
    ) throws {
        let result = try bag.verify(kept: kept)
        #expect(result.verdict == .tampered, sourceLocation: location)
        #expect(
            result.damage.contains {
                $0.words.contains(words) && (file == nil || $0.file == file)
                    && (record == nil || $0.record == record)
            }, "nothing says \(words): \(result.findings)", sourceLocation: location)
    }

    /// The place of the first leaf of a kind that `also` holds for.
    private func position(_ kind: LeafKind, where also: (Leaf) -> Bool = { _ in true }) throws
        -> Int
    {
        let found = try sample.leaves.firstIndex { bytes in
            let leaf = try Leaf(parsing: bytes)
            return leaf.kind == kind && also(leaf)
        }
        return try #require(found)
    }

    /// The whole log with one leaf changed, under the same choice of leaves.
    private func changing(_ position: Int, _ members: [String: JSON?]) throws -> Bag {
        var leaves = sample.leaves
        leaves[position] = try Bag.changed(leaves[position], members)
        var bag = try Bag()
        try bag.rewrite(log: leaves)
        return bag
    }

    @Test func `a bundle rewritten from the same leaves is consistent`() throws {
        var bag = try Bag()
        try bag.rewrite(log: sample.leaves)
        let result = try bag.verify(kept: [sample.newest])
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.verdict == .verified)
    }

    // MARK: T6 to T8

    @Test func `T6 T7 another history under the same key contradicts a kept checkpoint`() throws {
        let place = try position(.hold)
        let bag = try changing(place, ["reason": .string("none")])
        #expect(try bag.verify().verdict == .unanchored)
        try expect(bag, names: "of another history", kept: [sample.newest])
    }

    @Test func `T8 pictures that were swapped are both named, also when all is signed again`()
        throws
    {
        var bag = try Bag()
        let names = bag.names.filter { $0.hasPrefix("data/images/") }
        (bag.files[names[0]], bag.files[names[1]]) = (bag.files[names[1]], bag.files[names[0]])
        for isSigned in [false, true] {
            if isSigned { try bag.sign() }
            let result = try bag.verify()
            for name in names.prefix(2) {
                #expect(result.damage.contains { $0.file == name && $0.record != nil })
            }
        }
    }

    @Test func `T8 a picture that is moved to another check breaks both chains`() throws {
        let place = try position(.snapshot) { $0.id == sample.pictures[0] }
        let leaf = try Leaf(parsing: sample.leaves[place])
        let links = try leaf.links.map { placed in
            placed.place == nil
                ? placed.json : PlacedLink(try TestLog.check(2), at: placed.place).json
        }
        let bag = try changing(place, ["links": .array(links)])
        try expect(
            bag, names: "is leaf 2 of check odoo:test/quality.check/0; leaf 1 of it left out")
    }

    // MARK: T11 to T13

    @Test func `T11 a picture that is left out is MISSING, also when all is signed again`() throws {
        var bag = try Bag()
        let name = try #require(bag.names.first { $0.hasPrefix("data/images/") })
        bag.files[name] = nil
        try bag.sign()
        try expect(bag, names: "MISSING", file: name)
    }

    @Test func `T11 a picture that was removed and is there is named`() throws {
        var bag = try Bag()
        let leaf = try bag.name("proof/records/") { $0.id == sample.removed }
        let index = try #require(UInt64(leaf.split(separator: "/")[2].dropLast(5)))
        bag.files[BundleNames.payload(index, mime: "image/jpeg")] = TestLog.picture(6, bytes: 306)
        try bag.sign()
        try expect(bag, names: "although its removal was confirmed", record: sample.removed)
    }

    @Test func `T12 a policy that shortens retention is unlawful whoever signs it`() throws {
        var leaves = sample.leaves
        let place = try position(.policy)
        leaves.append(
            try Bag.changed(
                leaves[place],
                [
                    "n": .int(2), "id": .string(RecordID(high: 7 << 12, low: 1 << 63).description),
                    "rules": .array([RetentionRule(name: "all", match: .all, days: 1).json]),
                ]))
        var bag = try Bag()
        try bag.rewrite(log: leaves, adding: [UInt64(leaves.count - 1)])
        try expect(bag, names: "would be shortened")
    }

    @Test func `T12 a removal within retention is unlawful whoever signs it`() throws {
        let place = try position(.delete) { $0.int("policy") ?? -1 >= 0 }
        let early = WallTime(microseconds: 1_790_000_100_000_000).description
        try expect(
            changing(place, ["t_srv": .string(early)]), names: "still within its retention")
        try expect(
            changing(place, ["rule": .string("other")]), names: "by a rule that does not say so")
        try expect(changing(place, ["pay": .string(Digest.zero.hex)]), names: "wrong index or hash")
    }

    @Test func `T12 a removal before its grace period ended is unlawful`() throws {
        let place = try position(.deleted)
        let early = WallTime(microseconds: 1_790_000_020_000_000).description
        try expect(changing(place, ["t_srv": .string(early)]), names: "before its grace period")
    }

    @Test func `T12 an early erasure by one person is unlawful`() throws {
        let place = try position(.delete) { $0.int("policy") == -1 }
        let bag = try changing(place, ["actors": .array([.string("ann")])])
        try expect(bag, names: "must name two", file: BundleNames.leaf(UInt64(place), .facts))
        try expect(
            changing(place, ["actors": .array([.string("carl"), .string("dora")])]),
            names: "in the name of others")
    }

    @Test func `T13 a removal under hold is unlawful whoever signs it`() throws {
        let order = try position(.delete) { $0.int("policy") ?? -1 >= 0 }
        let hold = try position(.hold)
        var leaves = sample.leaves
        let moved = try Bag.changed(
            leaves[hold],
            [
                "record": .string(sample.removed.description),
                "id": .string(RecordID(high: 9 << 12 | 0x7000, low: 1 << 63).description),
            ])
        leaves.insert(moved, at: order)
        var bag = try Bag()
        try bag.rewrite(
            log: leaves, moved: { $0 < UInt64(order) ? $0 : $0 + 1 }, adding: [UInt64(order)])
        try expect(bag, names: "is under hold")
    }

    @Test func `T13 a hold that one person released alone still holds`() throws {
        let place = try position(.unhold) { $0.string("step") == "release" }
        let bag = try changing(place, ["actor": .string("ann")])
        try expect(bag, names: "without a second person")
    }

    // MARK: T14

    @Test func `T14 each record left out of a check is missed, whoever signs the rest`() throws {
        let bag = try Bag()
        let all = bag.names.filter {
            $0.hasSuffix(".leaf")
                && ($0.hasPrefix("proof/records/") || $0.hasPrefix("proof/chain/"))
        }
        var tried = 0
        for name in all {
            let leaf = try Leaf(parsing: bag.files[name] ?? [])
            guard let link = leaf.links.first(where: { $0.place != nil }) else { continue }
            // In an open chain nothing tells of the last one: that limit is documented.
            let isOpen = link.link.value != "odoo:test/quality.check/0"
            // Nor of a check that nothing here belongs to, once its only record is left out.
            let isLast = isOpen && (link.place?.ordinal == 3 || leaf.id == sample.pictures[3])
            var less = bag
            less.remove(record: name)
            if name.hasPrefix("proof/records/") {
                try less.change(BundleNames.selection, ["records": .int(8)])
            }
            try less.makePage()
            let result = try less.verify()
            tried += 1
            if isLast { continue }
            #expect(
                result.damage.contains { $0.words.contains(link.link.value) },
                "\(name): \(result.findings)")
        }
        #expect(tried == 9)
    }

    @Test func `T14 a close over other leaves is named`() throws {
        let place = try position(.close)
        try expect(changing(place, ["count": .int(2)]), names: "something was left out or added")
        try expect(
            changing(place, ["root": .string(Digest.zero.hex)]), names: "over other leaves")
    }

    @Test func `T14 records that are not counted, or asked for and not there, are named`() throws {
        var bag = try Bag()
        try bag.change(BundleNames.selection, ["records": .int(8)])
        try bag.sign()
        try expect(bag, names: "counts 8 records, and 9 are here")
        let other = RecordID(high: 5 << 12 | 0x7000, low: 1 << 63)
        let ids = (sample.pictures + [other]).map { JSON.string($0.description) }
        try bag.change(BundleNames.selection, ["ids": .array(ids), "links": nil])
        try bag.sign()
        try expect(bag, names: "was asked for and is not here", record: other)
    }

    // MARK: T15

    @Test func `T15 another question than these records answer is noticed`() throws {
        for (key, value) in [
            ("camera", JSON.string("cam-2")), ("to", .string("2026-01-01T00:00:00.000000Z")),
            ("from", .string("2027-01-01T00:00:00.000000Z")),
            ("links", .array([try Link(kind: "lot", value: "L7").key])),
        ] {
            var bag = try Bag()
            try bag.change(BundleNames.selection, [key: value])
            try bag.sign()
            try expect(bag, names: "is not what was asked for")
        }
    }

    @Test func `T15 a link that was taken back no longer answers the question`() throws {
        // The picture that lost the order, shown as if it had not.
        var bag = try Bag()
        let chain = try bag.name("proof/chain/") { $0.id == sample.pictures[4] }
        let place = try #require(UInt64(chain.split(separator: "/")[2].dropLast(5)))
        let unlink = try position(.unlink)
        for (from, to) in [
            (chain, BundleNames.leaf(place, .records)),
            (BundleNames.proof(place, .chain), BundleNames.proof(place, .records)),
        ] {
            bag.files[to] = bag.files[from]
            bag.files[from] = nil
        }
        bag.files[BundleNames.payload(place, mime: "image/jpeg")] = TestLog.picture(4, bytes: 304)
        try bag.change(BundleNames.selection, ["records": .int(10)])
        try bag.rewrite(log: sample.leaves, adding: [UInt64(unlink)])
        try expect(bag, names: "is not what was asked for", record: sample.pictures[4])
    }

    @Test func `T15 a leaf in the wrong folder, or in two, is named`() throws {
        let name = try Bag().name("proof/records/") { $0.id == sample.pictures[0] }
        let index = try #require(UInt64(name.split(separator: "/")[2].dropLast(5)))
        for isMoved in [false, true] {
            var bag = try Bag()
            bag.files[BundleNames.leaf(index, .facts)] = bag.files[name]
            bag.files[BundleNames.proof(index, .facts)] =
                bag.files[BundleNames.proof(index, .records)]
            if isMoved {
                bag.files[name] = nil
                bag.files[BundleNames.proof(index, .records)] = nil
            }
            try bag.sign()
            try expect(
                bag, names: isMoved ? "does not belong in this folder" : "in another folder, too")
        }
    }

    @Test func `T15 the note binds log, size and key`() throws {
        for (words, make) in [
            ("of another log, size or version", { try $0.sign(size: 7) }),
            ("no trusted key", { try $0.sign(with: TestLog.logSigner(9)) }),
        ] as [(String, (inout Bag) throws -> Void)] {
            var bag = try Bag()
            try make(&bag)
            try expect(bag, names: words, file: BundleNames.note)
        }
    }

    // MARK: T16 and T21

    @Test func `T16 a bundle under somebody's own keys is consistent, and not this log's`() throws {
        let root = try NoteSigner(
            name: "root.test", key: SigningKey(seed: [UInt8](repeating: 8, count: 32)))
        let signer = try TestLog.logSigner(9)
        let keys = try KeySet(
            origin: TestLog.origin, ordinal: 1, entries: [.init(key: signer.verifierKey, from: 0)])
        var leaves = sample.leaves
        leaves[0] = try Bag.changed(
            leaves[0],
            [
                "root_key": .string(root.verifierKey.text),
                "log_key": .string(signer.verifierKey.text),
            ])
        let note = keys.signed(by: root).encode()
        let place = try position(.keyset)
        leaves[place] = try Bag.changed(
            leaves[place], ["note": .string(String(decoding: note, as: UTF8.self))])
        var bag = try Bag()
        bag.files[BundleNames.keySet] = note
        try bag.rewrite(log: leaves, with: signer)
        #expect(try bag.verify(pinned: false).verdict == .originNotAuthenticated)
        try expect(bag, names: "is not by the root key that you gave", file: BundleNames.keySet)
    }

    @Test(arguments: [
        (#""v":1"#, #""v":1,"v":1"#), (#""v":1"#, #""v":01"#), (#""v":1"#, #""v": 1"#),
        (#""alg":"#, #""alg" :"#), (#""sha256""#, #""sha\u003256""#), (#""v":1"#, #""v":1.0"#),
        (#""v":1"#, #""v":1,"z":null"#), (#""v":1"#, #""v":1,"z":7"#),
    ])
    func `T21 another spelling of a leaf is refused, also when the log has it`(
        old: String, new: String
    ) throws {
        var leaves = sample.leaves
        let place = try position(.snapshot) { $0.id == sample.pictures[0] }
        let text = String(decoding: leaves[place], as: UTF8.self)
        #expect(text.contains(old))
        leaves[place] = Array(text.replacing(old, with: new, maxReplacements: 1).utf8)
        var bag = try Bag()
        try bag.rewrite(log: leaves)
        let result = try bag.verify()
        let name = BundleNames.leaf(UInt64(place), .records)
        #expect(result.damage.contains { $0.file == name }, "\(result.findings)")
    }

    @Test(arguments: [
        ("index ", "index 0"), ("\n\n", "\n\n\n"), ("index ", "extra QQ==\nindex "), ("=\n", "\n"),
        ("\n", "\r\n"), ("index ", "index 9"), ("@v1", "@v2"), ("proof", "Proof"),
    ])
    func `T21 another spelling of a proof is refused`(old: String, new: String) throws {
        var bag = try Bag()
        let name = try bag.name("proof/records/") { $0.id == sample.pictures[0] }
        let proof = name.split(separator: ".")[0] + ".tlog-proof"
        let text = bag.text(String(proof))
        #expect(text.contains(old))
        bag.write(String(proof), text.replacing(old, with: new, maxReplacements: 1))
        try bag.sign()
        let result = try bag.verify()
        #expect(result.damage.contains { $0.file == proof }, "\(result.findings)")
    }

    @Test func `T21 a selection with two readings is refused`() throws {
        for (old, new) in [
            (#""v":1"#, #""v":1,"v":1"#), (#""v":1"#, #""v":1,"u":1"#), (#""v":1"#, #""v":2"#),
            (#""records":9"#, #""records":9.0"#), (#""by":"dora""#, #""by":7"#),
        ] {
            var bag = try Bag()
            let text = bag.text(BundleNames.selection)
            #expect(text.contains(old))
            bag.write(BundleNames.selection, text.replacing(old, with: new, maxReplacements: 1))
            try bag.sign()
            let result = try bag.verify()
            #expect(result.damage.contains { $0.file == BundleNames.selection }, "\(new)")
        }
    }

    @Test func `a manifest in another spelling is refused`() throws {
        let bag = try Bag()
        let text = bag.text(BundleNames.payloadManifest)
        let line = String(text.split(separator: "\n")[0])
        for changed in [
            text.uppercased(), String(text.dropLast()), text + line + "\n", text + "\n",
            text.replacing("  ", with: " *"), text.replacing("\n", with: "\r\n"),
            text + String(repeating: "0", count: 64) + "  bagit.txt\n",
            text + String(repeating: "0", count: 64) + "  data/../bagit.txt\n",
        ] {
            var other = bag
            other.write(BundleNames.payloadManifest, changed)
            let result = try other.verify()
            #expect(
                result.damage.contains {
                    $0.file == BundleNames.payloadManifest
                        && $0.words != "is not the file that was signed"
                }, "\(result.findings)")
        }
    }

    @Test func `T14 a lone record of an open check that is left out with its leaf is missed`()
        throws
    {
        let folder = Scratch(inMemory: true)
        let (log, _) = try TestLog.open(folder.path)
        let check = try TestLog.check(9)
        let record = try TestLog.add(log, 1, links: [check])
        var bag = try Bag(Bundled(log, Bundled.query(check)).bytes)
        #expect(try bag.verify().verdict == .unanchored)
        // Who viewed it is told, too; and then that is taken out as well.
        for custody in [record.id, nil] {
            var empty = bag
            empty.remove(record: BundleNames.leaf(record.index, .records))
            try empty.change(BundleNames.selection, ["records": .int(custody == nil ? 0 : 1)])
            if let custody {
                let line =
                    #"{"count":1,"kind":"person","leaf":1,"on":"\#(custody)","peer":"local","#
                    + #""t":"2026-09-21T14:13:20.000000Z","what":"read","who":"dora"}"#
                empty.write(BundleNames.custody, line + "\n")
            }
            try empty.makePage()
            let result = try empty.verify()
            #expect(result.verdict == .tampered)
            let file = custody == nil ? BundleNames.selection : BundleNames.custody
            #expect(result.damage.contains { $0.file == file }, "\(result.findings)")
        }
        bag.write(BundleNames.custody, "")
        try bag.sign()
        #expect(try bag.verify().verdict == .unanchored)
    }
}
