internal import Base
internal import WireProtocol

/// An answer whose parts come over time. Asked on the network thread, whenever its stream has
/// credit; whoever has something new wakes that thread. Ends by being let go.
protocol Feed: AnyObject, Sendable {
    /// The next part; nil when there is none now. Throws when there will be none any more.
    func next() throws(WireError) -> FeedPart?
}

/// Throws once the caller may not have any more of a feed: his rights may become fewer meanwhile.
typealias FeedRight = @Sendable (Caller) throws(Failure) -> Void

enum FeedPart {
    case item([UInt8])
    /// A piece of the body.
    case bytes([UInt8])
    /// The body is complete.
    case end
}
