package import Base
internal import COpenSSL

/// A certificate that vouches for itself, and its key: for servers that no authority knows, and for
/// machines that are recognised by their key. Peers pin the fingerprint.
package struct SelfSigned: Sendable {
    package static let namesMax = 16
    package static let yearsMax = 30
    private static let nameBytesMax = 253

    /// PEM.
    package let certificate: [UInt8]
    /// PEM, not encrypted: it belongs in a file of mode 0600.
    package let key: [UInt8]
    package let keyHash: Digest

    /// P-256. The first name is the subject's; all are alternative names, numbers as addresses.
    package static func make(names: [String], years: Int) throws(Failure) -> SelfSigned {
        guard (1...namesMax).contains(names.count), (1...yearsMax).contains(years) else {
            throw Failure(
                .invalid,
                "a certificate has 1 to \(namesMax) names and 1 to \(yearsMax) years; give these")
        }
        for name in names where !isName(name) {
            throw Failure(.invalid, "\"\(name)\" is no host name or address; use letters and dots")
        }
        ERR_clear_error()
        guard let key = unsafe proofreel_p256_key() else { throw Failure(openSSL: "make a key") }
        defer { unsafe EVP_PKEY_free(key) }
        guard let certificate = unsafe X509_new() else {
            throw Failure(openSSL: "make a certificate")
        }
        defer { unsafe X509_free(certificate) }
        try unsafe fill(certificate, names, years, key)
        guard unsafe X509_sign(certificate, key, EVP_sha256()) > 0,
            let hash = unsafe TLS.keyHash(of: certificate)
        else { throw Failure(openSSL: "sign a certificate") }
        return SelfSigned(
            certificate: try unsafe text { unsafe PEM_write_bio_X509($0, certificate) },
            key: try unsafe text {
                unsafe PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil)
            },
            keyHash: hash)
    }

    /// What cannot be mistaken for another extension in OpenSSL's own notation.
    private static func isName(_ name: String) -> Bool {
        (1...nameBytesMax).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: true
                default: false
                }
            }
    }

    private static func fill(
        _ certificate: OpaquePointer, _ names: [String], _ years: Int, _ key: OpaquePointer
    ) throws(Failure) {
        // An hour back: the peer's clock may be behind.
        let seconds = years * 365 * 86_400
        var serial = [UInt8](repeating: 0, count: 16)
        let number = unsafe BN_new()
        defer { unsafe BN_free(number) }
        let subject = unsafe X509_get_subject_name(certificate)
        let common = Array(names[0].utf8.prefix(64))
        let done =
            unsafe RAND_bytes(&serial, CInt(serial.count)) == 1
            && BN_bin2bn([0x01] + serial.dropLast(), CInt(serial.count), number) != nil
            && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
            && X509_set_version(certificate, 2) == 1
            && X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nil
            && X509_gmtime_adj(X509_getm_notAfter(certificate), CLong(seconds)) != nil
            && X509_set_pubkey(certificate, key) == 1
            && X509_NAME_add_entry_by_txt(
                subject, "CN", MBSTRING_ASC, common, CInt(common.count), -1, 0) == 1
            && X509_set_issuer_name(certificate, subject) == 1
        guard done else { throw Failure(openSSL: "make a certificate") }
        let alternatives = names.map { isAddress($0) ? "IP:\($0)" : "DNS:\($0)" }
        try unsafe add(NID_subject_alt_name, alternatives.joined(separator: ","), to: certificate)
        try unsafe add(NID_basic_constraints, "critical,CA:FALSE", to: certificate)
        try unsafe add(NID_key_usage, "critical,digitalSignature", to: certificate)
        try unsafe add(NID_ext_key_usage, "serverAuth,clientAuth", to: certificate)
    }

    private static func isAddress(_ name: String) -> Bool {
        let address = unsafe a2i_IPADDRESS(name)
        defer { unsafe ASN1_OCTET_STRING_free(address) }
        if unsafe address != nil { return true }
        ERR_clear_error()
        return false
    }

    private static func add(
        _ id: CInt, _ value: String, to certificate: OpaquePointer
    ) throws(Failure) {
        let made = unsafe X509V3_EXT_conf_nid(nil, nil, id, value)
        defer { unsafe X509_EXTENSION_free(made) }
        guard unsafe made != nil, unsafe X509_add_ext(certificate, made, -1) == 1 else {
            throw Failure(openSSL: "make a certificate with \(value)")
        }
    }

    private static func text(_ write: (OpaquePointer?) -> CInt) throws(Failure) -> [UInt8] {
        let memory = unsafe BIO_new(BIO_s_mem())
        defer { unsafe BIO_free_all(memory) }
        guard unsafe write(memory) == 1 else { throw Failure(openSSL: "write PEM") }
        var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(memory))
        let count = unsafe BIO_read(memory, &bytes, CInt(bytes.count))
        guard Int(count) == bytes.count else { throw Failure(openSSL: "write PEM") }
        return bytes
    }
}
