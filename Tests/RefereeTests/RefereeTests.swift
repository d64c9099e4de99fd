import Base
import Crypto
import EvidenceFormat
import Foundation
import Testing

/// Programs that share no code with us judge a log that we wrote. The first needs only Python and
/// openssl and must always pass; the others say so when they are skipped.
@Suite struct RefereeTests {
    static let referees = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Referees")

    @Test func `other implementations agree with the log`() throws {
        let folder = try SampleLog.write()
        defer { SampleLog.remove(folder) }
        let (code, output) = try run("python3", "referee.py", folder)
        #expect(code == 0 && output.contains(" passed, 0 failed"), "\(output)")
        try expectAgreement("python3", "pymerkle_referee.py", folder)
        try expectAgreement("sh", "go/run.sh", folder)
    }

    @Test func `a log that was changed is seen by Python and openssl`() throws {
        let folder = try SampleLog.write(sizes: [3], changing: true)
        defer { SampleLog.remove(folder) }
        let (code, output) = try run("python3", "referee.py", folder)
        #expect(code == 1)
        #expect(output.contains("FAILED checkpoint-3: root"), "\(output)")
        #expect(output.contains("FAILED proof-1-3.tlog-proof: inclusion"), "\(output)")
    }

    private func expectAgreement(_ command: String, _ script: String, _ folder: URL) throws {
        let (code, output) = try run(command, script, folder)
        let words = output.trimmingCharacters(in: .newlines)
        guard code != 77 else {
            print("**** REFEREE SKIPPED: \(script): \(words) ****")
            return
        }
        #expect(code == 0 && output.contains(" passed, 0 failed"), "\(output)")
        print("referee \(script): \(words)")
    }

    private func run(
        _ command: String, _ script: String, _ folder: URL
    ) throws -> (code: Int32, output: String) {
        let path = Self.referees.appendingPathComponent(script).path
        return try Spawned([command, path, folder.path]).finish()
    }
}
