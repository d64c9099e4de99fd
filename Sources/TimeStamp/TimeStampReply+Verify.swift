internal import Base
internal import COpenSSL

extension TimeStampReply {
    /// Throws unless this is a time stamp of what was asked for, under one of `pinned`.
    ///
    /// The chain is judged as of the instant that the time stamp states: it stays good when its
    /// certificates have expired since. `helpers` may stand in the chain, and are not believed.
    package func verify(
        _ request: TimeStampRequest, pinned: Certificates,
        helpers: Certificates = Certificates([])
    ) throws(TimeStampFailure) {
        guard !pinned.all.isEmpty else {
            throw TimeStampFailure(
                .unknownAuthority, "no authority is pinned; give its certificate with --ca")
        }
        try verify(request, pinned, helpers)
    }

    /// The same under one of the authorities that this machine trusts.
    package func verifyUnderSystemRoots(
        _ request: TimeStampRequest, helpers: Certificates
    ) throws(TimeStampFailure) {
        try verify(request, nil, helpers)
    }

    private func verify(
        _ request: TimeStampRequest, _ pinned: Certificates?, _ helpers: Certificates
    ) throws(TimeStampFailure) {
        let response = try ReplyHandle(bytes)
        let asked: RequestHandle
        do throws(Failure) {
            asked = try RequestHandle(request)
        } catch {
            throw .malformed(error.words)
        }
        let context = try Context(asked)
        guard unsafe context.trust(pinned, at: time), unsafe context.add(helpers) else {
            ERR_clear_error()
            throw .malformed("its certificates cannot be taken")
        }
        ERR_clear_error()
        guard unsafe TS_RESP_verify_response(context.raw, response.raw) == 1 else {
            throw .fromQueue()
        }
        ERR_clear_error()
    }
}

/// Owns a `TS_VERIFY_CTX`.
@safe private struct Context: ~Copyable {
    let raw: OpaquePointer

    /// Imprint, and policy and nonce if the request has them; and the signature.
    init(_ request: borrowing RequestHandle) throws(TimeStampFailure) {
        guard let raw = unsafe TS_REQ_to_TS_VERIFY_CTX(request.raw, nil) else {
            ERR_clear_error()
            throw .malformed("there is no memory to check it")
        }
        unsafe self.raw = raw
        _ = unsafe TS_VERIFY_CTX_add_flags(raw, CInt(TS_VFY_SIGNATURE))
    }

    deinit { unsafe TS_VERIFY_CTX_free(raw) }

    /// Whatever was pinned may end a chain, also when it does not vouch for itself.
    /// Nil: what the machine trusts.
    @unsafe func trust(_ pinned: Certificates?, at time: WallTime) -> Bool {
        guard let store = unsafe X509_STORE_new() else { return false }
        // The context frees it.
        _ = unsafe TS_VERIFY_CTX_set_store(raw, store)
        if pinned == nil, unsafe X509_STORE_set_default_paths(store) != 1 { return false }
        for bytes in pinned?.all ?? [] {
            guard let certificate = unsafe x509(bytes) else { return false }
            let added = unsafe X509_STORE_add_cert(store, certificate)
            unsafe X509_free(certificate)
            guard added == 1 else { return false }
        }
        guard let rules = unsafe X509_STORE_get0_param(store) else { return false }
        let seconds = (time.microseconds - (time.microseconds < 0 ? 999_999 : 0)) / 1_000_000
        unsafe X509_VERIFY_PARAM_set_time(rules, time_t(seconds))
        guard pinned != nil else { return true }
        return unsafe X509_VERIFY_PARAM_set_flags(rules, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1
    }

    @unsafe func add(_ helpers: Certificates) -> Bool {
        guard !helpers.all.isEmpty else { return true }
        guard let stack = unsafe OPENSSL_sk_new_null() else { return false }
        // The context frees them.
        _ = unsafe TS_VERIFY_CTX_set_certs(raw, stack)
        for bytes in helpers.all {
            guard let certificate = unsafe x509(bytes) else { return false }
            unsafe OPENSSL_sk_push(stack, UnsafeRawPointer(certificate))
        }
        return true
    }
}
