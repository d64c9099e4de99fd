internal import BenchHarness
internal import BenchPeers
internal import Glibc

/// A port of loopback that nobody has now.
package func freePort() throws -> Int {
    let port = peer_free_port()
    guard port > 0 else { throw BenchFailure("no port is free") }
    return Int(port)
}

/// Waits until somebody listens there.
package func waitForPort(_ port: Int, _ name: String) throws {
    for _ in 0..<2000 {
        if peer_is_listening(Int32(port)) != 0 { return }
        pause(milliseconds: 10)
    }
    throw BenchFailure("\(name) did not start to listen")
}

package func write(_ bytes: [UInt8], to path: String) throws {
    let descriptor = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0o644)
    defer { close(descriptor) }
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
        throw BenchFailure("\(path) could not be written")
    }
    // From the disk and not as they were written: ours too has to be read first.
    _ = fdatasync(descriptor)
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
}

package func makeFolder(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 else { throw BenchFailure("\(path) could not be made") }
}

/// From the root on: other programs have folders of their own that they begin at.
package func realPath(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
}
