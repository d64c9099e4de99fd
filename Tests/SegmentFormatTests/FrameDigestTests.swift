import Base
import Crypto
import SegmentFormat
import TestSupport
import Testing

@Suite struct FrameDigestTests {
    private static let segment = SegmentHeaderTests.header
    private static let payload = Array("a picture".utf8)
    private static let secret = Array("a name".utf8)

    private func digest(
        payload: [UInt8] = payload, secret: [UInt8] = secret, leaf: [UInt8] = Array("leaf".utf8)
    ) -> (Digest, UInt64) {
        var digest = FrameDigest(Self.segment.bytes.span)
        let full = FrameHeader(
            leaf: leaf.span, privateBytes: secret.count, payloadBytes: payload.count, index: 0,
            group: 0)
        digest.add(
            full, leaf: leaf.span, secret: SHA256.hash(secret.span),
            payload: SHA256.hash(payload.span))
        let bare = FrameHeader(
            leaf: leaf.span, privateBytes: 0, payloadBytes: 0, index: 1, group: 0)
        digest.add(bare, leaf: leaf.span, secret: nil, payload: nil)
        let bytes = digest.byteCount
        return (digest.finish(), bytes)
    }

    @Test func `it is SHA-256 over the file with sections replaced by their hashes`() {
        let leaf = Array("leaf".utf8)
        let full = FrameHeader(
            leaf: leaf.span, privateBytes: 6, payloadBytes: 9, index: 0, group: 0)
        let bare = FrameHeader(
            leaf: leaf.span, privateBytes: 0, payloadBytes: 0, index: 1, group: 0)
        var bytes = Self.segment.bytes + full.bytes + leaf
        bytes += SHA256.hash(Self.secret.span).bytes + SHA256.hash(Self.payload.span).bytes
        bytes += bare.bytes + leaf
        let (found, length) = digest()
        #expect(found == SHA256.hash(bytes.span))
        #expect(
            found.hex == "7a1c70be182c79da850ae2ac52083c102774fd4ebdf39316fa036212d0124662")
        // The length is that of the file, not of what was hashed.
        #expect(length == 128 + 40 + 4 + 6 + 9 + 40 + 4)
    }

    @Test func `every byte of leaf, private section and payload changes it`() {
        let (whole, _) = digest()
        #expect(digest(payload: Array("a pictura".utf8)).0 != whole)
        #expect(digest(secret: Array("a nama".utf8)).0 != whole)
        #expect(digest(leaf: Array("leav".utf8)).0 != whole)
    }
}
