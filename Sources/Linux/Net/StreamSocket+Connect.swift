package import Base
internal import CLinux
internal import Glibc

/// For programs that ask: connecting, and waiting until the socket is ready.
extension StreamSocket {
    /// To a process of this machine.
    package static func connect(path: String) throws(Failure) -> StreamSocket {
        let descriptor = try LocalSocket.connected(to: path)
        return StreamSocket(owning: descriptor, peer: .user(getuid()))
    }

    /// Over the network; never blocks longer than told.
    package static func connect(
        to address: IPAddress, port: UInt16, milliseconds: Int
    ) throws(Failure) -> StreamSocket {
        let what = "connect to \(Peer.address(address, port: port))"
        let kind =
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = try checked(what) { socket(address.isV4 ? AF_INET : AF_INET6, kind, 0) }
        let made = StreamSocket(owning: descriptor, peer: .address(address, port: port))
        var yes: Int32 = 1
        _ = unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes,
            socklen_t(MemoryLayout<Int32>.size))
        let code = unsafe address.withSocketAddress(port: port) { address, length in
            unsafe Glibc.connect(descriptor, address, length) == 0 ? 0 : errno
        }
        if code == 0 { return made }
        guard code == EINPROGRESS else { throw Failure(errno: code, what) }
        guard made.wait(for: .write, milliseconds: milliseconds) else {
            throw Failure(.io, "\(what): nobody answered within \(milliseconds / 1000) s")
        }
        var result: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &length)
        guard result == 0 else { throw Failure(errno: result, what) }
        return made
    }

    /// False when the time is over first.
    package func wait(for interest: Poller.Interest, milliseconds: Int) -> Bool {
        var events: Int16 = 0
        if interest.contains(.read) { events |= Int16(POLLIN) }
        if interest.contains(.write) { events |= Int16(POLLOUT) }
        var entry = pollfd(fd: descriptor, events: events, revents: 0)
        while true {
            let count = unsafe poll(&entry, 1, Int32(clamping: milliseconds))
            if count < 0, errno == EINTR { continue }
            return count > 0
        }
    }
}
