internal import Base
internal import Evidence
internal import EvidenceFormat

/// Steps 5 and 6: every record has its bytes, or lost them lawfully, and is what was asked for.
extension BundleCheck {
    /// The file with a record's bytes, when it is here.
    func payload(of leaf: Leaf, at index: UInt64) -> Int? {
        source.files.position(of: BundleNames.payload(index, mime: leaf.string("mime") ?? ""))
    }

    /// What can be said of a record's bytes without reading them.
    func noteRecord(_ leaf: Leaf, _ file: LeafFile, _ payload: Int?) {
        result.records += 1
        result.oldestRecord = result.oldestRecord ?? file.index
        result.newestRecord = file.index
        guard leaf.string("mime") != nil, let hash = leaf.digest("pay"), let payload else { return }
        claimed[payload] = true
        payloadCount += 1
        payloadLength += leaf.int("len") ?? 0
        let size = source.files.byteCount(payload)
        result.payloadBytes += size
        if listed[payload], expected[payload] != hash {
            let length = UInt64(leaf.int("len") ?? 0)
            let bytes = length == size ? 0..<size : min(length, size)..<max(length, size)
            result.add(
                step: 5, record: leaf.id, file: source.files.name(payload), bytes: bytes,
                "its bytes are not the ones that were recorded")
        }
        if leaf.kind == .clip { clips.append(file) }
    }

    func readSelection() {
        guard
            let bytes = required(
                BundleNames.selection, step: 6, bytesMax: AskedFor.bytesMax)
        else { return }
        do throws(Failure) {
            let selection = try AskedFor(parsing: bytes)
            self.selection = selection
            result.site = selection.site
            result.exportedAt = selection.at
            result.exportedBy = selection.by
            result.asked = selection.words
            if !selection.unknown.isEmpty {
                result.add(
                    .note, step: 6, file: BundleNames.selection,
                    "has conditions that this version does not know:"
                        + " \(selection.unknown.joined(separator: ", "))")
            }
            if selection.origin != checkpoint?.origin
                || selection.size != Int64(checkpoint?.size ?? 0)
            {
                throw Failure(.corrupt, "is of another checkpoint than \(BundleNames.checkpoint)")
            }
        } catch {
            result.add(step: 6, file: BundleNames.selection, error.words)
        }
    }

    /// After all leaves: bytes and removals, conditions, counts.
    func checkSelection() {
        var streams = 0
        for known in leaves.known where known.isRecord && !isSettled(known) {
            do throws(Failure) {
                let leaf = try self.leaf(known.file)
                if leaf.string("use") == "stream" { streams += 1 }
                try check(known, leaf)
            } catch {
                result.add(
                    step: 6, record: known.id, file: source.files.name(Int(known.file)),
                    error.words)
            }
        }
        result.streams = streams
        guard let selection else { return }
        func refuse(_ words: String) {
            result.add(step: 6, file: BundleNames.selection, words)
        }
        if result.records == 0 {
            refuse("is of a question that nothing answers: no bundle is exported without a record")
        }
        if selection.records != Int64(result.records) {
            refuse("counts \(selection.records) records, and \(result.records) are here")
        }
        if selection.streams != Int64(streams) {
            refuse("counts \(selection.streams) streams, and \(streams) are here")
        }
        for id in (selection.ids ?? []).sorted(by: { ($0.high, $0.low) < ($1.high, $1.low) })
        where leaves.record(id) == nil {
            result.add(
                step: 6, record: id, file: BundleNames.selection,
                "the record was asked for and is not here")
        }
        if selection.checkedLinks.count < selection.links.count {
            result.add(
                .note, step: 6, file: BundleNames.selection,
                "asks for a person; such links are kept apart, so they cannot be checked here")
        }
    }

    /// Its bytes are here, it is what was asked for, and no other leaf bears on that: there is no
    /// need to read its own again. So it is with nearly all.
    private func isSettled(_ known: LeafTable.Known) -> Bool {
        known.payload >= 0 && known.fits && !known.isDerived
            && leaves.said(of: known.id).isEmpty && leaves.pictures(of: known.id).isEmpty
            && removals.order(of: known.id) == nil
    }

    private func check(_ known: LeafTable.Known, _ leaf: Leaf) throws(Failure) {
        checkBytes(leaf, known)
        let name = source.files.name(Int(known.file))
        if let stream = leaf.recordID("clip"), leaves.record(stream) == nil {
            result.add(
                step: 5, record: leaf.id, file: name,
                "was rendered from the stream \(stream), which is not here")
        }
        // A stream is here for its picture, what was made of a picture for that one.
        let isBeside =
            !leaves.pictures(of: leaf.id).isEmpty
            || leaf.recordID("parent").flatMap { leaves.record($0) } != nil
        guard let selection, !isBeside else { return }
        let fits =
            leaves.said(of: known.id).isEmpty
            ? known.fits : selection.fits(leaf, links: try linksNow(leaf))
        if !fits {
            result.add(step: 6, record: leaf.id, file: name, "is not what was asked for")
        }
    }

    private func checkBytes(_ leaf: Leaf, _ known: LeafTable.Known) {
        let name = BundleNames.payload(known.index, mime: leaf.string("mime") ?? "")
        let isHere = known.payload >= 0
        let order = removals.order(of: leaf.id)
        guard let order, let done = order.doneAt else {
            if !isHere {
                result.add(
                    step: 5, record: leaf.id, file: name,
                    "MISSING: its bytes are not here and no removal is")
            }
            return
        }
        if isHere {
            result.add(
                step: 5, record: leaf.id, file: name, "is here although its removal was confirmed")
        }
        result.add(
            .init(
                record: leaf.id, index: known.index, at: done, rule: order.rule,
                isEarly: order.isEarly, reason: order.reason))
    }

    func reportChains() {
        for problem in chains.problems {
            result.add(
                step: 7, record: problem.record, file: source.files.name(Int(problem.file)),
                problem.words)
        }
        leftOut()
    }

    /// All of a check is here as leaves, corrections included; so where only checks were asked for,
    /// what answers the question and has not its bytes here was left out.
    private func leftOut() {
        guard let selection, selection.ids == nil,
            selection.links.allSatisfy({ $0.kind == Link.checkKind })
        else { return }
        for known in leaves.known where known.role == .chain {
            do throws(Failure) {
                let leaf = try self.leaf(known.file)
                guard leaf.isRecord, leaf.string("use") == nil,
                    selection.fits(leaf, links: try linksNow(leaf))
                else { continue }
                result.add(
                    step: 6, record: leaf.id, file: source.files.name(Int(known.file)),
                    "was asked for, and its bytes were left out")
            } catch {
                result.add(step: 6, file: source.files.name(Int(known.file)), error.words)
            }
        }
    }

    func checkUnknownFiles() {
        for file in 0..<source.files.count where !claimed[file] && listed[file] {
            let name = source.files.name(file)
            if name.hasPrefix("data/") {
                result.add(step: 4, file: name, "goes with no record here")
            } else {
                // Signed by the exporter, perhaps of a later version; nothing here relies on it.
                result.add(
                    .note, step: 4, file: name, "is of a kind that this version does not know")
            }
        }
    }

    /// Step 3 in spirit: the lines of the access trail, covered by the note.
    func checkCustody() {
        guard let file = source.files.position(of: BundleNames.custody) else { return }
        let required = ["who", "kind", "what", "on", "peer", "t"]
        do throws(Failure) {
            var lines = LineReader(try source.open(file), lineBytesMax: Leaf.bytesMax)
            while let line = try lines.next() {
                let object = try JSON(parsing: line.span).object
                guard let object, required.allSatisfy({ object[$0]?.string != nil }),
                    object["count"]?.int != nil, let leaf = object["leaf"]?.int,
                    leaf >= 0, UInt64(leaf) < result.size
                else {
                    throw Failure(.corrupt, "has a line \(lines.number) that is not of a trail")
                }
                if let id = RecordID(object["on"]?.string ?? ""), leaves.record(id) == nil {
                    throw Failure(.corrupt, "tells of record \(id), which was left out")
                }
            }
        } catch {
            result.add(step: 3, file: BundleNames.custody, error.words)
        }
    }
}
