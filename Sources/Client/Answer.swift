/// What a server answered: the messages as they came, to be read with `Fields`.
package struct Answer: Sendable {
    package var items: [[UInt8]] = []
    package var reply: [UInt8] = []
    /// What followed the reply, unless a sink took it.
    package var body: [UInt8] = []
    package init() {}
}

/// Takes what comes while it comes. `item` says false to end the request early.
package struct Sink {
    package var item: (([UInt8]) throws -> Bool)?
    /// The reply's bytes, once, before any of the body.
    package var reply: (([UInt8]) throws -> Void)?
    package var body: ((Span<UInt8>) throws -> Void)?
    /// Forget what a broken connection left, before the request is made again.
    package var restart: (() throws -> Void)?
    package init() {}
}
