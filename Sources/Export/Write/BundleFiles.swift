internal import Archive
internal import Base
internal import Crypto

/// Puts files into the container and their hashes into the manifests.
final class BundleFiles {
    private let archive: ArchiveWriter
    private let base: String
    private let time: WallTime
    private let payloadManifest: Spool
    private let tagManifest: Spool
    private(set) var payloadCount = 0
    private(set) var payloadBytes = 0

    init(
        _ archive: ArchiveWriter, base: String, time: WallTime, spoolFolder: String
    ) {
        self.archive = archive
        self.base = base
        self.time = time
        payloadManifest = Spool(in: spoolFolder)
        tagManifest = Spool(in: spoolFolder)
    }

    /// A file under `data/` whose hash is known.
    func add(_ name: String, _ bytes: [UInt8], hash: Digest) throws(Failure) {
        try note(name, hash, bytes.count)
        try archive.add("\(base)/\(name)", bytes.span, time: time)
    }

    func add(_ name: String, _ bytes: [UInt8]) throws(Failure) {
        try add(name, bytes, hash: SHA256.hash(bytes.span))
    }

    func add(_ name: String, _ text: String) throws(Failure) { try add(name, Array(text.utf8)) }

    func add(_ name: String, _ parts: [Spool]) throws(Failure) {
        var hash = SHA256()
        var count = 0
        for part in parts {
            count += part.count
            try part.forEachPiece { piece throws(Failure) in hash.update(piece) }
        }
        try note(name, hash.finish(), count)
        try archive.begin("\(base)/\(name)", size: count, time: time)
        for part in parts {
            try part.forEachPiece { piece throws(Failure) in try archive.write(piece) }
        }
    }

    private func note(_ name: String, _ hash: Digest, _ count: Int) throws(Failure) {
        let line = "\(hash.hex)  \(name)\n"
        guard name.hasPrefix("data/") else { return try tagManifest.add(line) }
        payloadCount += 1
        payloadBytes += count
        try payloadManifest.add(line)
    }

    func addPayloadManifest() throws(Failure) {
        try add(BundleNames.payloadManifest, [payloadManifest])
    }

    /// Returns its hash, which is what the log signs. What comes after it is not in it.
    func addTagManifest() throws(Failure) -> Digest {
        var hash = SHA256()
        try tagManifest.forEachPiece { piece throws(Failure) in hash.update(piece) }
        let list = tagManifest
        try archive.begin("\(base)/\(BundleNames.tagManifest)", size: list.count, time: time)
        try list.forEachPiece { piece throws(Failure) in try archive.write(piece) }
        return hash.finish()
    }

    func addUnlisted(_ name: String, _ bytes: [UInt8]) throws(Failure) {
        try archive.add("\(base)/\(name)", bytes.span, time: time)
    }
}
