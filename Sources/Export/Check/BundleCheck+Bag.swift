internal import Base
internal import Crypto
internal import EvidenceFormat

/// Step 3: the bag is whole, and what is in it was signed.
extension BundleCheck {
    private static let mismatchesMax = 1000
    private static let declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

    /// False when nothing can be said about single files.
    func checkManifests() -> Bool {
        checkDeclaration()
        checkNote()
        let hasTags = readManifest(BundleNames.tagManifest)
        let hasPayload = readManifest(BundleNames.payloadManifest)
        guard hasTags, hasPayload else { return false }
        for file in 0..<source.files.count where !listed[file] {
            let name = source.files.name(file)
            if name == BundleNames.tagManifest || name == BundleNames.note { continue }
            result.add(step: 3, file: name, "is in no manifest: it was added")
        }
        return true
    }

    private func checkDeclaration() {
        if let bytes = required("bagit.txt", step: 3), bytes != Array(Self.declaration.utf8) {
            result.add(step: 3, file: "bagit.txt", "does not declare BagIt 1.0 in UTF-8")
        }
        guard let bytes = required("bag-info.txt", step: 3) else { return }
        let lines = bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
        let key = "Payload-Oxum: "
        let claims = lines.filter { $0.hasPrefix(key) }.map { $0.dropFirst(key.count) }
        var (count, total) = (0, UInt64(0))
        for file in 0..<source.files.count where source.files.name(file).hasPrefix("data/") {
            count += 1
            total += source.files.byteCount(file)
        }
        if claims != ["\(total).\(count)"] {
            result.add(
                step: 3, file: "bag-info.txt",
                "should say Payload-Oxum: \(total).\(count), the bytes and files in data")
        }
    }

    private func checkNote() {
        guard let bytes = required(BundleNames.note, step: 3),
            let manifest = source.files.position(of: BundleNames.tagManifest),
            let keySet, let checkpoint
        else { return }
        do throws(Failure) {
            let open = try source.open(manifest)
            let hash = try open.hash(0..<open.byteCount)
            let text =
                "\(BundleNames.noteText)\n\(checkpoint.origin)\n\(checkpoint.size)\n"
                + "\(hash.hex)\n"
            let note = try SignedNote(parsing: bytes)
            _ = try note.signers(among: keySet.keys(validAt: checkpoint.size))
            let lines = note.text.split(separator: "\n", omittingEmptySubsequences: false)
            guard lines.count == 5, lines[4].isEmpty else {
                throw Failure(.corrupt, "should have four lines of text")
            }
            guard note.text.hasSameBytes(as: text) else {
                let wrong = zip(lines, text.split(separator: "\n")).first { $0 != $1 }
                throw Failure(
                    .corrupt,
                    wrong?.1.utf8.count == 64
                        ? "was signed over another \(BundleNames.tagManifest)"
                        : "is of another log, size or version: \(wrong?.0 ?? "")")
            }
        } catch {
            result.add(step: 3, file: BundleNames.note, error.words)
        }
    }

    /// Takes the hashes of one manifest; false when it cannot be read to its end.
    private func readManifest(_ name: String) -> Bool {
        guard let file = source.files.position(of: name) else {
            result.add(step: 3, file: name, "is missing")
            return false
        }
        claimed[file] = true
        let isPayload = name == BundleNames.payloadManifest
        do throws(Failure) {
            var reader = ManifestReader(try source.open(file))
            while let (hash, listing) = try reader.next() {
                take(listing, hash, isPayload: isPayload, name, reader.lines.range)
            }
            return true
        } catch {
            result.add(step: 3, file: name, error.words)
            return false
        }
    }

    private func take(
        _ name: String, _ hash: Digest, isPayload: Bool, _ manifest: String,
        _ range: Range<UInt64>
    ) {
        func refuse(_ words: String) {
            result.add(step: 3, file: manifest, bytes: range, "\(name) \(words)")
        }
        guard name.hasPrefix("data/") == isPayload, name != BundleNames.tagManifest,
            name != BundleNames.note
        else { return refuse("does not belong in this manifest") }
        guard let file = source.files.position(of: name) else {
            result.add(step: 3, file: name, "is missing: \(manifest) lists it")
            return
        }
        guard !listed[file] else { return refuse("is listed twice") }
        listed[file] = true
        expected[file] = hash
    }

    // MARK: Hashes

    /// Which files the threads hash: leaves and proofs are hashed where they are read.
    func hashedApart() -> [UInt32] {
        var isLeaf = [Bool](repeating: false, count: source.files.count)
        for leaf in leafFiles {
            isLeaf[Int(leaf.leaf)] = true
            if leaf.proof >= 0 { isLeaf[Int(leaf.proof)] = true }
        }
        return source.files.byPlace.filter { !isLeaf[Int($0)] }
    }

    /// True when a file that was read whole is the one in its manifest.
    @discardableResult
    func checkHash(_ file: Int32, _ bytes: [UInt8], record: RecordID?) -> Bool {
        guard listed[Int(file)] else { return false }
        if SHA256.hash(bytes.span) == expected[Int(file)] { return true }
        result.add(
            step: 3, record: record, file: source.files.name(Int(file)),
            bytes: 0..<UInt64(bytes.count), "is not the file that was signed")
        return false
    }

    /// What the threads found, with the records that it is about.
    func report(_ hasher: BundleHasher) {
        let (digests, failures) = hasher.result
        let wrong = zip(hasher.work, digests).lazy.map { (Int($0), $1) }.filter {
            file, digest in
            self.listed[file] && failures[file] == nil && digest != self.expected[file]
        }
        let files = wrong.map(\.0).sorted()
        for file in files.prefix(Self.mismatchesMax) { report(mismatch: file) }
        if files.count > Self.mismatchesMax {
            result.add(
                step: 3,
                "\(files.count - Self.mismatchesMax) more files are not the ones that were signed")
        }
        for (file, failure) in failures.sorted(by: { $0.key < $1.key }) where listed[file] {
            result.add(step: 3, file: source.files.name(file), failure.words)
        }
    }

    private func report(mismatch file: Int) {
        let name = source.files.name(file)
        let size = source.files.byteCount(file)
        guard let index = Self.index(ofPayload: name), let known = leaves.record(at: index) else {
            result.add(
                step: 3, file: name, bytes: 0..<size, "is not the file that was signed")
            return
        }
        var bytes = 0..<size
        var words = "its bytes are not the ones that were recorded"
        do throws(Failure) {
            let leaf = try self.leaf(known.file)
            let length = UInt64(leaf.int("len") ?? 0)
            if length != size {
                bytes = min(length, size)..<max(length, size)
                words += "; it has \(size) bytes and should have \(length)"
            } else if leaf.kind == .clip, try beginsWithInit(file, leaf) {
                bytes = UInt64(leaf.int("init_len") ?? 0)..<size
            }
        } catch {
            words += "; \(error.words)"
        }
        result.add(step: 3, record: known.id, file: name, bytes: bytes, words)
    }

    /// The N of `data/images/N.jpg` and its like.
    private static func index(ofPayload name: String) -> UInt64? {
        let parts = name.split(separator: "/")
        guard parts.count == 3, parts[0] == "data", let dot = parts[2].firstIndex(of: ".") else {
            return nil
        }
        return UInt64(parts[2][..<dot])
    }
}
