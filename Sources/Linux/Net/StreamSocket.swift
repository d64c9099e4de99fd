internal import Base
internal import CLinux
internal import Glibc

/// A connected socket that never blocks. Owned by one connection, used by one thread.
@safe package final class StreamSocket: Sendable {
    /// How a read or a write ended.
    package enum Progress: Hashable, Sendable {
        /// So many bytes.
        case done(Int)
        /// Nothing now; wait until the socket is ready.
        case blocked
        /// The other side has gone, in order or not.
        case ended
    }

    /// Who is at the other end.
    package enum Peer: Hashable, Sendable, CustomStringConvertible {
        case address(IPAddress, port: UInt16)
        /// A process of this machine, by its user.
        case user(UInt32)

        package var description: String {
            switch self {
            case .address(let address, let port):
                address.isV4 ? "\(address):\(port)" : "[\(address)]:\(port)"
            case .user(let id): "local user \(id)"
            }
        }
    }

    /// For a wrapper that speaks through this socket, such as TLS, while it keeps the socket.
    package let descriptor: Int32
    package let peer: Peer

    init(owning descriptor: Int32, peer: Peer) {
        self.descriptor = descriptor
        self.peer = peer
    }

    deinit { close(descriptor) }

    /// Reads into `buffer` behind its first `filled` bytes (`recv`).
    package func read(into buffer: PageBuffer, after filled: Int) -> Progress {
        let count = unsafe buffer.fill(after: filled) { memory, room in
            unsafe recv(descriptor, memory, room, Int32(MSG_DONTWAIT))
        }
        if count > 0 { return .done(count) }
        return count == 0 ? .ended : Self.progress(errno)
    }

    /// `more`: something follows at once, so the kernel may wait with a short packet (`send`).
    package func write(_ bytes: Span<UInt8>, more: Bool = false) -> Progress {
        let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        let count = unsafe bytes.withUnsafeBytes { bytes in
            unsafe send(descriptor, bytes.baseAddress, bytes.count, flags)
        }
        return count >= 0 ? .done(count) : Self.progress(errno)
    }

    /// From the file to the socket without passing through this process (`sendfile`). `.done(0)`:
    /// the file ends before the slice does.
    package func write(_ slice: FileSlice, upTo max: Int) -> Progress {
        var offset = off_t(slice.offset)
        let count = unsafe sendfile(
            descriptor, slice.file.descriptor, &offset, min(max, slice.count))
        return count >= 0 ? .done(count) : Self.progress(errno)
    }

    /// While held, only full packets leave; a release sends the rest (`TCP_CORK`). A file sent in
    /// one call leaves in pieces of 64 KB otherwise, each with a packet of its own at its end, and
    /// under congestion control that paces each of those may start a timer. Without effect on a
    /// socket that is not TCP.
    package func holdPackets(_ isHeld: Bool) {
        var value: Int32 = isHeld ? 1 : 0
        _ = unsafe setsockopt(
            descriptor, Int32(IPPROTO_TCP), TCP_CORK, &value,
            socklen_t(MemoryLayout<Int32>.size))
    }

    private static func progress(_ code: Int32) -> Progress {
        switch code {
        case EAGAIN, EINTR: return .blocked
        default: return .ended
        }
    }

    /// Says that nothing more will be sent; the other side may still finish (`shutdown`).
    package func finishWriting() { shutdown(descriptor, Int32(SHUT_WR)) }
}
