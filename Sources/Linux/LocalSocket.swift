package import Base
internal import CLinux
internal import Glibc

/// A UNIX socket that hands one document to whoever may connect, and listens to nothing.
/// One thread at a time.
@safe package final class LocalSocket: Sendable {
    private static let backlogMax: Int32 = 8
    private static let sendMilliseconds = 1000

    private let descriptor: Int32
    private let path: String

    /// Mode 0600: the owner alone may connect. What stands at `path` is replaced; the caller holds
    /// the directory's lock, so it is a leftover.
    package init(listeningAt path: String) throws(Failure) {
        self.path = path
        descriptor = try Self.listening(at: path, flags: Self.kind, backlog: Self.backlogMax)
    }

    /// The descriptor of a socket that listens at `path`, which the owner alone may open.
    static func listening(
        at path: String, flags: Int32, backlog: Int32
    ) throws(Failure) -> Int32 {
        _ = unsafe unlink(path)
        let descriptor = try checked("make a socket") { socket(AF_UNIX, flags, 0) }
        do throws(Failure) {
            let old = umask(0o177)
            defer { umask(old) }
            try attach(descriptor, to: path, "listen at \(path)", listening: true)
            _ = try checked("listen at \(path)") { Glibc.listen(descriptor, backlog) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    deinit { close(descriptor) }

    package func remove() { _ = unsafe unlink(path) }

    /// The next caller, if one comes in time.
    package func accept(within milliseconds: Int) -> LocalConnection? {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wait, 1, Int32(clamping: milliseconds)) > 0 else { return nil }
        let caller = Glibc.accept(descriptor, nil, nil)
        guard caller >= 0 else { return nil }
        _ = fcntl(caller, F_SETFD, FD_CLOEXEC)
        return LocalConnection(owning: caller)
    }

    /// A connection to who listens at `path`.
    package static func connect(to path: String) throws(Failure) -> LocalConnection {
        let descriptor = try make()
        let connection = LocalConnection(owning: descriptor)
        try attach(descriptor, to: path, "connect to \(path)", listening: false)
        return connection
    }

    /// The descriptor of a connection to `path`.
    static func connected(to path: String) throws(Failure) -> Int32 {
        let descriptor = try make()
        do throws(Failure) {
            try attach(descriptor, to: path, "connect to \(path)", listening: false)
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Answers one caller, if one comes in time. A caller that does not read is left.
    package func answer(within milliseconds: Int, _ document: () -> [UInt8]) {
        var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard unsafe poll(&wait, 1, Int32(clamping: milliseconds)) > 0 else { return }
        let caller = Glibc.accept(descriptor, nil, nil)
        guard caller >= 0 else { return }
        defer { close(caller) }
        var limit = timeval(tv_sec: Self.sendMilliseconds / 1000, tv_usec: 0)
        _ = unsafe setsockopt(
            caller, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let bytes = document()
        var done = 0
        while done < bytes.count {
            let count = unsafe bytes.withUnsafeBufferPointer { buffer in
                unsafe send(
                    caller, buffer.baseAddress! + done, buffer.count - done,
                    Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            done += count
        }
    }

    /// The whole document from the socket at `path`.
    package static func read(
        from path: String, limit: Int, milliseconds: Int = 5000
    ) throws(Failure) -> [UInt8] {
        let descriptor = try make()
        defer { close(descriptor) }
        var wait = timeval(
            tv_sec: milliseconds / 1000, tv_usec: suseconds_t(milliseconds % 1000 * 1000))
        _ = unsafe setsockopt(
            descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        try attach(descriptor, to: path, "connect to \(path)", listening: false)
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try checked("read from \(path)") {
                unsafe recv(descriptor, &piece, piece.count, 0)
            }
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
            guard bytes.count <= limit else {
                throw Failure(.invalid, "\(path) says more than \(limit) bytes; it is not ours")
            }
        }
    }

    private static var kind: Int32 {
        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    }

    private static func make() throws(Failure) -> Int32 {
        try checked("make a socket") { socket(AF_UNIX, kind, 0) }
    }

    /// An address has room for 107 bytes; the folder's descriptor stands in for a long path.
    private static func attach(
        _ descriptor: Int32, to path: String, _ what: String, listening: Bool
    ) throws(Failure) {
        let folder = try checked(what) {
            unsafe proofreel_open(
                parentDirectory(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
        }
        defer { close(folder) }
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let bytes = Array("/proc/self/fd/\(folder)/\(name)".utf8)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        precondition(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            for (i, byte) in bytes.enumerated() { unsafe room[i] = byte }
        }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                listening
                    ? unsafe bind(descriptor, address, size)
                    : unsafe Glibc.connect(descriptor, address, size)
            }
        }
        if code != 0 { throw Failure(errno: errno, what) }
    }
}
