package import Base
internal import EvidenceFormat
internal import Crypto
internal import Linux
internal import TimeStamp

/// `DATADIR/anchors`: what came from outside, as it came. `docs/storage-format.md` names the files.
package struct AnchorFolder: Sendable {
    package static let name = "anchors"
    package static let sourcesFile = "sources.json"
    static let dueSuffix = "due"
    private static let bytesMax = 1 << 20

    package let path: String
    private let files = RealFileSystem()

    package init(dataDirectory: String) { path = "\(dataDirectory)/\(Self.name)" }

    static func stem(_ size: UInt64, _ source: String) -> String { "\(size)-\(source)" }

    func make() throws(Failure) { try files.createDirectory(path) }

    /// Nil when there is none.
    package func read(_ name: String) throws(Failure) -> [UInt8]? {
        let path = "\(self.path)/\(name)"
        guard files.exists(path) else { return nil }
        return try files.contents(of: path, limit: Self.bytesMax)
    }

    /// Whole or not at all; what stands there is replaced: it is what an attempt left that never
    /// got its leaf.
    func write(_ name: String, _ bytes: [UInt8]) throws(Failure) {
        try files.replace("\(path)/\(name)", bytes)
    }

    func remove(_ name: String) throws(Failure) {
        let path = "\(self.path)/\(name)"
        if files.exists(path) { try files.remove(path) }
    }

    package func list() throws(Failure) -> [String] {
        files.exists(path) ? try files.list(path) : []
    }

    // MARK: What is due

    /// The checkpoint that waits to be confirmed by this source; nil when none does.
    func due(_ source: String) throws(Failure) -> SignedNote? {
        guard let bytes = try read("\(source).\(Self.dueSuffix)") else { return nil }
        return try SignedNote(parsing: bytes)
    }

    func setDue(_ source: String, _ note: SignedNote) throws(Failure) {
        try make()
        try write("\(source).\(Self.dueSuffix)", note.encode())
    }

    func clearDue(_ source: String) throws(Failure) {
        try remove("\(source).\(Self.dueSuffix)")
    }
}
