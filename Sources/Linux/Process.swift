internal import CLinux
package import Base
internal import Glibc

/// A lock file that says who holds it (`flock`). The kernel lets go when the process ends, however.
@safe package final class ProcessLock: Sendable {
    private let descriptor: Int32

    package init(_ path: String) throws(Failure) {
        descriptor = try checked("open \(path)") {
            unsafe proofreel_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            var text = [UInt8](repeating: 0, count: 32)
            let got = max(0, unsafe pread(descriptor, &text, text.count, 0))
            let holder = String(decoding: text.prefix(got).prefix { $0 != 0x0A }, as: UTF8.self)
            // All is initialised, so `deinit` closes it; a second close would hit somebody else's.
            throw Failure(
                .busy,
                "\(parentDirectory(of: path)) is in use by process"
                    + " \(holder.isEmpty ? "?" : holder); stop that one first,"
                    + " or use another --data directory"
            )
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        _ = unsafe pwrite(descriptor, text, text.count, 0)
    }

    /// Waits for whoever holds it, for what takes a moment.
    package init(awaiting path: String) throws(Failure) {
        descriptor = try checked("open \(path)") {
            unsafe proofreel_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Failure(errno: errno, "lock \(path)") }
        }
    }

    deinit { close(descriptor) }

    /// Lets go before the last reference does.
    package func release() { flock(descriptor, LOCK_UN) }

    /// Whether somebody holds the lock now.
    package static func isHeld(_ path: String) -> Bool {
        let descriptor = unsafe proofreel_open(path, O_RDWR | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_EX | LOCK_NB) != 0
    }
}

package enum Process {
    /// The kernel's id of this boot; tells one uptime from another.
    package static func bootID() -> String {
        let text = try? RealFileSystem().contentsOfSpecial("/proc/sys/kernel/random/boot_id")
        return text ?? "unknown"
    }

    package static func forbidCoreDumps() { _ = proofreel_no_dumps() }

    package static var id: Int32 { getpid() }

    /// Asks for so many open files, as shells and service managers often give 1,024 only, and tells
    /// how many there may be now: fewer, where the machine's owner set a hard limit.
    package static func allowOpenFiles(_ wanted: Int) -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return 1024
        }
        if limit.rlim_cur < wanted {
            limit.rlim_cur = min(rlim_t(wanted), limit.rlim_max)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// What a process that serves is told from outside.
    package enum Signal: Sendable {
        /// SIGINT or SIGTERM.
        case end
        /// SIGHUP.
        case hangUp
    }

    /// Blocks the signals in every thread started from now on; `waitForSignal` receives them.
    package static func blockSignals() {
        var set = signals
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        ignoreBrokenPipes()
    }

    private static var signals: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&set, number) }
        return set
    }

    /// Who writes to somebody that has gone gets an error; without this, sending a file or through
    /// TLS ends the process.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Waits for a signal at most so long.
    package static func waitForSignal(milliseconds: Int) -> Signal? {
        var set = signals
        var limit = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        switch unsafe sigtimedwait(&set, nil, &limit) {
        case SIGHUP: return .hangUp
        case SIGINT, SIGTERM: return .end
        default: return nil
        }
    }
}

extension RealFileSystem {
    /// Files of /proc have no length before they are read.
    package func contentsOfSpecial(_ path: String) throws(Failure) -> String {
        var bytes: [UInt8] = []
        try open(path, .read).read(at: 0, count: 4096, into: &bytes)
        return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
