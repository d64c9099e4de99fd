internal import Base
internal import Evidence
internal import EvidenceFormat

/// What can only be said when all the rest is written.
extension BundleWriter {
    func addCustody() throws(Failure) {
        let spool = Spool(in: spoolFolder)
        var asked: [String] = []
        if case .query(let query) = request.wanted {
            asked = query.links.map { "\($0.kind)=\($0.value)" }
        }
        let ids = recordIDs
        func concerns(_ target: String) -> Bool {
            if let id = RecordID(target), ids.contains(id) { return true }
            return asked.contains { link in
                target.split(separator: " ").contains { String($0).hasSameBytes(as: link) }
                    || target.hasSameBytes(as: link)
            }
        }
        try custody(recorded, concerns) { line, index throws(Failure) in
            let members = line.object?.members.map { ($0.key, $0.value) } ?? []
            let line = JSON.object(JSONObject(members + [("leaf", .int(Int64(index)))]))
            try spool.add(line.encode() + [0x0A])
            try page.add(custody: line)
        }
        try files.add(BundleNames.custody, [spool])
    }

    func addEnd() throws(Failure) {
        let selection = selection.json
        try files.add(BundleNames.selection, selection.encode())
        try files.add(BundleNames.page, page.finish(selection, spoolFolder))
        try files.add(
            "bag-info.txt",
            """
            Bag-Software-Agent: Proofreel \(request.version)
            Bagging-Date: \(request.at.description.prefix(10))
            External-Identifier: \(extract.origin) \(extract.checkpoint.size)
            Payload-Oxum: \(files.payloadBytes).\(files.payloadCount)
            Source-Organization: \(extract.site)

            """)
        try files.addPayloadManifest()
        let hash = try files.addTagManifest()
        let note = try extract.sign(
            "\(BundleNames.noteText)\n\(extract.origin)\n\(extract.checkpoint.size)\n\(hash.hex)\n")
        try files.addUnlisted(BundleNames.note, note.encode())
    }
}
