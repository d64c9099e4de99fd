package import Base
internal import COpenSSL

/// What all sessions of one server, or of one client, share: certificate, key, and whom to trust.
/// TLS 1.3 only. Any thread may make sessions of it; OpenSSL counts its references itself, and
/// nothing in it changes after `init`.
@safe package final class TLSContext: @unchecked Sendable {
    /// The one protocol that is spoken here; a peer that speaks another is refused (RFC 7301).
    static let protocolName = "proofreel/1"
    private static let certificatesBytesMax = 16 << 10

    /// How a client knows its server.
    package enum Trust: Hashable, Sendable {
        /// The server has this key and no other.
        case pinned(Digest)
        /// The server's certificate leads to one in this file, and bears the name that was dialled.
        case authority(file: String)
        /// Any key will do; the caller shows it to somebody and pins it.
        case learn
    }

    let raw: OpaquePointer
    let isServer: Bool
    let trust: Trust
    private let pin: Pin

    /// The hash of our own key; nil for a client without a certificate.
    package let ownKeyHash: Digest?

    /// A server with a certificate (and its chain) and the key for it, in PEM files. It asks for a
    /// client's certificate and takes any, or none: the key is what identifies a machine, and
    /// whether it is known is for the caller to say.
    package convenience init(serverCertificate certificate: String, key: String) throws(Failure) {
        try self.init(
            isServer: true, .learn, (certificate, key),
            versions: (TLSVersion.tls13, TLSVersion.tls13))
    }

    /// A client; certificate and key identify a machine.
    package convenience init(
        trusting trust: Trust, certificate: (file: String, key: String)? = nil
    ) throws(Failure) {
        try self.init(
            isServer: false, trust, certificate, versions: (TLSVersion.tls13, TLSVersion.tls13))
    }

    /// `versions` are for tests that play an old peer.
    init(
        isServer: Bool, _ trust: Trust, _ certificate: (file: String, key: String)?,
        versions: (least: CInt, most: CInt)
    ) throws(Failure) {
        ERR_clear_error()
        let made = unsafe SSL_CTX_new(isServer ? TLS_server_method() : TLS_client_method())
        guard let raw = unsafe made else {
            throw Failure(openSSL: "start TLS")
        }
        self.isServer = isServer
        self.trust = trust
        unsafe self.raw = raw
        pin = Pin(trust)
        do throws(Failure) {
            try unsafe Self.limit(raw, versions)
            if let certificate { try unsafe Self.load(raw, certificate) }
            if case .authority(let file) = trust {
                try openSSL("read the authorities in \(file)") {
                    unsafe SSL_CTX_load_verify_file(raw, file)
                }
            }
        } catch {
            unsafe SSL_CTX_free(raw)
            throw error
        }
        ownKeyHash = unsafe keyHash(of: SSL_CTX_get0_certificate(raw))
        setProtocol()
        unsafe SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nil)
        if !trustsAuthority {
            unsafe SSL_CTX_set_cert_verify_callback(
                raw, { store, pin in unsafe TLSContext.accepts(store, pin) },
                Unmanaged.passUnretained(pin).toOpaque())
        }
    }

    deinit { unsafe SSL_CTX_free(raw) }

    var trustsAuthority: Bool {
        switch trust {
        case .authority: true
        case .pinned, .learn: false
        }
    }

    /// Idle sessions give their buffers back, and nothing is kept of sessions that ended: a ticket
    /// would let a stolen one be resumed, and with it an old log-in's channel binding.
    private static func limit(
        _ raw: OpaquePointer, _ versions: (least: CInt, most: CInt)
    ) throws(Failure) {
        try openSSL("limit TLS to version 1.3") {
            unsafe proofreel_ctx_set_versions(raw, versions.least, versions.most) == 1 ? 1 : 0
        }
        unsafe SSL_CTX_set_num_tickets(raw, 0)
        unsafe proofreel_ctx_set_modes(raw)
        unsafe proofreel_ctx_limit_certificates(raw, certificatesBytesMax)
    }

    private static func load(
        _ raw: OpaquePointer, _ certificate: (file: String, key: String)
    ) throws(Failure) {
        try openSSL("read the certificate \(certificate.file)") {
            unsafe SSL_CTX_use_certificate_chain_file(raw, certificate.file)
        }
        try openSSL("read the key \(certificate.key), which must fit \(certificate.file)") {
            unsafe SSL_CTX_use_PrivateKey_file(raw, certificate.key, SSL_FILETYPE_PEM)
        }
        try openSSL("\(certificate.key) is not the key of \(certificate.file)") {
            unsafe SSL_CTX_check_private_key(raw)
        }
    }

    // MARK: Protocol

    /// A length and the name, as RFC 7301 writes lists.
    private static let protocolList = [UInt8(protocolName.utf8.count)] + Array(protocolName.utf8)

    private func setProtocol() {
        guard isServer else {
            let list = Self.protocolList
            _ = unsafe SSL_CTX_set_alpn_protos(raw, list, UInt32(list.count))
            return
        }
        unsafe SSL_CTX_set_alpn_select_cb(
            raw,
            { _, chosen, chosenCount, offered, offeredCount, _ in
                unsafe TLSContext.choose(chosen, chosenCount, offered, offeredCount)
            }, nil)
    }

    /// Points into what the client offered: that lives as long as OpenSSL needs the choice.
    private static func choose(
        _ chosen: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ chosenCount: UnsafeMutablePointer<UInt8>?, _ offered: UnsafePointer<UInt8>?,
        _ offeredCount: UInt32
    ) -> CInt {
        let wanted = Array(protocolName.utf8)
        guard let offered = unsafe offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
        let list = unsafe UnsafeBufferPointer(start: offered, count: Int(offeredCount))
        var at = 0
        while at < list.count {
            let count = unsafe Int(list[at])
            guard at + 1 + count <= list.count else { break }
            if unsafe Array(list[(at + 1)..<(at + 1 + count)]) == wanted {
                unsafe chosen?.pointee = offered + at + 1
                unsafe chosenCount?.pointee = UInt8(count)
                return SSL_TLSEXT_ERR_OK
            }
            at += 1 + count
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

    // MARK: Trust

    /// What the check of a peer's certificate looks at; lives as long as the context.
    private final class Pin {
        let hash: Digest?

        init(_ trust: Trust) {
            if case .pinned(let hash) = trust { self.hash = hash } else { hash = nil }
        }
    }

    /// Called by OpenSSL during the handshake, before the client has sent anything of its own. That
    /// the peer has the key, and not only its certificate, TLS 1.3 checks itself.
    private static func accepts(_ store: OpaquePointer?, _ pin: UnsafeMutableRawPointer?) -> CInt {
        guard let pin = unsafe pin else { return 0 }
        guard let expected = unsafe Unmanaged<Pin>.fromOpaque(pin).takeUnretainedValue().hash else {
            return 1
        }
        if unsafe keyHash(of: X509_STORE_CTX_get0_cert(store)) == expected { return 1 }
        unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
        return 0
    }
}

enum TLSVersion {
    static let tls12 = TLS1_2_VERSION
    static let tls13 = TLS1_3_VERSION
}
