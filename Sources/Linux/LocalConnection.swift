package import Base
internal import CLinux
internal import Glibc

/// One end of a conversation over a UNIX socket: messages with a length before them.
@safe package final class LocalConnection: Sendable {
    private let descriptor: Int32

    init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A peer that neither reads nor writes for so long is left.
    package func limit(milliseconds: Int) {
        var limit = timeval(
            tv_sec: milliseconds / 1000, tv_usec: suseconds_t(milliseconds % 1000 * 1000))
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    }

    package func send(kind: UInt8, _ bytes: [UInt8]) throws(Failure) {
        var head: [UInt8] = [kind]
        head.appendBigEndian(UInt32(bytes.count))
        try write(head)
        try write(bytes)
    }

    /// Nil at the end of the conversation.
    package func receive(limit: Int) throws(Failure) -> (kind: UInt8, bytes: [UInt8])? {
        guard let head = try read(5) else { return nil }
        let count = Int(head.span.bigEndian(UInt32.self, at: 1))
        guard count <= limit else {
            throw Failure(.invalid, "a message of \(count) bytes; at most \(limit) are read")
        }
        guard let bytes = try read(count) else {
            throw Failure(.io, "the other side ended in the middle of a message")
        }
        return (head[0], bytes)
    }

    private func write(_ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            done += try checked("write to the socket") {
                unsafe bytes.withUnsafeBufferPointer { buffer in
                    unsafe Glibc.send(
                        descriptor, buffer.baseAddress! + done, buffer.count - done,
                        Int32(MSG_NOSIGNAL))
                }
            }
        }
    }

    private func read(_ count: Int) throws(Failure) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = try checked("read from the socket") {
                unsafe bytes.withUnsafeMutableBytes { buffer in
                    unsafe recv(descriptor, buffer.baseAddress! + done, count - done, 0)
                }
            }
            if got == 0 {
                if done == 0 { return nil }
                throw Failure(.io, "the other side ended in the middle of a message")
            }
            done += got
        }
        return bytes
    }
}
