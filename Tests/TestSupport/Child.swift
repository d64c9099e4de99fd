internal import Foundation
internal import Linux

/// A process that a test started, with what it prints. One of the package's own test tools.
package final class Child: Sendable {
    package let id: Int32
    private let printed: Monitor<[UInt8]>
    private let reader: Monitor<Linux.Thread?>
    private let ended = Monitor<Int32?>(nil)

    /// `user` runs it as somebody else, which only root may do.
    package init(_ tool: String, _ arguments: [String], user: UInt32? = nil) throws {
        var pipes: [Int32] = [0, 0]
        guard pipe(&pipes) == 0 else { throw ChildFailure("no pipe") }
        // Other children must not keep it open.
        for end in pipes { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        // Pipes of other tests, made by Foundation, would stay open as long as this child lives,
        // and who waits for their end would wait as long. Closing what is not open is no error.
        for other in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, other) }
        var command = [try Self.path(tool)] + arguments
        if let user {
            command =
                ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups"] + command
        }
        var words = command.map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var id: pid_t = 0
        // The backtracer outlives a killed child and would keep its pipe open.
        var settings = ProcessInfo.processInfo.environment
        settings["SWIFT_BACKTRACE"] = "enable=no"
        var variables = settings.map { strdup("\($0)=\($1)") } + [nil]
        defer { variables.forEach { free($0) } }
        let code = posix_spawnp(&id, command[0], &actions, nil, &words, &variables)
        close(pipes[1])
        guard code == 0 else {
            close(pipes[0])
            throw ChildFailure("cannot start \(command[0]): \(String(cString: strerror(code)))")
        }
        self.id = id
        printed = Monitor([])
        reader = Monitor(nil)
        let output = pipes[0]
        let thread = Linux.Thread(name: "child-output") { [self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let got = read(output, &buffer, buffer.count)
                if got < 0 && errno == EINTR { continue }
                if got <= 0 { break }
                printed.withLock { $0.append(contentsOf: buffer[..<got]) }
            }
            close(output)
        }
        reader.withLock { $0 = thread }
    }

    /// Test tools stand beside the test program.
    private static func path(_ tool: String) throws -> String {
        let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(fileURLWithPath: program).deletingLastPathComponent().appendingPathComponent(
            tool
        )
        .path
    }

    package var output: String { printed.withLock { String(decoding: $0, as: UTF8.self) } }

    /// Waits until it has printed a line that begins so; false when it ended without one.
    package func waits(for prefix: String) -> Bool {
        while true {
            let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if lines.contains(where: { $0.hasPrefix(prefix) }) { return true }
            var status: Int32 = 0
            if waitpid(id, &status, WNOHANG) == id {
                ended.withLock { $0 = status }
                reader.withLock { $0.take() }?.join()
                return output.contains(prefix)
            }
            usleep(1000)
        }
    }

    /// SIGKILL, after which it does nothing more; everything that it printed is in `output`. False
    /// when it had ended by itself.
    @discardableResult
    package func kill() -> Bool {
        Foundation.kill(id, SIGKILL)
        return finish() == 128 + SIGKILL
    }

    /// Waits for its end: its exit code, or 128 + the signal that ended it.
    package func finish() -> Int32 {
        let known = ended.withLock { $0 }
        var status = known ?? 0
        if known == nil {
            while waitpid(id, &status, 0) == -1 && errno == EINTR {}
            ended.withLock { $0 = status }
        }
        reader.withLock { $0.take() }?.join()
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}

package struct ChildFailure: Error, CustomStringConvertible {
    package let description: String
    package init(_ words: String) { description = words }
}

/// Lets time go by for other processes; nothing may depend on how much it is.
package func pauseFor(milliseconds: Int) { usleep(UInt32(milliseconds) * 1000) }

/// Whether the tests run as root, who may do what others may not.
package var isRoot: Bool { geteuid() == 0 }
