import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import TestSupport
import Testing

@Suite struct BundleCheckTests {
    private let sample = BundleSample.shared

    @Test func `a bundle that nobody touched is verified, and says what is in it`() throws {
        let result = try BundleSample.verify(sample.zip, kept: [sample.newest])
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.verdict == .verified)
        #expect(result.origin == TestLog.origin)
        // Six of nine pictures carry the order, one got it later, one lost it; a pair, a table.
        #expect(result.records == 9)
        #expect(result.streams == 1)
        #expect(result.removedCount == 2)
        #expect(result.removed.filter(\.isEarly).map(\.record) == [sample.erased])
        #expect(result.removed.filter { !$0.isEarly }.map(\.record) == [sample.removed])
        #expect(result.checks.closed == 1)
        #expect(result.checks.open == 2)
        #expect(result.asked == ["work-order \(BundleSample.order)"])
        #expect(result.exportedBy == "dora")
    }

    @Test func `the verdict follows from what was given`() throws {
        #expect(try BundleSample.verify(sample.zip).verdict == .unanchored)
        #expect(
            try BundleSample.verify(sample.zip, pinned: false).verdict == .originNotAuthenticated)
        let stale = try BundleSample.verify(sample.zip, kept: [sample.older])
        #expect(stale.verdict == .unanchored)
        #expect(stale.isStale)
    }

    @Test func `a folder and a tar are verified like the ZIP`() throws {
        let folder = Scratch(inMemory: true)
        let bag = try Bag()
        for (name, bytes) in bag.files { folder.write(name, bytes) }
        let scratch = Scratch(inMemory: true)
        let request = try BundleSample.request(kept: [sample.newest])
        let unpacked = try BundleCheck.run(folder.path, scratchPath: scratch.path, request)
        #expect(unpacked.verdict == .verified, "\(unpacked.findings)")
        let packed = Scratch(inMemory: true)
        packed.write("b.tar.zst", sample.tar)
        packed.write("b.zip", sample.zip)
        for name in ["b.tar.zst", "b.zip"] {
            let result = try BundleCheck.run(
                "\(packed.path)/\(name)", scratchPath: scratch.path, request)
            #expect(result.verdict == .verified, "\(name): \(result.findings)")
        }
    }

    @Test func `the verdict is the same with one thread and with four`() throws {
        for threads in [1, 4] {
            var request = try BundleSample.request(kept: [sample.newest])
            request.threads = threads
            let result = try BundleCheck.run(zip: MemoryBytes(sample.zip), request)
            #expect(result.verdict == .verified)
        }
    }

    @Test func `T1 T2 a changed byte of any file is named by that file`() throws {
        var random = SeededRandom(seed: Effort.seed)
        let bag = try Bag()
        for (name, bytes) in bag.files where !bytes.isEmpty {
            for _ in 0..<Effort.rounds(4) {
                var changed = bag
                let at = Int.random(in: 0..<bytes.count, using: &random)
                changed.files[name]?[at] ^= UInt8.random(in: 1...255, using: &random)
                let result = try changed.verify(kept: [sample.newest])
                #expect(result.verdict == .tampered, "\(name) byte \(at); \(Effort.replay)")
                #expect(
                    result.damage.contains { $0.file == name || named(name, in: $0) },
                    "\(name) byte \(at) is not named: \(result.findings); \(Effort.replay)")
            }
        }
    }

    /// A manifest is also named by what it says wrongly of others; the tag manifest by the note.
    private func named(_ name: String, in finding: BundleVerification.Finding) -> Bool {
        if name == BundleNames.tagManifest { return finding.file == BundleNames.note }
        return false
    }

    @Test func `T1 a changed picture is named with its record and range`() throws {
        var bag = try Bag()
        let leaf = try bag.name("proof/records/") { $0.id == sample.pictures[0] }
        let index = try #require(UInt64(leaf.split(separator: "/")[2].dropLast(5)))
        let name = BundleNames.payload(index, mime: "image/jpeg")
        bag.files[name]?[17] ^= 1
        let finding = try #require(try bag.verify().damage.first)
        #expect(finding.file == name)
        #expect(finding.record == sample.pictures[0])
        #expect(finding.bytes == 0..<300)
        bag.files[name]?.removeLast(40)
        let shorter = try bag.verify().damage.first { $0.file == name }
        #expect(shorter?.bytes == 260..<300)
    }

    @Test func `T8 captions that were swapped in the page are noticed, whoever signs it`() throws {
        var bag = try Bag()
        let page = bag.text(BundleNames.page)
        let images = bag.names.filter { $0.hasPrefix("data/images/") }.prefix(2)
            .map { String($0.dropFirst(5)) }
        bag.write(
            BundleNames.page,
            page.replacing(images[0], with: "?").replacing(images[1], with: images[0])
                .replacing("?", with: images[1]))
        try bag.sign()
        let found = try bag.verify().damage
        #expect(found.map(\.file) == [BundleNames.page])
        #expect(found.first?.words == "says something else than the leaves")
        let start =
            page.utf8.count - (page.split(separator: images[0], maxSplits: 1).last ?? "").utf8.count
        #expect(found.first?.bytes?.lowerBound ?? 0 > UInt64(start - 20))
    }

    @Test func `a stream that was changed behind its init segment is named from there on`() throws {
        var bag = try Bag()
        let name = try #require(bag.names.first { $0.hasPrefix("data/clips/") })
        bag.files[name]?[800] ^= 1
        #expect(try bag.verify().damage.first { $0.file == name }?.bytes == 100..<900)
    }

    @Test func `T11 T15 a file that was removed is named`() throws {
        let bag = try Bag()
        for name in bag.names {
            var less = bag
            less.files[name] = nil
            let result = try less.verify(kept: [sample.newest])
            #expect(result.verdict == .tampered, "\(name)")
            #expect(result.damage.contains { $0.file == name }, "\(name): \(result.findings)")
        }
    }

    @Test(arguments: [
        "data/evil.html", "data/images/0000000099.jpg", "extra.txt", "proof/facts/0000000001.txt",
        "proof/records/1.leaf", "proof/anchors/7-x.tsr", "data/images/readme",
    ])
    func `T15 a file that was added is named, also when it is signed`(name: String) throws {
        var bag = try Bag()
        bag.write(name, "hello")
        #expect(try bag.verify().damage.contains { $0.file == name })
        try bag.sign()
        // What a later exporter may add is reported; beside the pictures nothing is added.
        let result = try bag.verify()
        #expect(result.findings.contains { $0.file == name }, "\(result.findings)")
        #expect(result.verdict == (name.hasPrefix("data/") ? .tampered : .unanchored))
    }
}
