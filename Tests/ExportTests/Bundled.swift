import Archive
import Base
import Evidence
import EvidenceFormat
import Export
import Foundation
import TestSupport

/// A bundle of a log, and what is in it, unpacked by somebody else's program.
struct Bundled {
    static let at = WallTime(microseconds: 1_795_446_180_000_000)

    let bytes: [UInt8]
    /// By their names in the base folder.
    let files: [String: [UInt8]]

    init(
        _ log: EvidenceLog, _ wanted: BundleRequest.Wanted, at note: SignedNote? = nil,
        change: (inout BundleRequest) -> Void = { _ in }
    ) throws {
        var request = BundleRequest(wanted, .zip, by: "ann", at: Self.at)
        change(&request)
        bytes = try Self.write(log, request, at: note)
        files = try Self.unpack(bytes)
    }

    static func write(
        _ log: EvidenceLog, _ request: BundleRequest, at note: SignedNote? = nil
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try BundleWriter(
            LogExtract(log, at: note), request, anchors: { _ in [] }, custody: { _, _, _ in },
            { piece in bytes.append(span: piece) })
        try writer.run()
        return bytes
    }

    private static func unpack(_ bytes: [UInt8]) throws -> [String: [UInt8]] {
        let scratch = Scratch()
        scratch.write("bundle.zip", bytes)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-m", "zipfile", "-e", "\(scratch.path)/bundle.zip", "\(scratch.path)/out",
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ChildFailure("python3 unpacks nothing") }
        var files: [String: [UInt8]] = [:]
        for name in scratch.files where name.hasPrefix("out/") {
            let inside = name.split(separator: "/").dropFirst(2).joined(separator: "/")
            files[inside] = scratch.bytes(name)
        }
        return files
    }

    static func query(_ links: Link...) -> BundleRequest.Wanted {
        var query = Query()
        query.links = links.map { .init(kind: $0.kind, value: $0.value) }
        return .query(query)
    }

    /// Kinds of the leaves in a folder of `proof`, in the order of the log.
    func kinds(_ role: BundleNames.Role) throws -> [LeafKind] {
        let folder = "proof/\(role.rawValue)/"
        return try files.keys.filter { $0.hasPrefix(folder) && $0.hasSuffix(".leaf") }.sorted()
            .map { try Leaf(parsing: files[$0] ?? []).kind }
    }

    var selection: JSONObject? {
        get throws {
            let bytes = files["proof/selection.json"] ?? []
            return try JSON(parsing: bytes.span).object
        }
    }
}
