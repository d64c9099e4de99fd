import EvidenceFormat
import Foundation

/// Frozen bytes and generated pages, found beside this file. With `PROOFREEL_WRITE_GOLDEN=1` files
/// that do not exist yet are written; one that exists is never replaced by a test.
enum Golden {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Golden")
    static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static func read(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
    }

    static func read(_ name: String, else bytes: [UInt8]) throws -> [UInt8] {
        let url = folder.appendingPathComponent(name)
        if writes, !FileManager.default.fileExists(atPath: url.path) {
            try Data(bytes).write(to: url)
        }
        return try read(name)
    }

    static var writes: Bool { ProcessInfo.processInfo.environment["PROOFREEL_WRITE_GOLDEN"] == "1" }
}
