internal import Foundation

/// Programs that are not ours, where they are installed.
package enum Program {
    package static func isInstalled(_ name: String) -> Bool {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
    }

    /// Runs one to its end, which comes after a minute at the latest: its code, and all that it
    /// said. `folder` is its home.
    package static func run(
        _ words: [String], in folder: String
    ) throws -> (code: Int32, text: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "60"] + words
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": folder, "TMPDIR": folder,
        ]
        let path = "\(folder)/said-\(UUID().uuidString)"
        _ = FileManager.default.createFile(atPath: path, contents: nil)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = file
        process.standardError = file
        try process.run()
        process.waitUntilExit()
        // Not with `Data(contentsOf:)`, which leaks a page for every empty file.
        let said = try FileHandle(forReadingFrom: URL(fileURLWithPath: path)).readToEnd() ?? Data()
        return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }

    /// What VLC shows of a file or an address: a picture of each frame, in their order, and what it
    /// said. On a busy machine it sometimes ends before its screen is there; then, with fewer
    /// pictures than these, it is asked again.
    package static func vlc(
        _ place: String, _ options: [String], pictures enough: Int, in scratch: Scratch
    ) throws -> (pictures: [[UInt8]], text: String) {
        var shown = try vlcOnce(place, options, in: scratch)
        for _ in 1...2 where shown.pictures.count < enough {
            print("VLC showed \(shown.pictures.count) pictures of \(place): \(shown.text)")
            shown = try vlcOnce(place, options, in: scratch)
        }
        return shown
    }

    private static func vlcOnce(
        _ place: String, _ options: [String], in scratch: Scratch
    ) throws -> (pictures: [[UInt8]], text: String) {
        // It does not run as root, and writes what it sees into a folder of its own.
        let folder = "\(scratch.path)/vlc-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for path in [scratch.path, folder] {
            try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: path)
        }
        let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let result = try run(
            (isRoot ? user : []) + [
                "cvlc", "-q", "--no-audio", "--vout", "dummy", "--video-filter", "scene",
                "--scene-path", folder, "--scene-ratio", "1", "--scene-format", "jpg",
            ] + options + [place, "vlc://quit"], in: scratch.path)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".jpg") }.sorted()
        let within = folder.dropFirst(scratch.path.count + 1)
        let said = "exit code \(result.code): \(result.text)"
        return (names.map { scratch.bytes("\(within)/\($0)") }, said)
    }
}
