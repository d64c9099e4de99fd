internal import CLinux
internal import Glibc

/// Whether something listens on a port; connects and hangs up.
package enum TCPProbe {
    package enum Answer: Hashable, Sendable {
        case open
        /// The machine is there, and nothing listens.
        case refused
        /// Nobody says anything: no such machine, or a firewall.
        case silent
        /// A router or this machine says that there is no way.
        case unreachable
        /// Told to stop.
        case stopped
        case failed(String)
    }

    package static func connect(
        to address: IPAddress, port: UInt16, milliseconds: Int, until stop: StopSignal
    ) -> Answer {
        let family = address.isV4 ? AF_INET : AF_INET6
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return answer(errno) }
        defer { close(descriptor) }
        let code = unsafe address.withSocketAddress(port: port) { address, length in
            unsafe Glibc.connect(descriptor, address, length) == 0 ? 0 : errno
        }
        guard code == EINPROGRESS else { return answer(code) }
        var entries = (
            pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        )
        let count = unsafe withUnsafeMutableBytes(of: &entries) { bytes in
            unsafe poll(
                bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2,
                Int32(clamping: milliseconds))
        }
        if stop.isRaised { return .stopped }
        guard count > 0 else { return .silent }
        var result: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &result, &length) == 0 else {
            return answer(errno)
        }
        return answer(result)
    }

    private static func answer(_ code: Int32) -> Answer {
        switch code {
        case 0: .open
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .silent
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN, EADDRNOTAVAIL: .unreachable
        default: .failed(unsafe String(cString: strerror(code)))
        }
    }
}
