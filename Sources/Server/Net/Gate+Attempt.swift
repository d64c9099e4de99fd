package import Access
package import Base
package import Linux
internal import SASL
package import WireProtocol

/// Log-ins of one message: allowed by the door, decided by the book, noted in the trail.
extension Gate {
    /// Where somebody comes from, as the door and as the trail know it.
    package struct Peer: Sendable {
        let door: String
        package let trail: String

        init(_ peer: StreamSocket.Peer) {
            switch peer {
            case .address(let address, _): door = Doorkeeper.key(of: address)
            case .user: door = "local"
            }
            trail = peer.description
        }

        /// Of somebody who comes with many connections: without the port, which says nothing.
        package init(_ address: IPAddress) {
            door = Doorkeeper.key(of: address)
            trail = address.description
        }
    }

    /// With a password in plain, as HTTP has them, or with a token in its place. Takes as long as
    /// checking a password does; for a name that nobody has as long as for one that exists.
    package func admit(
        name: String, secret: String, from peer: Peer
    ) throws(WireError) -> Identity {
        if secret.hasPrefix("prt_") { return try admit(token: secret, from: peer) }
        return try attempt(name, peer) { book throws(Failure) in
            guard try book.secret(of: name).fits(secret) else {
                throw Failure(.denied, "user or password are wrong")
            }
            return try book.person(name)
        }
    }

    package func admit(
        token: String, from peer: Peer
    ) throws(WireError) -> Identity {
        try attempt(String(token.prefix(12)), peer) { book throws(Failure) in
            try book.token(token)
        }
    }

    /// With the key of a certificate, which TLS has proven that the client has.
    package func admit(key: Digest, from peer: Peer) throws(WireError) -> Identity {
        // By its own name: strangers with other keys must not lock it.
        try attempt(String(key.fingerprint.prefix(24)), peer) { book throws(Failure) in
            try book.machine(key: key)
        }
    }

    func attempt(
        _ name: String, _ peer: Peer,
        _ body: (AccessBook) throws(Failure) -> Identity
    ) throws(WireError) -> Identity {
        do throws(Failure) {
            try door.admit(name: name, peer: peer.door)
        } catch {
            throw lockedOut(name, error, peer)
        }
        do throws(Failure) {
            let identity = try body(book)
            door.succeeded(name: name, peer: peer.door)
            try note(identity, peer)
            return identity
        } catch {
            door.failed(name: name, peer: peer.door)
            throw refused(name, error, peer)
        }
    }

    func note(_ identity: Identity, _ peer: Peer) throws(Failure) {
        try trail.note(TrailEntry(identity, .logIn, "", peer: peer.trail))
    }

    func refused(_ name: String, _ failure: Failure, _ peer: Peer) -> WireError {
        do throws(Failure) {
            try trail.note(
                TrailEntry(
                    who: name, kind: .person, .logIn, "", peer: peer.trail,
                    refusal: failure.words))
        } catch {
            return WireError(error)
        }
        return WireError(.wrongCredentials, failure.words)
    }

    func lockedOut(_ name: String, _ failure: Failure, _ peer: Peer) -> WireError {
        do throws(Failure) {
            try trail.note(turnedAway: name, from: peer.door)
        } catch {
            return WireError(error)
        }
        var error = WireError(.lockedOut, failure.words)
        error.retryMilliseconds = 1000
        return error
    }
}
