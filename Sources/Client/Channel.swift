internal import Base
internal import Linux
internal import TLS

/// Bytes to and from a server, with or without TLS between. Blocks, but never longer than told.
/// One thread at a time.
final class Channel {
    private static let scratchBytes = 256 << 10

    let socket: StreamSocket
    private(set) var tls: TLSSession?
    /// For each wait.
    var milliseconds: Int
    private let scratch = PageBuffer(capacity: Channel.scratchBytes)

    init(_ address: ServerAddress, milliseconds: Int) throws(Failure) {
        self.milliseconds = milliseconds
        switch address {
        case .path(let path): socket = try StreamSocket.connect(path: path)
        case .host(let host, let port):
            socket = try Self.connect(host, port: port, milliseconds)
        }
    }

    /// The first address of the name that answers.
    private static func connect(
        _ host: String, port: UInt16, _ milliseconds: Int
    ) throws(Failure) -> StreamSocket {
        var addresses: [IPAddress] = []
        if let address = IPAddress(host) {
            addresses = [address]
        } else {
            switch Resolver.resolve(host, milliseconds: milliseconds) {
            case .addresses(let found): addresses = found
            case .unknown:
                throw Failure(.io, "nobody knows the name \(host); is it spelt so?")
            case .noAnswer:
                throw Failure(.io, "no name server answered for \(host); look at the network")
            }
        }
        var first: Failure?
        for address in addresses {
            do throws(Failure) {
                return try StreamSocket.connect(
                    to: address, port: port, milliseconds: milliseconds)
            } catch {
                first = first ?? error
            }
        }
        throw first ?? Failure(.io, "\(host) has no address")
    }

    /// The handshake; afterwards the server's key is known and nothing was said yet.
    func secure(_ context: TLSContext, serverName: String) throws(Failure) {
        let tls = try TLSSession(context, descriptor: socket.descriptor, serverName: serverName)
        while true {
            if case .done = try settled(try tls.handshake()) { break }
        }
        self.tls = tls
    }

    /// What TLS has done; waits for what it waits for.
    private func settled(_ progress: TLSProgress) throws(Failure) -> TLSProgress {
        switch progress {
        case .done: return progress
        case .wantsRead: try wait(for: .read)
        case .wantsWrite: try wait(for: .write)
        case .ended: throw Self.gone
        }
        return progress
    }

    private static let gone = Failure(.io, "the server ended the connection")

    private func wait(for interest: Poller.Interest) throws(Failure) {
        guard socket.wait(for: interest, milliseconds: milliseconds) else {
            throw Failure(.io, "the server said nothing for \(milliseconds / 1000) s")
        }
    }

    func send(_ bytes: [UInt8]) throws(Failure) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.span.extracting(done..<bytes.count)
            if let tls {
                if case .done(let count) = try settled(try tls.write(rest)) { done += count }
                continue
            }
            switch socket.write(rest) {
            case .done(let count): done += count
            case .blocked: try wait(for: .write)
            case .ended: throw Self.gone
            }
        }
    }

    /// Adds what has come to `buffer`; waits until there is something.
    func receive(into buffer: inout [UInt8]) throws(Failure) {
        let scratch = self.scratch
        while true {
            if let count = try receiveNow() {
                buffer.append(span: scratch.bytes(0..<count))
                return
            }
        }
    }

    /// What is there without waiting; false when the server has gone.
    func drain(into buffer: inout [UInt8]) -> Bool {
        let scratch = self.scratch
        while socket.wait(for: .read, milliseconds: 0) || (tls?.pendingByteCount ?? 0) > 0 {
            do throws(Failure) {
                guard let count = try receiveOnce() else { return true }
                buffer.append(span: scratch.bytes(0..<count))
            } catch {
                return false
            }
        }
        return true
    }

    private func receiveNow() throws(Failure) -> Int? {
        if let count = try receiveOnce() { return count }
        try wait(for: .read)
        return nil
    }

    /// Nil when nothing is there.
    private func receiveOnce() throws(Failure) -> Int? {
        guard let tls else {
            switch socket.read(into: scratch, after: 0) {
            case .done(let count): return count
            case .blocked: return nil
            case .ended: throw Self.gone
            }
        }
        let progress = try scratch.withRoom(after: 0) { room throws(Failure) in
            try tls.read(into: &room)
        }
        switch progress {
        case .done(let count): return count
        case .wantsRead: return nil
        case .wantsWrite:
            try wait(for: .write)
            return nil
        case .ended: throw Self.gone
        }
    }

    /// Says goodbye, as far as the socket takes it.
    func close() {
        guard let tls else { return }
        do throws(Failure) { _ = try tls.shutdown() } catch {}
    }
}
