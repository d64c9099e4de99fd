import BenchPeers
import Glibc

/// A new folder on a real disk, removed with everything in it by `remove()`.
package struct WorkFolder {
    package let path: String

    /// Under `parent`, or else under the build folder, `$TMPDIR` or /tmp, whichever is there first.
    package init(under parent: String?) throws(BenchFailure) {
        let parent = parent ?? Self.usual
        guard peer_is_in_memory(parent) == 0 else {
            throw BenchFailure(
                "\(parent) is kept in memory, where a sync costs nothing; choose a disk with --dir")
        }
        var template = Array("\(parent)/proofreel-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            let reason = String(cString: strerror(errno))
            throw BenchFailure("cannot make a folder in \(parent): \(reason)")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        peer_remove_on_signal(path)
    }

    private static var usual: String {
        if access(".build", W_OK) == 0 { return ".build" }
        if let folder = getenv("TMPDIR"), access(folder, W_OK) == 0 {
            return String(cString: folder)
        }
        return "/tmp"
    }

    /// Waits until the disk has done what is owed to it: a removed file is still being discarded
    /// when its removal returns, and the next sync would wait for that.
    package func settle() { peer_settle(path) }

    package func remove() {
        if peer_remove_tree(path) != 0 { say("\(path) could not be removed", to: STDERR_FILENO) }
    }
}

/// A line, at once: a benchmark that takes minutes must show that it lives.
package func say(_ line: String, to file: CInt = STDOUT_FILENO) {
    var bytes = Array((line + "\n").utf8)[...]
    while !bytes.isEmpty {
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
        guard written > 0 else {
            // Nobody reads any more: end as if interrupted, which removes the work folder.
            kill(getpid(), SIGTERM)
            return
        }
        bytes = bytes.dropFirst(written)
    }
}
