internal import Archive
package import Base
internal import Crypto
package import Evidence
package import EvidenceFormat
internal import Linux

/// Writes a bundle as a stream: `docs/bundle.md` has its format. Nothing of the evidence is kept:
/// what is known only at the end (manifests, the page) waits in a spool of a few hundred bytes a
/// record.
///
/// The same request at the same checkpoint gives the same bytes, as long as no record in it is
/// removed; so a broken download goes on where it ended. One thread.
package final class BundleWriter {
    /// Finds lines of the access trail from an instant on, each with the index of its leaf.
    package typealias Custody = (
        _ from: WallTime, _ concerns: (_ target: String) -> Bool,
        _ take: (JSON, UInt64) throws(Failure) -> Void
    ) throws(Failure) -> Void

    /// What others have confirmed next before and next after each of these leaves.
    package typealias Anchors = (_ leaves: [UInt64]) throws(Failure) -> [BundleAnchor]

    static let factsMax = 10_000

    let extract: LogExtract
    let request: BundleRequest
    let custody: Custody
    let anchors: Anchors
    let files: BundleFiles
    let archive: ArchiveWriter
    let spoolFolder: String
    var selection: BundleSelection
    var page: PageMaker
    var leaves = LeafSet()
    var holds: HoldFinder
    var checks: [String] = []
    var knownChecks: Set<[UInt8]> = []
    var consistencyOf: Set<UInt64> = []
    var recordIDs: Set<RecordID> = []
    var recordIndices: [UInt64] = []
    var cameras: Set<String> = []
    var parts: [String: Set<Int64>] = [:]
    var events: [(name: String, links: [Link])] = []
    var span: (from: WallTime, to: WallTime)?
    /// When the first of the records came into the log.
    var recorded = WallTime.distantFuture

    package init(
        _ extract: LogExtract, _ request: BundleRequest, anchors: @escaping Anchors,
        custody: @escaping Custody,
        _ sink: @escaping (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        self.extract = extract
        self.request = request
        self.anchors = anchors
        self.custody = custody
        spoolFolder = RealFileSystem.temporaryFolder
        archive = try ArchiveWriter(request.container, sink)
        files = BundleFiles(
            archive, base: request.baseName, time: request.at, spoolFolder: spoolFolder)
        selection = BundleSelection(
            request: request, origin: extract.origin, site: extract.site,
            size: extract.checkpoint.size)
        page = PageMaker(spoolFolder)
        holds = try HoldFinder(extract)
    }

    package func run() throws(Failure) {
        do throws(Failure) {
            try addHead()
            try forEachWanted { index, leaf, instant throws(Failure) in
                try addRecord(index, leaf, instant)
            }
            guard selection.records > 0 else {
                throw Failure(.notFound, "no record fits; proofreel find shows what is there")
            }
            try addFacts()
            try addCustody()
            try addEnd()
            try archive.finish()
        } catch {
            archive.abandon()
            throw error
        }
    }

    // MARK: Beginning

    func addHead() throws(Failure) {
        try files.add("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
        try files.add("README.txt", readmeText)
        try files.add("verify.py", verifyText)
        try files.add("proofs.py", proofsText)
        try files.add("report.py", reportText)
        try files.add(BundleNames.checkpoint, extract.note.encode())
        try files.add(BundleNames.keySet, extract.keySetNote.encode())
        for note in request.since { try addConsistency(note) }
    }

    func addConsistency(_ note: SignedNote) throws(Failure) {
        let (size, hashes) = try extract.consistency(from: note)
        guard consistencyOf.insert(size).inserted else { return }
        var text = "\(BundleNames.consistencyText)\nold \(size)\nnew \(extract.checkpoint.size)\n"
        for hash in hashes { text += hash.bytes.base64 + "\n" }
        try files.add("proof/consistency/\(size).checkpoint", note.encode())
        try files.add("proof/consistency/\(size).consistency", text)
    }
}
