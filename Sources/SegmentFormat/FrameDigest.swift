package import Base
internal import Crypto

/// SHA-256 over a segment in which private sections and payloads are replaced by their hashes.
///
/// So every header, leaf and length is covered once, no payload is hashed twice, and the digest
/// still holds after a payload was lawfully erased. It stands in the `segment-seal` leaf.
package struct FrameDigest: ~Copyable {
    private var hash: SHA256
    package private(set) var byteCount: UInt64

    package init(_ header: Span<UInt8>) {
        precondition(header.count == SegmentHeader.byteCount)
        hash = SHA256()
        hash.update(header)
        byteCount = UInt64(header.count)
    }

    package mutating func add(
        _ header: FrameHeader, leaf: Span<UInt8>, secret: Digest?, payload: Digest?
    ) {
        hash.update(header.bytes.span)
        hash.update(leaf)
        if header.privateBytes > 0, let secret { hash.update(secret) }
        if header.payloadBytes > 0, let payload { hash.update(payload) }
        byteCount += UInt64(header.frameBytes)
    }

    /// Where the digest stands after `byteCount` bytes of the segment.
    package var state: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(byteCount)
        return bytes + hash.state
    }

    package init?(state: [UInt8]) {
        guard state.count > 8, let hash = SHA256(state: Array(state.dropFirst(8))) else {
            return nil
        }
        self.hash = hash
        byteCount = state.span.bigEndian(UInt64.self, at: 0)
    }

    package consuming func finish() -> Digest { hash.finish() }
}
