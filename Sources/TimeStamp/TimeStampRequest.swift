package import Base
internal import COpenSSL

/// Asks a time-stamping authority to say when it saw a SHA-256 (RFC 3161, `TimeStampReq`). The
/// nonce makes sure that the reply is to this very request.
package struct TimeStampRequest: Hashable, Sendable {
    package static let mime = "application/timestamp-query"
    package static let nonceByteCount = 8
    static let policyBytesMax = 100

    package let imprint: Digest
    /// Dotted numbers; nil for whatever policy the authority has.
    package let policy: String?
    /// Nil where a reply is checked whose request is long gone.
    package let nonce: [UInt8]?

    package init(imprint: Digest, policy: String? = nil, nonce: [UInt8]?) throws(Failure) {
        if let policy, !Self.isPolicy(policy) {
            throw Failure(
                .invalid, "\"\(policy)\" is no policy; one is dotted numbers, such as 1.2.3.4.1")
        }
        self.imprint = imprint
        self.policy = policy
        self.nonce = nonce
    }

    package static func isPolicy(_ text: String) -> Bool {
        guard text.utf8.count <= policyBytesMax,
            text.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) }),
            !text.contains("..")
        else { return false }
        let object = unsafe OBJ_txt2obj(text, 1)
        defer { unsafe ASN1_OBJECT_free(object) }
        ERR_clear_error()
        return unsafe object != nil
    }

    /// DER.
    package func encode() throws(Failure) -> [UInt8] {
        let made = try RequestHandle(self)
        var start: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_TS_REQ(made.raw, &start)
        defer { unsafe CRYPTO_free(start, nil, 0) }
        guard count > 0, let start = unsafe start else {
            ERR_clear_error()
            throw Failure(.io, "a time-stamp request could not be made")
        }
        return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
    }
}

/// Owns a `TS_REQ`.
@safe struct RequestHandle: ~Copyable {
    let raw: OpaquePointer

    init(_ request: TimeStampRequest) throws(Failure) {
        ERR_clear_error()
        guard let raw = unsafe TS_REQ_new() else {
            throw Failure(.io, "a time-stamp request could not be made")
        }
        guard unsafe Self.fill(raw, request) else {
            unsafe TS_REQ_free(raw)
            ERR_clear_error()
            throw Failure(.io, "a time-stamp request could not be made")
        }
        unsafe self.raw = raw
    }

    deinit { unsafe TS_REQ_free(raw) }

    /// Every setter copies what it is given.
    private static func fill(_ raw: OpaquePointer, _ request: TimeStampRequest) -> Bool {
        let algorithm = unsafe X509_ALGOR_new()
        defer { unsafe X509_ALGOR_free(algorithm) }
        let imprint = unsafe TS_MSG_IMPRINT_new()
        defer { unsafe TS_MSG_IMPRINT_free(imprint) }
        var hash = request.imprint.bytes
        let count = CInt(hash.count)
        guard
            unsafe X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nil) == 1
                && TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1
                && TS_MSG_IMPRINT_set_msg(imprint, &hash, count) == 1
                && TS_REQ_set_version(raw, 1) == 1
                && TS_REQ_set_msg_imprint(raw, imprint) == 1
                && TS_REQ_set_cert_req(raw, 1) == 1
        else { return false }
        if let policy = request.policy {
            let object = unsafe OBJ_txt2obj(policy, 1)
            defer { unsafe ASN1_OBJECT_free(object) }
            guard unsafe TS_REQ_set_policy_id(raw, object) == 1 else { return false }
        }
        if let nonce = request.nonce {
            let number = unsafe BN_bin2bn(nonce, CInt(nonce.count), nil)
            defer { unsafe BN_free(number) }
            let integer = unsafe BN_to_ASN1_INTEGER(number, nil)
            defer { unsafe ASN1_INTEGER_free(integer) }
            guard unsafe TS_REQ_set_nonce(raw, integer) == 1 else { return false }
        }
        return true
    }
}
