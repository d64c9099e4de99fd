internal import Foundation
internal import Linux

/// A folder that is gone when the test is over.
package final class Scratch: Sendable {
    package let path: String

    /// `inMemory`: for data that no promise is made of.
    package init(inMemory: Bool = false) {
        let shared = "/dev/shm"
        let memory = inMemory && FileManager.default.isWritableFile(atPath: shared)
        let base =
            memory
            ? shared
            : ProcessInfo.processInfo.environment["PROOFREEL_TEST_DIR"] ?? NSTemporaryDirectory()
        path = base + "/proofreel-test-" + UUID().uuidString
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A copy of what is in the folder now: what a killed process would leave.
    package func snapshot(inMemory: Bool = false) -> Scratch {
        let copy = Scratch(inMemory: inMemory)
        try? FileManager.default.removeItem(atPath: copy.path)
        try? FileManager.default.copyItem(atPath: path, toPath: copy.path)
        return copy
    }

    package func bytes(_ name: String) -> [UInt8] {
        // Not with Foundation, which leaks a page for every empty file.
        (try? RealFileSystem().contents(of: path + "/" + name, limit: 1 << 30)) ?? []
    }

    package func write(_ name: String, _ bytes: [UInt8]) {
        let file = path + "/" + name
        try? FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: file, contents: Data(bytes))
    }

    package func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: path + "/" + name)
    }

    /// Names of all files below, relative.
    package var files: [String] {
        guard let walk = FileManager.default.enumerator(atPath: path) else { return [] }
        var names: [String] = []
        for case let name as String in walk {
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
            if !isFolder.boolValue { names.append(name) }
        }
        return names.sorted()
    }
}
