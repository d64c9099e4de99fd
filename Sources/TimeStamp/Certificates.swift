package import Base
internal import COpenSSL

/// Certificates as one PEM text: those an authority's time stamps are checked against, or those
/// that were kept with one.
package struct Certificates: Hashable, Sendable {
    package static let bytesMax = 256 << 10
    package static let countMax = 32

    /// Each as DER, in order, none twice.
    package let all: [[UInt8]]

    package init(_ all: [[UInt8]]) {
        var seen: Set<[UInt8]> = []
        self.all = all.filter { seen.insert($0).inserted }
    }

    /// Reads what is between BEGIN and END lines; text around them is passed over.
    package init(pem: [UInt8]) throws(Failure) {
        guard pem.count <= Self.bytesMax else {
            throw Failure(.invalid, "certificates of \(pem.count) bytes; at most \(Self.bytesMax)")
        }
        ERR_clear_error()
        let memory = unsafe BIO_new_mem_buf(pem, CInt(pem.count))
        defer { unsafe BIO_free_all(memory) }
        var found: [[UInt8]] = []
        while let certificate = unsafe PEM_read_bio_X509(memory, nil, nil, nil) {
            defer { unsafe X509_free(certificate) }
            guard found.count < Self.countMax else {
                throw Failure(.invalid, "more than \(Self.countMax) certificates in one file")
            }
            found.append(unsafe der(certificate))
        }
        let last = ERR_peek_last_error()
        ERR_clear_error()
        guard !found.isEmpty, proofreel_error_reason(last) == PEM_R_NO_START_LINE else {
            throw Failure(
                .invalid,
                "there is no whole certificate in PEM (-----BEGIN CERTIFICATE-----) in it")
        }
        self.init(found)
    }

    /// The one text for these certificates.
    package var pem: [UInt8] {
        var text = ""
        for certificate in all {
            text += "-----BEGIN CERTIFICATE-----\n"
            var rest = Array(certificate.base64.utf8)[...]
            while !rest.isEmpty {
                text += String(decoding: rest.prefix(64), as: UTF8.self) + "\n"
                rest = rest.dropFirst(64)
            }
            text += "-----END CERTIFICATE-----\n"
        }
        return Array(text.utf8)
    }

    package func adding(_ more: Certificates) -> Certificates { Certificates(all + more.all) }

    /// Those that vouch for themselves: where a chain may end.
    package var roots: Certificates {
        Certificates(
            all.filter { bytes in
                guard let certificate = unsafe x509(bytes) else { return false }
                defer { unsafe X509_free(certificate) }
                return unsafe X509_self_signed(certificate, 0) == 1
            })
    }
}

func der(_ certificate: OpaquePointer) -> [UInt8] {
    var start: UnsafeMutablePointer<UInt8>?
    let count = unsafe i2d_X509(certificate, &start)
    defer { unsafe CRYPTO_free(start, nil, 0) }
    guard count > 0, let start = unsafe start else { return [] }
    return unsafe Array(UnsafeBufferPointer(start: start, count: Int(count)))
}

/// The caller frees it.
func x509(_ der: [UInt8]) -> OpaquePointer? {
    let made = unsafe der.withUnsafeBufferPointer { bytes in
        var at = bytes.baseAddress
        return unsafe d2i_X509(nil, &at, bytes.count)
    }
    if unsafe made == nil { ERR_clear_error() }
    return unsafe made
}

extension Certificates {
    /// Where the certificate that signs says that revocations are published; HTTP alone.
    package var revocationURL: String? {
        for bytes in all {
            guard let certificate = unsafe x509(bytes) else { continue }
            defer { unsafe X509_free(certificate) }
            guard unsafe X509_check_ca(certificate) == 0,
                let text = unsafe proofreel_revocation_url(certificate)
            else { continue }
            defer { unsafe CRYPTO_free(text, nil, 0) }
            let url = unsafe String(cString: text)
            if url.hasPrefix("http://") || url.hasPrefix("https://") { return url }
        }
        return nil
    }

    /// Whether these bytes are one revocation list in DER.
    package static func isRevocationList(_ bytes: [UInt8]) -> Bool {
        let (list, isWhole) = unsafe bytes.withUnsafeBufferPointer { bytes in
            var at = bytes.baseAddress
            let made = unsafe d2i_X509_CRL(nil, &at, bytes.count)
            return unsafe (made, at.map { unsafe $0 - bytes.baseAddress! } == bytes.count)
        }
        defer { unsafe X509_CRL_free(list) }
        ERR_clear_error()
        return unsafe list != nil && isWhole
    }

    /// Whether one of these certificates signed the list.
    package func signed(revocations bytes: [UInt8]) -> Bool {
        revoked(by: bytes, at: .distantPast) != nil
    }

    /// Whether a list had taken one of these certificates back at an instant; nil when none of them
    /// signed it.
    package func revoked(by bytes: [UInt8], at time: WallTime) -> Bool? {
        guard Self.isRevocationList(bytes) else { return nil }
        let list = unsafe bytes.withUnsafeBufferPointer { bytes in
            var at = bytes.baseAddress
            return unsafe d2i_X509_CRL(nil, &at, bytes.count)
        }
        defer {
            unsafe X509_CRL_free(list)
            ERR_clear_error()
        }
        let seconds = time_t(time.microseconds / 1_000_000)
        var (isSigned, isRevoked) = (false, false)
        for bytes in all {
            guard let certificate = unsafe x509(bytes) else { continue }
            defer { unsafe X509_free(certificate) }
            if unsafe X509_CRL_verify(list, X509_get0_pubkey(certificate)) == 1 { isSigned = true }
            var entry: OpaquePointer?
            if unsafe X509_CRL_get0_by_cert(list, &entry, certificate) == 1 {
                let day = unsafe X509_REVOKED_get0_revocationDate(entry)
                if unsafe ASN1_TIME_cmp_time_t(day, seconds) <= 0 { isRevoked = true }
            }
        }
        return isSigned ? isRevoked : nil
    }
}
