internal import Base
internal import Linux
internal import TLS

/// A socket as a connection sees it: bytes in, bytes out, with or without TLS between. Only the
/// loop's thread touches it.
final class Transport {
    typealias Progress = StreamSocket.Progress

    /// Ends before the socket that it speaks through.
    let tls: TLSSession?
    let socket: StreamSocket
    /// Bytes of a file that TLS has been given and not yet taken.
    private var piece: [UInt8] = []
    private var pieceSent = 0
    private static let pieceBytes = 64 << 10
    private(set) var isReady: Bool
    /// What TLS waits for, whoever wants to read or write.
    private(set) var awaits = Poller.Interest.none
    private(set) var failure: Failure?

    /// With `context`, everything goes through TLS.
    init(_ socket: StreamSocket, _ context: TLSContext?) throws(Failure) {
        self.socket = socket
        if let context {
            tls = try TLSSession(context, descriptor: socket.descriptor)
        } else {
            tls = nil
        }
        isReady = context == nil
    }

    /// True when there is something to read that no poll of the socket tells of.
    var hasPending: Bool { (tls?.pendingByteCount ?? 0) > 0 }

    private func call(_ body: () throws(Failure) -> TLSProgress) -> Progress {
        do throws(Failure) {
            awaits = .none
            switch try body() {
            case .done(let count): return .done(count)
            case .wantsRead: awaits = .read
            case .wantsWrite: awaits = .write
            case .ended: return .ended
            }
            return .blocked
        } catch {
            failure = error
            return .ended
        }
    }

    /// The handshake, as far as it gets; `.done` from then on.
    func prepare() -> Progress {
        guard !isReady, let tls else { return .done(0) }
        let progress = call { () throws(Failure) in try tls.handshake() }
        if case .done = progress { isReady = true }
        return progress
    }

    func read(into buffer: PageBuffer) -> Progress {
        guard let tls else { return socket.read(into: buffer, after: 0) }
        return call { () throws(Failure) in
            try buffer.withRoom(after: 0) { room throws(Failure) in try tls.read(into: &room) }
        }
    }

    func write(_ bytes: Span<UInt8>, more: Bool) -> Progress {
        guard let tls else { return socket.write(bytes, more: more) }
        do throws(Failure) {
            awaits = .none
            return progress(try tls.write(bytes))
        } catch {
            failure = error
            return .ended
        }
    }

    private func progress(_ progress: TLSProgress) -> Progress {
        switch progress {
        case .done(let count): return .done(count)
        case .wantsRead: awaits = .read
        case .wantsWrite: awaits = .write
        case .ended: return .ended
        }
        return .blocked
    }

    /// Whether a file leaves without passing through this process, which is worth holding packets.
    func holdPackets(_ isHeld: Bool) {
        if tls == nil { socket.holdPackets(isHeld) }
    }

    /// From the file to the socket in the kernel where that can be; else through a small piece of
    /// memory that stays until TLS has taken it.
    func write(_ slice: FileSlice) -> Progress {
        guard tls != nil else { return socket.write(slice, upTo: slice.count) }
        do throws(Failure) {
            if pieceSent == piece.count {
                try slice.read(upTo: Self.pieceBytes, into: &piece)
                pieceSent = 0
            }
        } catch {
            failure = error
            return .ended
        }
        // What a file no longer has cannot be promised any more.
        guard !piece.isEmpty else { return .ended }
        let bytes = piece
        let progress = write(bytes.span.extracting(pieceSent..<bytes.count), more: false)
        if case .done(let count) = progress {
            pieceSent += count
            if pieceSent == piece.count {
                piece = []
                pieceSent = 0
            }
        }
        return progress
    }

    /// Says goodbye, as far as the socket takes it.
    func close() {
        guard let tls, isReady, failure == nil else { return }
        _ = call { () throws(Failure) in try tls.shutdown() }
    }
}
