package import Linux
package import TLS

/// A place where clients come in, and what stands between them and the server.
package struct Entrance: Sendable {
    package enum Kind: Sendable {
        /// The local socket of the data directory: its mode lets the owner alone in.
        case owner
        /// The network, with TLS.
        case secure(TLSContext)
        /// This machine alone, without TLS.
        case loopback
    }

    let listener: Listener
    let kind: Kind

    package init(_ listener: Listener, _ kind: Kind) {
        self.listener = listener
        self.kind = kind
    }

    /// The same place; where TLS stands between, with another certificate.
    func with(_ context: TLSContext) -> Entrance {
        switch kind {
        case .secure: Entrance(listener, .secure(context))
        case .owner, .loopback: self
        }
    }

    var context: TLSContext? {
        switch kind {
        case .secure(let context): context
        case .owner, .loopback: nil
        }
    }
}
