import Foundation
import Testing

/// A command found in `PATH`, with its output on one pipe.
struct Spawned {
    private let pid: pid_t
    private let output: Int32

    init(_ command: [String]) throws {
        var pipes: [Int32] = [0, 0]
        try #require(pipe(&pipes) == 0)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[1], 2)
        posix_spawn_file_actions_addclose(&actions, pipes[0])
        posix_spawn_file_actions_addclose(&actions, pipes[1])
        var arguments = command.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, command[0], &actions, nil, &arguments, environ)
        close(pipes[1])
        guard code == 0 else {
            close(pipes[0])
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        }
        self.pid = pid
        output = pipes[0]
    }

    /// Waits for its end. A shell's 128 + n stands for an end by signal n.
    func finish() throws -> (code: Int32, output: String) {
        let handle = FileHandle(fileDescriptor: output, closeOnDealloc: true)
        let data = try handle.readToEnd() ?? Data()
        var status: Int32 = 0
        while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
        let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
        return (code, String(decoding: data, as: UTF8.self))
    }
}
