import Base
import EvidenceFormat
import Export
import Foundation
import TestSupport
import Testing
import TimeStamp

/// A bundle that version 1 exported verifies for ever, by whichever verifier. Its files are never
/// made again.
@Suite struct FrozenBundleTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Frozen")
    private static let bundle = path("v1.zip")
    private static let authority = path("v1-ca.pem")

    private static func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    /// The line that an auditor was told.
    private static var root: String {
        get throws {
            try String(contentsOfFile: path("v1-root.txt"), encoding: .utf8)
                .trimmingCharacters(in: .newlines)
        }
    }

    @Test func `a bundle of version 1 is verified by the program in it and by today's`() throws {
        let scratch = Scratch()
        let ran = try Ran(["python3", "-m", "zipfile", "-e", Self.bundle, scratch.path])
        #expect(ran.code == 0, "\(ran.output)")
        let base = try #require(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).first)
        for program in ["\(scratch.path)/\(base)/verify.py", Place.verifier] {
            let ran = try Ran([
                "python3", "-B", program, Self.bundle, "--root", try Self.root, "--trust-tsa",
                Self.authority,
            ])
            #expect(ran.code == 0, "\(program): \(ran.output)")
            #expect(ran.output.hasPrefix("VERIFIED\n"), "\(program): \(ran.output)")
            #expect(ran.output.contains("Nothing is missing."), "\(program): \(ran.output)")
        }
    }

    @Test func `a bundle of version 1 is verified by ours, with everything that is in it`() throws {
        var request = BundleCheck.Request(rootKey: try VerifierKey(Self.root))
        let certificates = try Data(contentsOf: URL(fileURLWithPath: Self.authority))
        request.timeStampRoots = try Certificates(pem: [UInt8](certificates))
        let scratch = Scratch()
        let result = try BundleCheck.run(Self.bundle, scratchPath: scratch.path, request)
        #expect(result.verdict == .verified, "\(result.findings)")
        #expect(result.findings.isEmpty, "\(result.findings)")
        #expect(result.removed.count == 1)
        #expect(result.checks.closed == 1)
        #expect(result.vouchers.count == 1)

        let bytes = try Data(contentsOf: URL(fileURLWithPath: Self.bundle))
        let bag = try Bag([UInt8](bytes))
        func leaves(_ kind: LeafKind) throws -> [Leaf] {
            try bag.names.filter { $0.hasSuffix(".leaf") }
                .map { try Leaf(parsing: bag.files[$0] ?? []) }.filter { $0.kind == kind }
        }
        for kind in [LeafKind.snapshot, .clip, .part, .gap, .hold, .delete, .deleted, .anchor] {
            #expect(try !leaves(kind).isEmpty, "\(kind)")
        }
        let clip = try #require(try leaves(.clip).first { $0.string("use") == nil })
        #expect(clip.body["before"] != nil && clip.body["after"] != nil)
    }
}
