/// What a request is answered with. Lengths, dates and what else HTTP itself needs are added by the
/// server.
package struct HTTPReply: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Part of an open file, sent without passing through this process where there is no TLS.
        /// The descriptor is copied when the reply is given away, so its owner need not wait.
        case file(HTTPFilePart)
        /// Comes over time and has no length.
        case stream(any HTTPStream)
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(
        _ status: Int, _ headers: [(name: String, value: String)] = [], _ body: Body = .bytes([])
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

package struct HTTPFilePart: Sendable {
    let descriptor: Int32
    let offset: UInt64
    package let count: Int
    /// Holds the file open until the descriptor is copied.
    let owner: any Sendable

    package init(descriptor: Int32, offset: UInt64, count: Int, owner: any Sendable) {
        self.descriptor = descriptor
        self.offset = offset
        self.count = count
        self.owner = owner
    }
}

/// A body that comes over time. Asked on the server's thread whenever the client takes more;
/// whoever has something new calls `HTTPExchange.wake`. Let go when the client is.
package protocol HTTPStream: AnyObject, Sendable {
    func next() -> HTTPPiece
}

package enum HTTPPiece: Sendable {
    /// Sent one after the other; their memory may be shared with other viewers.
    case parts([ArraySlice<UInt8>])
    /// Nothing now.
    case wait
    case end
}
