import Foundation
import TestSupport
import Testing

/// A server that is killed while keys are pressed.
@Suite(.serialized) struct PressKillTests {
    private static let rounds = 3
    private static let pressesPerRound = 6

    @Test func `of presses that were told of none is lost, and no press makes two pictures`() throws
    {
        let tool = Tool()
        var served: Served? = try Served(tool)
        let added = try tool.run(
            "camera", "add", "press-3", "test:h264?size=256x144&fps=25&gop=25", "--ring", "32MB")
        #expect(added.code == 0, "\(added.err)")
        for words in [
            ["centre", "add", "wc-7"], ["trigger", "add", "wc-7", "press-3", "--key", "F9"],
        ] { #expect(try tool.runAll(words).code == 0) }
        var told: Set<String> = []
        for round in 0..<Self.rounds {
            _ = try CameraCommandTests.recording(tool, "press-3", frames: 60)
            told.formUnion(try press(tool, round, killing: served))
            served = nil
            served = try Served(tool)
            #expect(
                !tool.scratch.files.contains { $0.hasPrefix("reel/factory/presses/") },
                "\(served?.output ?? "")")
        }
        let found = try tool.run(
            "find", "--link", "work-centre=centre/wc-7", "--limit", "1000", "--json")
        let ids = try found.documents.compactMap { $0["request_id"] as? String }
        #expect(Set(ids).count == ids.count, "one press, one picture")
        #expect(told.isSubset(of: ids), "\(told.subtracting(ids))")
        #expect(try served?.end() == 0)
        let verified = try tool.run("verify", tool.data)
        #expect(verified.code != 1, "\(verified.out)")
    }

    /// Presses at once from several processes, and kills the server among them. Which were answered?
    private func press(_ tool: Tool, _ round: Int, killing served: Served?) throws -> Set<String> {
        let processes = try (0..<Self.pressesPerRound).map { i in
            let request = "press-\(round)-\(i)"
            let process = tool.process([
                "trigger", "press", "wc-7", "--key", "F9", "--request-id", request, "--json",
                "--timeout", "5s",
            ])
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            return (request, process)
        }
        // Some have their answer, some are at work.
        processes[round % processes.count].1.waitUntilExit()
        _ = try served?.end(SIGKILL)
        for (_, process) in processes { process.waitUntilExit() }
        return Set(processes.filter { $0.1.terminationStatus == 0 }.map(\.0))
    }
}
