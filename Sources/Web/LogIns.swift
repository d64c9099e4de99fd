internal import Access
internal import Base
internal import Crypto
internal import HTTPFormat
internal import Linux
internal import Server
internal import WireProtocol

/// Who asks, as each request proves it anew. Checking a password takes as long as it should, so
/// what was proven lately is remembered: a bounded number, for minutes, under a keyed hash that
/// tells nobody the password, and no longer than the rights are what they were. Any thread.
final class LogIns: Sendable {
    static let keptMax = 1024
    static let keptSeconds: UInt64 = 300

    private struct Kept {
        var identity: Identity
        /// Of the book, when the identity was last looked up.
        var generation: UInt64
        let until: UInt64
    }

    private let gate: Gate
    private let clock: any Clock
    private let key: [UInt8]
    private let kept = Monitor<[Digest: Kept]>([:])

    init(_ gate: Gate, _ clock: any Clock) throws(Failure) {
        self.gate = gate
        self.clock = clock
        key = try randomBytes(32)
    }

    private var seconds: UInt64 { clock.monotonicNanoseconds / 1_000_000_000 }

    /// What a request shows of who asks.
    enum Proof: Sendable {
        case credentials(Credentials)
        /// Of a certificate that TLS has seen.
        case key(Digest)
    }

    /// Without asking the book for a password.
    func remembered(_ credentials: Proof) -> Identity? {
        let name = name(of: credentials)
        let known = kept.withLock { kept -> Kept? in
            guard let known = kept[name], known.until > seconds else { return nil }
            return known
        }
        guard let known else { return nil }
        do throws(Failure) {
            let generation = gate.book.generation
            guard known.generation != generation else {
                try known.identity.requireCurrent(at: clock.now)
                return known.identity
            }
            let identity = try gate.book.renew(known.identity)
            kept.withLock { kept in
                kept[name]?.identity = identity
                kept[name]?.generation = generation
            }
            return identity
        } catch {
            // The next look is a log-in again, which says what is wrong.
            kept.withLock { $0[name] = nil }
            return nil
        }
    }

    /// Takes as long as a log-in does.
    func admit(_ credentials: Proof, from peer: Gate.Peer) throws(WireError) -> Identity {
        // Many requests of one client wait here for the first of them.
        if let identity = remembered(credentials) { return identity }
        let generation = gate.book.generation
        let identity: Identity
        switch credentials {
        case .credentials(.basic(let user, let secret)):
            identity = try gate.admit(name: user, secret: secret, from: peer)
        case .key(let key): identity = try gate.admit(key: key, from: peer)
        case .credentials(.bearer(let token)): identity = try gate.admit(token: token, from: peer)
        }
        keep(identity, generation, name(of: credentials))
        return identity
    }

    /// For what goes on: the identity as it stands now; nil when it has none any more.
    func renewed(_ identity: Identity) -> Identity? {
        do throws(Failure) { return try gate.book.renew(identity) } catch { return nil }
    }

    private func keep(_ identity: Identity, _ generation: UInt64, _ name: Digest) {
        let now = seconds
        kept.withLock { kept in
            if kept.count >= Self.keptMax {
                kept = kept.filter { $0.value.until > now }
                if kept.count >= Self.keptMax,
                    let first = kept.min(by: { $0.value.until < $1.value.until })
                {
                    kept[first.key] = nil
                }
            }
            kept[name] = Kept(
                identity: identity, generation: generation, until: now + Self.keptSeconds)
        }
    }

    private func name(of credentials: Proof) -> Digest {
        switch credentials {
        case .key(let certified): hmacSHA256(key: key, Array("key \(certified.hex)".utf8))
        case .credentials(.basic(let user, let secret)):
            // The user has no colon.
            hmacSHA256(key: key, Array("basic \(user):\(secret)".utf8))
        case .credentials(.bearer(let token)): hmacSHA256(key: key, Array("bearer \(token)".utf8))
        }
    }
}
