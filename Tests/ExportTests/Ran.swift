import Foundation

/// A program that was run to its end, with what it printed.
struct Ran {
    let code: Int32
    let output: String

    init(_ command: [String], in folder: String? = nil, _ more: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.environment = ProcessInfo.processInfo.environment.merging(more) { $1 }
        if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        code = process.terminationStatus
        output = String(decoding: data, as: UTF8.self)
    }
}

/// Where things stand in the tree.
enum Place {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let texts = root.appendingPathComponent("Sources/Export/Texts")
    static let verifier = texts.appendingPathComponent("verify.py").path
    static let referees = root.appendingPathComponent("Tests/Referees")

    static func text(_ name: String) throws -> String {
        try String(contentsOf: texts.appendingPathComponent(name), encoding: .utf8)
    }
}
