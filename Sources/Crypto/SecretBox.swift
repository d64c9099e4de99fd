package import Base
internal import COpenSSL

/// AES-256-GCM with a fresh random nonce: `nonce(12) ‖ ciphertext ‖ tag(16)`.
package enum SecretBox {
    package static let keyByteCount = 32
    static let nonceByteCount = 12
    static let tagByteCount = 16

    package static func seal(
        _ plain: [UInt8], key: [UInt8], binding: [UInt8]
    ) throws(Failure) -> [UInt8] {
        precondition(key.count == keyByteCount)
        let nonce = try randomBytes(nonceByteCount)
        var cipher = [UInt8](repeating: 0, count: plain.count)
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        let context = unsafe EVP_CIPHER_CTX_new()
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        var count: CInt = 0
        let done =
            unsafe EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_EncryptUpdate(context, nil, &count, binding, CInt(binding.count)) == 1
            && EVP_EncryptUpdate(context, &cipher, &count, plain, CInt(plain.count)) == 1
            && EVP_EncryptFinal_ex(context, nil, &count) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, CInt(tagByteCount), &tag) == 1
        guard done else { throw Failure(.io, "AES-256-GCM failed to encrypt") }
        return nonce + cipher + tag
    }

    /// Throws `.refused` when key, binding or a single bit of the box is wrong.
    package static func open(
        _ box: [UInt8], key: [UInt8], binding: [UInt8]
    ) throws(Failure) -> [UInt8] {
        precondition(key.count == keyByteCount)
        guard box.count >= nonceByteCount + tagByteCount else {
            throw Failure(.corrupt, "an encrypted box is shorter than its nonce and tag")
        }
        let nonce = Array(box.prefix(nonceByteCount))
        let cipher = Array(box.dropFirst(nonceByteCount).dropLast(tagByteCount))
        var tag = Array(box.suffix(tagByteCount))
        var plain = [UInt8](repeating: 0, count: cipher.count)
        let context = unsafe EVP_CIPHER_CTX_new()
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        var count: CInt = 0
        let done =
            unsafe EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1
            && EVP_DecryptUpdate(context, nil, &count, binding, CInt(binding.count)) == 1
            && EVP_DecryptUpdate(context, &plain, &count, cipher, CInt(cipher.count)) == 1
            && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, CInt(tagByteCount), &tag) == 1
            && EVP_DecryptFinal_ex(context, nil, &count) == 1
        guard done else {
            ERR_clear_error()
            throw Failure(.refused, "the passphrase does not open this, or its bytes were changed")
        }
        return plain
    }
}

/// Bytes from the system's generator (`RAND_bytes`).
package func randomBytes(_ count: Int) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard unsafe RAND_bytes(&bytes, CInt(count)) == 1 else {
        throw Failure(.io, "the system has no random numbers to give")
    }
    return bytes
}

/// RFC 7914. The costs stand beside the salt in every file that uses it, so they can grow.
package func scrypt(
    passphrase: [UInt8], salt: [UInt8], n: UInt64, r: UInt64, p: UInt64, byteCount: Int
) throws(Failure) -> [UInt8] {
    var key = [UInt8](repeating: 0, count: byteCount)
    let done = unsafe passphrase.withUnsafeBufferPointer { passphrase in
        unsafe passphrase.withMemoryRebound(to: CChar.self) { text in
            unsafe EVP_PBE_scrypt(
                text.baseAddress, text.count, salt, salt.count, n, r, p, 256 << 20, &key, byteCount)
        }
    }
    guard done == 1 else {
        throw Failure(.invalid, "scrypt refused its costs n=\(n) r=\(r) p=\(p)")
    }
    return key
}
