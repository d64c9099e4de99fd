package import Base
internal import CLinux
internal import Glibc

/// A socket that takes connections: of the network, or of processes of this machine by a path.
@safe package final class Listener: Sendable {
    private static let backlogMax: Int32 = 512

    /// For a wrapper that takes connections itself, while it keeps the listener.
    package let descriptor: Int32
    private let path: String?
    /// As it was bound: with the port that the system chose, where 0 was asked for.
    package let port: UInt16

    /// `port` 0: any that is free.
    package init(_ address: IPAddress, port: UInt16) throws(Failure) {
        let what = "listen at \(address), port \(port)"
        path = nil
        descriptor = try checked(what) {
            socket(address.isV4 ? AF_INET : AF_INET6, Self.kind, 0)
        }
        do throws(Failure) {
            var yes: Int32 = 1
            _ = unsafe setsockopt(
                descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            let descriptor = self.descriptor
            let code = unsafe address.withSocketAddress(port: port) { address, length in
                unsafe bind(descriptor, address, length) == 0 ? 0 : errno
            }
            if code == EADDRINUSE {
                throw Failure(
                    .busy, "\(what): another program has it; end that one, or choose another port")
            }
            if code != 0 { throw Failure(errno: code, what) }
            if address.isLoopback { Self.doNotPace(descriptor) }
            _ = try checked(what) { listen(descriptor, Self.backlogMax) }
            self.port = Self.boundPort(descriptor)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Inside one machine there is no bottleneck to pace packets for. Where the system's choice is
    /// a congestion control that paces (BBR), each piece of a picture would start a timer, a third
    /// of all processor time of a fetch. Reno is in every kernel and allowed to everybody.
    private static func doNotPace(_ descriptor: Int32) {
        let name = "reno"
        _ = unsafe name.withCString { name in
            unsafe setsockopt(
                descriptor, Int32(IPPROTO_TCP), TCP_CONGESTION, name, socklen_t(strlen(name)))
        }
    }

    /// Mode 0600: the owner alone may connect. What stands at `path` is replaced; the caller holds
    /// the directory's lock, so it is a leftover.
    package init(path: String) throws(Failure) {
        self.path = path
        port = 0
        descriptor = try LocalSocket.listening(at: path, flags: Self.kind, backlog: Self.backlogMax)
    }

    deinit { close(descriptor) }

    private static var kind: Int32 {
        Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    }

    private static func boundPort(_ descriptor: Int32) -> UInt16 {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &address) { storage in
            unsafe storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    _ = unsafe getsockname(descriptor, address, &length)
                }
                // The port stands at the same place for both families.
                return UInt16(bigEndian: unsafe pointer.pointee.sin_port)
            }
        }
    }

    package func remove() {
        if let path { _ = unsafe unlink(path) }
    }

    /// The next caller; nil when there is none now. A caller who has gone again is passed over.
    package func accept() throws(Failure) -> StreamSocket? {
        while true {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let (caller, address) = unsafe withUnsafeMutablePointer(to: &storage) { storage in
                unsafe storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    let caller = unsafe proofreel_accept(descriptor, address, &length)
                    return (caller, unsafe Self.address(address))
                }
            }
            if caller >= 0 { return StreamSocket(owning: caller, peer: peer(caller, address)) }
            switch -caller {
            case EAGAIN: return nil
            case EINTR, ECONNABORTED, EPROTO: continue
            default: throw Failure(errno: -caller, "take a caller")
            }
        }
    }

    private static func address(_ raw: UnsafePointer<sockaddr>) -> (IPAddress, UInt16)? {
        guard let address = unsafe IPAddress(raw) else { return nil }
        let port = unsafe raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
            UInt16(bigEndian: unsafe $0.pointee.sin_port)
        }
        return (address, port)
    }

    private func peer(_ caller: Int32, _ address: (IPAddress, UInt16)?) -> StreamSocket.Peer {
        if let address {
            var yes: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            _ = unsafe setsockopt(caller, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, size)
            return .address(address.0, port: address.1)
        }
        return .user(proofreel_peer_user(caller))
    }
}
