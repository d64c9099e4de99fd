package import Base
internal import Linux

/// A frame or a fragment on its way to viewers, who share its bytes.
package struct LivePiece: Sendable {
    package let instant: WallTime
    /// Counts up by one for each piece of the camera, so a viewer sees what it missed.
    package let number: UInt64
    package let bytes: [UInt8]
    /// The init segment that a fragment needs before it; empty for pictures.
    package let head: [UInt8]
    /// Differs once the head does.
    package let format: UInt64
    /// Whether a decoder can begin with it.
    package let beginsWithKey: Bool
}

/// A viewer's place: it holds the newest piece that the viewer has not taken, and no other, so a
/// slow viewer costs nobody anything.
package final class LiveSeat: Sendable {
    private struct State {
        var piece: LivePiece?
        var failure: Failure?
        var dropped = 0
    }

    private let state = Monitor(State())
    private let wake: @Sendable () -> Void

    init(_ wake: @escaping @Sendable () -> Void) { self.wake = wake }

    func give(_ piece: LivePiece) {
        state.withLock { state in
            if state.piece != nil { state.dropped += 1 }
            state.piece = piece
        }
        wake()
    }

    func end(_ failure: Failure) {
        state.withLock { $0.failure = failure }
        wake()
    }

    /// The newest piece, once, and how many went by before it since the last one.
    package func take() throws(Failure) -> (piece: LivePiece, dropped: Int)? {
        try state.withLock { state throws(Failure) in
            if let piece = state.piece {
                defer { (state.piece, state.dropped) = (nil, 0) }
                return (piece, state.dropped)
            }
            if let failure = state.failure { throw failure }
            return nil
        }
    }
}
