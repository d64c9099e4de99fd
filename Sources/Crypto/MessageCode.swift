package import Base
internal import COpenSSL

/// HMAC-SHA-256 (RFC 2104): what only a holder of the key can make of a message.
package func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> Digest {
    var code = [UInt8](repeating: 0, count: Digest.byteCount)
    var count: UInt32 = 0
    let done =
        unsafe HMAC(
            EVP_sha256(), key, CInt(key.count), message, message.count, &code, &count) != nil
    precondition(done && count == 32, "HMAC-SHA-256 cannot fail on bytes in memory")
    return Digest(code.span)
}

/// PBKDF2 with HMAC-SHA-256 (RFC 8018), one block: the slow step between a password and its keys.
package func pbkdf2SHA256(
    password: [UInt8], salt: [UInt8], iterations: Int
) throws(Failure) -> Digest {
    var key = [UInt8](repeating: 0, count: Digest.byteCount)
    let done = unsafe password.withUnsafeBufferPointer { password in
        unsafe password.withMemoryRebound(to: CChar.self) { text in
            unsafe PKCS5_PBKDF2_HMAC(
                text.baseAddress, CInt(text.count), salt, CInt(salt.count), CInt(iterations),
                EVP_sha256(), CInt(key.count), &key)
        }
    }
    guard done == 1 else {
        ERR_clear_error()
        throw Failure(.invalid, "PBKDF2 refused \(iterations) iterations; ask for 1 or more")
    }
    return Digest(key.span)
}

/// Takes as long for the first wrong byte as for the last, so that time tells nothing.
package func equalInConstantTime(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    guard a.count == b.count else { return false }
    return unsafe CRYPTO_memcmp(a, b, a.count) == 0
}
