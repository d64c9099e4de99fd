import Foundation
import TestSupport

/// The built program, run as a person or a script runs it, in a folder that is gone afterwards.
struct Tool {
    struct Answer {
        let code: Int32
        let out: String
        let err: String
        /// One JSON document for each line, read by somebody else's parser.
        var documents: [[String: Any]] {
            get throws {
                try out.split(separator: "\n").map { line in
                    let value = try JSONSerialization.jsonObject(with: Data(line.utf8))
                    return value as? [String: Any] ?? [:]
                }
            }
        }
    }

    let scratch = Scratch()
    var data: String { scratch.path + "/reel" }

    /// It stands beside the test bundle, which is the program that runs now.
    static let path: String = {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (own as NSString).deletingLastPathComponent + "/proofreel"
    }()

    func process(_ arguments: [String], environment: [String: String] = [:]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        var variables = [
            "PROOFREEL_DATA": data, "USER": "ann", "HOME": scratch.path, "TZ": "Europe/Paris",
        ]
        variables.merge(environment) { $1 }
        process.environment = variables
        return process
    }

    func run(
        _ arguments: String..., input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Answer {
        try runAll(arguments, input: input, environment: environment)
    }

    /// Output goes through files: a full pipe would stop the program.
    func runAll(
        _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
    ) throws -> Answer {
        let process = process(arguments, environment: environment)
        let name = UUID().uuidString
        scratch.write("\(name).in", input)
        scratch.write("\(name).out", [])
        scratch.write("\(name).err", [])
        func handle(_ suffix: String) throws -> FileHandle {
            let url = URL(fileURLWithPath: "\(scratch.path)/\(name).\(suffix)")
            return suffix == "in"
                ? try FileHandle(forReadingFrom: url) : try FileHandle(forWritingTo: url)
        }
        process.standardInput = try handle("in")
        process.standardOutput = try handle("out")
        process.standardError = try handle("err")
        try process.run()
        process.waitUntilExit()
        func text(_ suffix: String) -> String {
            defer { scratch.remove("\(name).\(suffix)") }
            return String(decoding: scratch.bytes("\(name).\(suffix)"), as: UTF8.self)
        }
        defer { scratch.remove("\(name).in") }
        return Answer(code: process.terminationStatus, out: text("out"), err: text("err"))
    }

    /// A log with the demo pictures, made by a `serve` that has ended.
    static func withDemo() throws -> Tool {
        let tool = Tool()
        let served = try Served(
            tool, "--demo-pictures", "--site", "plant-7", "--origin", "plant7.example/log/e1")
        _ = try served.end()
        return tool
    }
}

/// `serve` in the background, up when it says so.
final class Served {
    private let process: Process
    private let tool: Tool
    private let name = UUID().uuidString

    init(_ tool: Tool, _ arguments: String..., environment: [String: String] = [:]) throws {
        self.tool = tool
        process = tool.process(["serve"] + arguments, environment: environment)
        tool.scratch.write(name, [])
        let handle = try FileHandle(
            forWritingTo: URL(fileURLWithPath: "\(tool.scratch.path)/\(name)"))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        let limit = Date(timeIntervalSinceNow: 60)
        while !output.contains("\nready; ") {
            guard process.isRunning, Date() < limit else {
                process.terminate()
                throw CocoaError(.featureUnsupported, userInfo: ["output": output])
            }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }

    var output: String { String(decoding: tool.scratch.bytes(name), as: UTF8.self) }
    var pid: Int32 { process.processIdentifier }

    func end(_ signal: Int32 = SIGTERM) throws -> Int32 {
        kill(process.processIdentifier, signal)
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit { if process.isRunning { process.terminate() } }
}
