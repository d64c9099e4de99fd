import Base
import Crypto
import TestSupport
import Testing

@Suite struct SHA256Tests {
    /// FIPS 180-4 examples and the empty message.
    static let vectors = [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]

    @Test func `the examples of FIPS 180-4 come out`() {
        for (message, digest) in Self.vectors {
            #expect(sha256(Array(message.utf8)).hex == digest)
        }
    }

    @Test func `a message in two parts has the same digest, whatever the cut`() {
        let bytes = Array("a message that is longer than one block of sixty-four bytes, a bit".utf8)
        let whole = SHA256.hash(bytes.span)
        for cut in 0...bytes.count {
            var hash = SHA256()
            hash.update(bytes.span.extracting(first: cut))
            hash.update(bytes.span.extracting(droppingFirst: cut))
            let digest = hash.finish()
            #expect(digest == whole)
        }
    }

    @Test func `a digest is hashed as its 32 bytes`() {
        let digest = sha256([])
        var hash = SHA256()
        hash.update(digest)
        let twice = hash.finish()
        #expect(twice == sha256(digest.bytes))
    }
}

/// `#expect` cannot hold a span, so this takes an array.
private func sha256(_ bytes: [UInt8]) -> Digest { SHA256.hash(bytes.span) }
