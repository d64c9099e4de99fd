package import Base
internal import COpenSSL

/// A running SHA-256 (FIPS 180-4). Small enough to live on the stack; the C calls are `SHA256_*`.
@safe package struct SHA256: ~Copyable {
    var context = SHA256_CTX()

    package init() { _ = unsafe SHA256_Init(&context) }

    package mutating func update(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            _ = unsafe SHA256_Update(&context, buffer.baseAddress, buffer.count)
        }
    }

    package mutating func update(_ digest: Digest) {
        update(digest.bytes.span)
    }

    package consuming func finish() -> Digest {
        var out = InlineArray<32, UInt8>(repeating: 0)
        var span = out.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { buffer in
            _ = unsafe SHA256_Final(buffer.baseAddress, &context)
        }
        return Digest(out.span)
    }

    /// Where the hash stands, to go on later in another process. Only for this machine's own use:
    /// the bytes are those of the library's context.
    package var state: [UInt8] {
        unsafe withUnsafeBytes(of: context) { unsafe Array($0) }
    }

    /// Goes on from `state`; nil when the bytes are not of the right number.
    package init?(state: [UInt8]) {
        guard state.count == MemoryLayout<SHA256_CTX>.size else { return nil }
        unsafe withUnsafeMutableBytes(of: &context) { context in
            unsafe context.copyBytes(from: state)
        }
        guard context.num < SHA256_CBLOCK, context.md_len == SHA256_DIGEST_LENGTH else {
            return nil
        }
    }

    package static func hash(_ bytes: Span<UInt8>) -> Digest {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finish()
    }
}
