package import Base
internal import COpenSSL
internal import Glibc

/// How far a call got. Nothing here waits: the caller polls its socket and calls again.
package enum TLSProgress: Hashable, Sendable {
    /// So many bytes were taken or given; 0 for calls that move none.
    case done(Int)
    /// Call again, with the same arguments, when the socket can be read.
    case wantsRead
    /// … or written. A read may want this too.
    case wantsWrite
    /// The other side has said that nothing more will come.
    case ended
}

/// One TLS 1.3 session over a connected, non-blocking socket that somebody else owns and closes,
/// after the session is gone. Used by one thread at a time. The process must ignore `SIGPIPE`.
@safe package final class TLSSession {
    private static let bindingLabel = "EXPORTER-Channel-Binding"
    package static let bindingByteCount = 32

    private let raw: OpaquePointer
    /// Holds what the handshake's callbacks point to.
    private let context: TLSContext
    private var isReady = false
    /// After a failure the session must not be used, not even to say goodbye.
    private var isBroken = false

    /// `serverName` is what the client dialled, for contexts that trust an authority.
    package init(
        _ context: TLSContext, descriptor: Int32, serverName: String? = nil
    ) throws(Failure) {
        ERR_clear_error()
        guard let raw = unsafe SSL_new(context.raw) else {
            throw Failure(openSSL: "start a TLS session")
        }
        self.context = context
        unsafe self.raw = raw
        guard unsafe SSL_set_fd(raw, descriptor) == 1 else {
            throw Failure(openSSL: "start a TLS session")
        }
        if context.isServer {
            unsafe SSL_set_accept_state(raw)
        } else {
            unsafe SSL_set_connect_state(raw)
            try expect(serverName)
        }
    }

    deinit { unsafe SSL_free(raw) }

    private func expect(_ serverName: String?) throws(Failure) {
        guard let serverName else {
            guard context.trustsAuthority else { return }
            throw Failure(.invalid, "trusting an authority needs the server's name; give it")
        }
        let parameters = unsafe SSL_get0_param(raw)
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(parameters, serverName) == 1 { return }
        unsafe proofreel_ssl_name_server(raw, serverName)
        try openSSL("expect a server of the name \(serverName)") {
            unsafe SSL_set1_host(raw, serverName)
        }
    }

    // MARK: Bytes

    /// Until this is done nothing can be read or written.
    package func handshake() throws(Failure) -> TLSProgress {
        let progress = try call("the TLS handshake") { unsafe SSL_do_handshake(raw) }
        guard case .done = progress, !isReady else { return progress }
        guard speaksOurs else {
            isBroken = true
            throw Failure(
                .refused,
                "the other side speaks TLS but not \(TLSContext.protocolName); it must offer that"
                    + " with ALPN")
        }
        isReady = true
        return .done(0)
    }

    private var speaksOurs: Bool {
        var name: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(raw, &name, &count)
        return Int(count) == TLSContext.protocolName.utf8.count
    }

    package func read(into buffer: inout MutableSpan<UInt8>) throws(Failure) -> TLSProgress {
        precondition(!buffer.isEmpty, "room for a byte at least")
        var count = 0
        let room = buffer.count
        let progress = try unsafe buffer.withUnsafeMutableBytes { buffer throws(Failure) in
            try call("read from the TLS session") {
                unsafe SSL_read_ex(raw, buffer.baseAddress, room, &count)
            }
        }
        return progress.with(count)
    }

    /// May take a part only. After `wants…` the same bytes must come again, though not at the same
    /// address.
    package func write(_ bytes: Span<UInt8>) throws(Failure) -> TLSProgress {
        if bytes.isEmpty { return .done(0) }
        var count = 0
        let progress = try unsafe bytes.withUnsafeBytes { bytes throws(Failure) in
            try call("write to the TLS session") {
                unsafe SSL_write_ex(raw, bytes.baseAddress, bytes.count, &count)
            }
        }
        return progress.with(count)
    }

    /// Decrypted bytes that wait in memory: a poll of the socket does not know of them.
    package var pendingByteCount: Int { unsafe Int(SSL_pending(raw)) }

    /// Whether the kernel encrypts what is sent (kTLS), so that `sendFile` may be used.
    package var sendsInKernel: Bool { unsafe proofreel_ssl_sends_in_kernel(raw) == 1 }

    /// From a file to the socket without passing through this process; only where `sendsInKernel`.
    package func sendFile(
        _ file: Int32, offset: Int64, count: Int
    ) throws(Failure) -> TLSProgress {
        precondition(sendsInKernel, "without kTLS the bytes go through write")
        var sent = 0
        let progress = try call("send a file in the TLS session") {
            sent = unsafe SSL_sendfile(raw, file, off_t(offset), count, 0)
            return sent > 0 ? 1 : CInt(sent)
        }
        return progress.with(sent)
    }

    /// Says that nothing more will come. The other side's own goodbye is not waited for.
    package func shutdown() throws(Failure) -> TLSProgress {
        guard isReady, !isBroken else { return .done(0) }
        return try call("end the TLS session") {
            let result = unsafe SSL_shutdown(raw)
            return result >= 0 ? 1 : result
        }
    }

    private func call(_ what: String, _ body: () -> CInt) throws(Failure) -> TLSProgress {
        guard !isBroken else {
            throw Failure(.stopped, "\(what): the session has failed before; connect again")
        }
        ERR_clear_error()
        errno = 0
        let result = body()
        if result == 1 { return .done(0) }
        switch unsafe SSL_get_error(raw, result) {
        case SSL_ERROR_WANT_READ: return .wantsRead
        case SSL_ERROR_WANT_WRITE: return .wantsWrite
        case SSL_ERROR_ZERO_RETURN: return .ended
        case SSL_ERROR_SYSCALL:
            isBroken = true
            throw Failure(.io, "\(what): the connection was lost; connect again")
        default:
            isBroken = true
            throw failure(what)
        }
    }

    private func failure(_ what: String) -> Failure {
        let words = openSSLWords() ?? "OpenSSL does not say why"
        if unsafe SSL_get_verify_result(raw) == CLong(X509_V_ERR_APPLICATION_VERIFICATION),
            case .pinned(let hash) = context.trust
        {
            return Failure(
                .denied,
                "the server's key is not the one that was pinned (\(hash.fingerprint)): it has a"
                    + " new key, or this is another server; compare fingerprints before you trust"
                    + " it")
        }
        if words.contains("unexpected eof") {
            return Failure(
                .io, "\(what): the other side went away without a goodbye; what came may be cut off"
            )
        }
        if words.contains("certificate verify failed") {
            let code = unsafe SSL_get_verify_result(raw)
            let reason = unsafe String(cString: X509_verify_cert_error_string(code))
            return Failure(.denied, "the server's certificate is refused: \(reason)")
        }
        return Failure(.io, "\(what): \(words)")
    }

    // MARK: Who

    /// What the peer's key hashes to; nil when it has shown no certificate. After the handshake.
    package var peerKeyHash: Digest? {
        guard isReady else { return nil }
        let certificate = unsafe SSL_get1_peer_certificate(raw)
        defer { unsafe X509_free(certificate) }
        return unsafe keyHash(of: certificate)
    }

    /// Bytes that only the two ends of this session share (RFC 9266 `tls-exporter`).
    package func channelBinding() throws(Failure) -> [UInt8] {
        try exporter(label: Self.bindingLabel, byteCount: Self.bindingByteCount)
    }

    package func exporter(label: String, byteCount: Int) throws(Failure) -> [UInt8] {
        guard isReady else {
            throw Failure(.refused, "a TLS session exports keys after its handshake only")
        }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let nothing: [UInt8] = [0]
        try openSSL("export keys of the TLS session") {
            unsafe SSL_export_keying_material(
                raw, &bytes, byteCount, label, label.utf8.count, nothing, 0, 1)
        }
        return bytes
    }
}

extension TLSProgress {
    fileprivate func with(_ count: Int) -> TLSProgress {
        switch self {
        case .done: .done(count)
        case .wantsRead, .wantsWrite, .ended: self
        }
    }
}
