internal import Base
internal import Linux
internal import WireProtocol

/// Bytes from a thread that makes them to a connection that sends them: a bounded number, so that a
/// slow client slows down the maker and costs no memory.
final class BytePipe: Sendable {
    static let bytesMax = 4 << 20

    private struct State {
        var pieces: [[UInt8]] = []
        var bytes = 0
        var isFinished = false
        var failure: WireError?
        /// Nobody will read any more.
        var isLeft = false
    }

    private let state = Monitor(State())
    private let wake: @Sendable () -> Void

    init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

    // MARK: The maker's end

    /// Waits for room. Throws when nobody reads any more.
    func put(_ bytes: Span<UInt8>) throws(Failure) {
        var piece: [UInt8] = []
        piece.append(span: bytes)
        state.lock()
        while state.locked.bytes >= Self.bytesMax, !state.locked.isLeft { state.wait() }
        let isLeft = state.locked.isLeft
        if !isLeft {
            state.locked.bytes += piece.count
            state.locked.pieces.append(piece)
        }
        state.unlock()
        guard !isLeft else { throw Failure(.io, "nobody takes the bytes any more") }
        wake()
    }

    /// Nothing more comes: `failure` says why, if it is not complete.
    func finish(_ failure: WireError?) {
        state.withLock { state in
            state.isFinished = true
            state.failure = failure
        }
        wake()
    }

    // MARK: The connection's end

    func take() throws(WireError) -> FeedPart? {
        state.lock()
        defer { state.unlock() }
        if let first = state.locked.pieces.first {
            state.locked.pieces.removeFirst()
            state.locked.bytes -= first.count
            state.signal()
            return .bytes(first)
        }
        if let failure = state.locked.failure { throw failure }
        return state.locked.isFinished ? .end : nil
    }

    func leave() {
        state.withLock { $0.isLeft = true }
        state.broadcast()
    }
}

/// The reading end as an answer's feed; when the answer is let go, the maker hears of it.
final class PipeFeed: Feed {
    private let pipe: BytePipe

    init(_ pipe: BytePipe) { self.pipe = pipe }

    deinit { pipe.leave() }

    func next() throws(WireError) -> FeedPart? { try pipe.take() }
}
