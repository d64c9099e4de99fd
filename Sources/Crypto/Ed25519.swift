package import Base
internal import COpenSSL

/// An Ed25519 private key (RFC 8032), made from its 32-byte seed. OpenSSL keeps the key; signing is
/// safe from several threads because every call makes its own context (`EVP_DigestSign`).
@safe package final class SigningKey: @unchecked Sendable {
    private let key: OpaquePointer
    package let publicKey: PublicKey

    package init(seed: [UInt8]) throws(Failure) {
        guard seed.count == 32,
            let key = unsafe EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
        else { throw Failure(.invalid, "an Ed25519 seed has 32 bytes, this one \(seed.count)") }
        unsafe self.key = key
        var raw = [UInt8](repeating: 0, count: 32)
        var count = raw.count
        precondition(unsafe EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1 && count == 32)
        publicKey = try PublicKey(raw)
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// The 64-byte signature; the same for the same message every time.
    package func sign(_ message: Span<UInt8>) -> [UInt8] {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        let done = unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_DigestSignInit(context, nil, nil, nil, key) == 1
                && EVP_DigestSign(context, &signature, &count, message.baseAddress, message.count)
                    == 1
        }
        precondition(done && count == 64, "Ed25519 cannot fail on a valid key")
        return signature
    }
}

/// An Ed25519 public key.
package struct PublicKey: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) throws(Failure) {
        guard bytes.count == 32 else {
            throw Failure(.invalid, "an Ed25519 public key has 32 bytes, this one \(bytes.count)")
        }
        self.bytes = bytes
    }

    package func verifies(_ signature: [UInt8], of message: Span<UInt8>) -> Bool {
        guard signature.count == 64,
            let key = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { return false }
        defer { unsafe EVP_PKEY_free(key) }
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        let valid = unsafe message.withUnsafeBufferPointer { message in
            unsafe EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
                && EVP_DigestVerify(
                    context, signature, signature.count, message.baseAddress, message.count) == 1
        }
        if !valid { ERR_clear_error() }
        return valid
    }
}
