package import Base
internal import COpenSSL

/// Why a time stamp does not count. Each reason has its own words, because each has another remedy.
package struct TimeStampFailure: Error, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// Not one whole DER reply.
        case malformed
        /// The authority refused, and its reply says why.
        case rejected
        /// It is of other bytes.
        case imprint
        /// It is under another policy than the one that was asked for.
        case policy
        /// It answers another request.
        case nonce
        /// No pinned certificate stands at the end of its chain.
        case unknownAuthority
        /// A certificate of the chain was not valid at the instant that it states.
        case expired
        /// The certificate may not sign time stamps.
        case purpose
        case revoked
        /// The signature is not over these bytes, or not by that certificate.
        case signature
    }

    package let reason: Reason
    package let failure: Failure

    init(_ reason: Reason, _ words: String) {
        self.reason = reason
        failure = Failure(reason == .malformed ? .invalid : .refused, words)
    }

    package var description: String { failure.words }

    static func malformed(_ what: String) -> TimeStampFailure {
        TimeStampFailure(
            .malformed, "this is no time-stamp reply (RFC 3161): \(what); is the URL a TSA's?")
    }
}

extension TimeStampFailure {
    /// What OpenSSL's error queue says of a verification that failed.
    static func fromQueue() -> TimeStampFailure {
        var found: TimeStampFailure?
        var words: [String] = []
        while true {
            var data: UnsafePointer<CChar>?
            let code = unsafe ERR_get_error_all(nil, nil, nil, &data, nil)
            if code == 0 { break }
            let said = unsafe data.map { unsafe String(cString: $0) } ?? ""
            if let text = unsafe ERR_reason_error_string(code) {
                words.append(unsafe String(cString: text) + (said.isEmpty ? "" : " (\(said))"))
            }
            if proofreel_error_is_of_time_stamps(code) != 0 {
                found = make(proofreel_error_reason(code), said) ?? found
            }
        }
        return found
            ?? TimeStampFailure(.signature, "the time stamp: \(words.joined(separator: ", "))")
    }

    private static func make(_ reason: CInt, _ data: String) -> TimeStampFailure? {
        switch reason {
        case TS_R_MESSAGE_IMPRINT_MISMATCH:
            TimeStampFailure(.imprint, "the time stamp is of other bytes than this checkpoint")
        case TS_R_POLICY_MISMATCH:
            TimeStampFailure(.policy, "the time stamp is under another policy than was asked for")
        case TS_R_NONCE_MISMATCH, TS_R_NONCE_NOT_RETURNED:
            TimeStampFailure(.nonce, "the time stamp answers another request than this one")
        case TS_R_CERTIFICATE_VERIFY_ERROR: chain(data)
        case TS_R_INVALID_SIGNER_CERTIFICATE_PURPOSE: purpose
        case TS_R_SIGNATURE_FAILURE, TS_R_THERE_MUST_BE_ONE_SIGNER,
            TS_R_ESS_SIGNING_CERTIFICATE_ERROR:
            TimeStampFailure(
                .signature,
                "the signature of the time stamp is wrong: it was changed, or signed"
                    + " by somebody else than its certificate says")
        case TS_R_UNSUPPORTED_VERSION, TS_R_WRONG_CONTENT_TYPE, TS_R_BAD_PKCS7_TYPE,
            TS_R_BAD_TYPE, TS_R_NO_CONTENT, TS_R_DETACHED_CONTENT,
            TS_R_PKCS7_TO_TS_TST_INFO_FAILED, TS_R_UNSUPPORTED_MD_ALGORITHM:
            malformed("OpenSSL refuses its token")
        default: nil
        }
    }

    private static let purpose = TimeStampFailure(
        .purpose, "the certificate of the time stamp is not for time stamping")

    /// The words are the library's own, so they are compared with what it says of each code.
    private static func chain(_ data: String) -> TimeStampFailure {
        func says(_ code: CInt) -> Bool {
            guard let text = unsafe X509_verify_cert_error_string(CLong(code)) else { return false }
            return data.contains(unsafe String(cString: text))
        }
        if says(X509_V_ERR_CERT_HAS_EXPIRED) || says(X509_V_ERR_CERT_NOT_YET_VALID) {
            return TimeStampFailure(
                .expired, "a certificate of the time stamp was not valid at the time it states")
        }
        if says(X509_V_ERR_INVALID_PURPOSE) { return purpose }
        if says(X509_V_ERR_CERT_REVOKED) {
            return TimeStampFailure(.revoked, "the certificate of the time stamp was revoked")
        }
        return TimeStampFailure(
            .unknownAuthority,
            "the time stamp is by an authority that is not pinned here (\(data.cut(toBytes: 120)));"
                + " give its certificate with --ca")
    }
}
