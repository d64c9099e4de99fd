import Foundation
import TestSupport
import Testing

/// The Python client's own tests, against the program that was just built.
@Suite struct PythonClientTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "tools/clients/python").path

    private static let python = ["/usr/bin/python3", "/usr/local/bin/python3"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        .enabled(if: python != nil, "SKIPPED: there is no python3, so its client is not tested"))
    func `the Python client does what its guide says`() throws {
        let scratch = Scratch()
        scratch.write("out", [])
        let handle = try FileHandle(
            forWritingTo: URL(fileURLWithPath: scratch.path + "/out"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.python))
        process.arguments = ["-B", "-m", "unittest", "discover", "-v", "-s", "tests", "-t", "."]
        process.currentDirectoryURL = URL(fileURLWithPath: Self.folder)
        process.environment = [
            "PROOFREEL_BINARY": Tool.path, "HOME": scratch.path, "USER": "ann",
            "PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "utf-8",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        let output = String(decoding: scratch.bytes("out"), as: UTF8.self)
        #expect(process.terminationStatus == 0, "\(output)")
        // A run that found no tests, or no program, proves nothing.
        #expect(output.contains("test_the_guide_holds"), "\(output)")
        #expect(!output.contains("PROOFREEL_BINARY names no built program"), "\(output)")
    }
}
