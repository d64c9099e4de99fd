import Archive
import Base
import Crypto
import Evidence
import EvidenceFormat
import Export
import TestSupport
import Testing

/// A bundle's files by name, to be changed at will; and what a holder of the log's key can do: sign
/// them again, or write another log under them.
struct Bag {
    static let base = "proofreel-20261126T171500Z"

    var files: [String: [UInt8]] = [:]

    init(_ zip: [UInt8] = BundleSample.shared.zip) throws {
        var reader = try ZipReader(MemoryBytes(zip))
        while let entry = try reader.next() {
            let name = entry.name.split(separator: "/", maxSplits: 1)[1]
            let start = Int(entry.offset)
            files[String(name)] = Array(zip[start..<start + Int(entry.byteCount)])
        }
    }

    var names: [String] { files.keys.sorted() }

    func zip() throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter(.zip) { piece throws(Failure) in bytes.append(span: piece) }
        for name in names {
            let bytes = files[name] ?? []
            try writer.add("\(Self.base)/\(name)", bytes.span, time: .distantPast)
        }
        try writer.finish()
        return bytes
    }

    func verify(pinned: Bool = true, kept: [SignedNote] = []) throws -> BundleVerification {
        let zip = try zip()
        let result = try BundleSample.verify(zip, pinned: pinned, kept: kept)
        if kept.isEmpty { try agree(zip, pinned: pinned, result) }
        return result
    }

    /// `verify.py` comes to the same verdict, by other code.
    private func agree(_ zip: [UInt8], pinned: Bool, _ result: BundleVerification) throws {
        let scratch = Scratch(inMemory: true)
        scratch.write("bundle.zip", zip)
        let root = pinned ? ["--root", try TestLog.rootSigner().verifierKey.text] : []
        let other = try Ran(["python3", Place.verifier, "\(scratch.path)/bundle.zip"] + root)
        #expect(
            other.code == result.verdict.exitCode,
            "\(result.verdict) \(result.findings); verify.py: \(other.output)")
    }

    func text(_ name: String) -> String { String(decoding: files[name] ?? [], as: UTF8.self) }

    mutating func write(_ name: String, _ text: String) { files[name] = Array(text.utf8) }

    /// The name of the file of a folder that `also` holds for.
    func name(_ prefix: String, where also: (Leaf) throws -> Bool) throws -> String {
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(".leaf") {
            if try also(Leaf(parsing: files[name] ?? [])) { return name }
        }
        throw Failure(.notFound, "no leaf in \(prefix) fits")
    }

    /// Leaf, proof and bytes of a record.
    mutating func remove(record leaf: String) {
        let number = leaf.split(separator: "/").last?.prefix { $0 != "." } ?? ""
        for name in names where name.contains("/\(number).") { files[name] = nil }
    }

    // MARK: With the log's key

    /// Manifests and note as they should be for what is there now.
    mutating func sign(size: UInt64? = nil, with signer: NoteSigner? = nil) throws {
        let payload = names.filter { $0.hasPrefix("data/") }
        let total = payload.reduce(0) { $0 + (files[$1]?.count ?? 0) }
        let info = text("bag-info.txt").split(separator: "\n").map { line in
            line.hasPrefix("Payload-Oxum") ? "Payload-Oxum: \(total).\(payload.count)" : "\(line)"
        }
        write("bag-info.txt", info.joined(separator: "\n") + "\n")
        write(BundleNames.payloadManifest, manifest(payload))
        let tags = names.filter {
            !$0.hasPrefix("data/") && $0 != BundleNames.tagManifest && $0 != BundleNames.note
        }
        write(BundleNames.tagManifest, manifest(tags))
        let hash = hash(BundleNames.tagManifest)
        let head = try Checkpoint(
            text: SignedNote(parsing: files[BundleNames.checkpoint] ?? []).text)
        let note = SignedNote(
            text: "\(BundleNames.noteText)\n\(head.origin)\n\(size ?? head.size)\n\(hash.hex)\n",
            signers: [try signer ?? TestLog.logSigner()])
        files[BundleNames.note] = note.encode()
    }

    private func manifest(_ names: [String]) -> String {
        names.map { "\(hash($0).hex)  \($0)\n" }.joined()
    }

    private func hash(_ name: String) -> Digest {
        let bytes = files[name] ?? []
        return SHA256.hash(bytes.span)
    }

    /// The same choice of leaves out of another log, everything signed with the real key. `moved`
    /// tells where a leaf of the old log stands in the new one; nil: nowhere.
    mutating func rewrite(
        log leaves: [[UInt8]], moved: (UInt64) -> UInt64? = { $0 }, adding: [UInt64] = [],
        with signer: NoteSigner? = nil
    ) throws {
        let hashes = leaves.map { Merkle.leafHash($0.span) }
        let head = Checkpoint(
            origin: TestLog.origin, size: UInt64(leaves.count), root: Merkle.root(of: hashes))
        let note = head.signed(by: [try signer ?? TestLog.logSigner()])
        var old: [(name: String, index: UInt64, role: BundleNames.Role)] = []
        for role in BundleNames.Role.allCases {
            for name in names where name.hasPrefix("proof/\(role)/") && name.hasSuffix(".leaf") {
                let digits = name.split(separator: "/")[2].dropLast(5)
                old.append((name, try #require(UInt64(digits)), role))
            }
        }
        let payload = names.filter { $0.hasPrefix("data/") && $0 != BundleNames.page }
        let bytes = payload.map { ($0, files[$0] ?? []) }
        for item in old {
            files[item.name] = nil
            files[BundleNames.proof(item.index, item.role)] = nil
        }
        for (name, _) in bytes { files[name] = nil }
        func put(_ index: UInt64, _ role: BundleNames.Role) {
            files[BundleNames.leaf(index, role)] = leaves[Int(index)]
            let proof = LogProof(
                index: index, path: Self.path(Int(index), hashes[...]), checkpoint: note)
            files[BundleNames.proof(index, role)] = proof.encode()
        }
        for item in old { if let index = moved(item.index) { put(index, item.role) } }
        for index in adding { put(index, .facts) }
        for (name, bytes) in bytes {
            let parts = name.split(separator: "/")[2].split(separator: ".")
            guard let index = UInt64(parts[0]).flatMap(moved) else { continue }
            let digits = String(index)
            let number = String(repeating: "0", count: 10 - digits.count) + digits
            let folder = name.split(separator: "/").prefix(2).joined(separator: "/")
            files["\(folder)/\(number).\(parts[1])"] = bytes
        }
        files[BundleNames.checkpoint] = note.encode()
        for name in names where name.hasPrefix("proof/consistency/") { files[name] = nil }
        try change(BundleNames.selection, ["size": .int(Int64(leaves.count))])
        try makePage(signer)
    }

    /// The page as these leaves make it, and everything signed.
    mutating func makePage(_ signer: NoteSigner? = nil) throws {
        try sign(with: signer)
        files[BundleNames.page] = try BundleCheck.page(zip: MemoryBytes(zip()))
        try sign(with: signer)
    }

    /// RFC 6962's audit path.
    private static func path(_ index: Int, _ hashes: ArraySlice<Digest>) -> [Digest] {
        guard hashes.count > 1 else { return [] }
        var half = 1
        while half * 2 < hashes.count { half *= 2 }
        let middle = hashes.startIndex + half
        return index < half
            ? path(index, hashes[..<middle]) + [Merkle.root(of: Array(hashes[middle...]))]
            : path(index - half, hashes[middle...]) + [Merkle.root(of: Array(hashes[..<middle]))]
    }

    /// A JSON file with members of another value.
    mutating func change(_ name: String, _ members: [String: JSON?]) throws {
        files[name] = try Self.changed(files[name] ?? [], members)
    }

    static func changed(_ bytes: [UInt8], _ members: [String: JSON?]) throws -> [UInt8] {
        let json = try JSON(parsing: bytes.span, bytesMax: 1 << 20).object ?? JSONObject([])
        var all = json.members.map { ($0.key, $0.value) }.filter { !members.keys.contains($0.0) }
        for (key, value) in members { if let value { all.append((key, value)) } }
        return JSONObject(all).encode()
    }
}
