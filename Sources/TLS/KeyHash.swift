internal import Base
internal import COpenSSL

/// SHA-256 of a certificate's public key as DER (SubjectPublicKeyInfo): what identifies a peer. It
/// stays the same when a certificate is renewed with the same key.
func keyHash(of certificate: OpaquePointer?) -> Digest? {
    guard let certificate = unsafe certificate,
        let key = unsafe X509_get_X509_PUBKEY(certificate)
    else { return nil }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = unsafe i2d_X509_PUBKEY(key, &bytes)
    guard count > 0, let start = unsafe bytes else { return nil }
    defer { unsafe CRYPTO_free(start, nil, 0) }
    var hash = [UInt8](repeating: 0, count: Digest.byteCount)
    _ = unsafe SHA256(start, Int(count), &hash)
    return Digest(hash.span)
}
