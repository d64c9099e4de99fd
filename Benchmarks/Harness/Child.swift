import BenchPeers
import Glibc

/// Another program that a benchmark runs beside itself. It dies with the benchmark.
package final class Child {
    private var raw = peer_child()
    package let name: String

    package init(_ words: [String], errors: String? = nil) throws(BenchFailure) {
        name = words[0]
        guard Self.withArguments(words, { peer_spawn($0, errors, &raw) }) == 0 else {
            throw BenchFailure("\(words[0]) could not be started")
        }
    }

    deinit { if raw.pid > 0 { _ = peer_wait(&raw, SIGKILL, 5000) } }

    package static func withArguments<R>(
        _ words: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
    ) -> R {
        let copies = words.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var pointers = copies.map { UnsafePointer<CChar>($0) }
        pointers.append(nil)
        return body(pointers)
    }

    /// Runs a program to its end; false unless it says that all went well.
    package static func run(_ words: [String], seconds: Int = 120) -> Bool {
        withArguments(words) { peer_run($0, CInt(seconds * 1000)) } == 0
    }

    package func ask(_ words: String) throws(BenchFailure) -> String {
        let bytes = Array((words + "\n").utf8)
        guard write(raw.input, bytes, bytes.count) == bytes.count else {
            throw BenchFailure("\(name) has ended")
        }
        return try line(seconds: 20)
    }

    package func line(seconds: Int) throws(BenchFailure) -> String {
        guard let line = nextLine(milliseconds: seconds * 1000) else {
            throw BenchFailure("\(name) does not answer")
        }
        return line
    }

    package func nextLine(milliseconds: Int) -> String? {
        var line = [CChar](repeating: 0, count: 4096)
        guard peer_read_line(raw.output, &line, line.count, CInt(milliseconds)) == 0 else {
            return nil
        }
        return line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    package var process: Int32 { raw.pid }
    package var cpuSeconds: Double { peer_cpu_of(raw.pid) }
    package var memoryBytes: Double { peer_memory_of(raw.pid) }

    /// Asks it to end: closes its input, and sends a signal when there is one.
    package func end(_ signal: CInt = 0, seconds: Int = 20) {
        if raw.pid > 0 { _ = peer_wait(&raw, signal, CInt(seconds * 1000)) }
    }
}

/// Whether a program can be run by its name.
package func isInstalled(_ program: String) -> Bool {
    guard let path = getenv("PATH") else { return false }
    return String(cString: path).split(separator: ":").contains {
        access("\($0)/\(program)", X_OK) == 0
    }
}

package func pause(milliseconds: Int) { usleep(UInt32(milliseconds * 1000)) }

package func removeTree(_ path: String) throws(BenchFailure) {
    if peer_remove_tree(path) != 0 { throw BenchFailure("could not remove \(path)") }
}
