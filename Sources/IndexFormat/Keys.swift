package import Base
internal import Crypto

/// Sixteen bytes of SHA-256: every key of a table has the same length, however long the value that
/// a person typed. 2^-64 per pair is no risk at 10^8 leaves, and a reader sees the leaf itself
/// anyway.
package struct ShortHash: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    package init(_ parts: String...) { self.init(parts) }

    package init(_ parts: [String]) {
        var text: [UInt8] = []
        text.reserveCapacity(parts.reduce(0) { $0 + 4 + $1.utf8.count })
        for part in parts {
            text.appendBigEndian(UInt32(part.utf8.count))
            text.append(contentsOf: part.utf8)
        }
        self.init(SHA256.hash(text.span))
    }

    package init(_ digest: Digest) { (high, low) = digest.firstWords }

    /// The caller has seen that there are sixteen.
    package init(stored bytes: [UInt8]) {
        high = bytes.span.bigEndian(UInt64.self, at: 0)
        low = bytes.span.bigEndian(UInt64.self, at: 8)
    }

    /// The caller has seen that there are sixteen from `offset` on.
    package init(_ bytes: Span<UInt8>, at offset: Int) {
        high = bytes.bigEndian(UInt64.self, at: offset)
        low = bytes.bigEndian(UInt64.self, at: offset + 8)
    }

    /// Spreads hashes evenly over a table.
    package func place(among count: Int) -> Int { Int(low % UInt64(count)) }

    package var firstByte: UInt8 { UInt8(truncatingIfNeeded: high >> 56) }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        append(to: &bytes)
        return bytes
    }
}

/// What a series is about.
package enum Term: Sendable {
    /// Every record.
    case records
    case camera(String)
    /// Leaves that are no records, by kind; with the camera they concern.
    case kind(String)
    case kindOfCamera(String, String)

    package var hash: ShortHash {
        switch self {
        case .records: ShortHash("records")
        case .camera(let camera): ShortHash("camera", camera)
        case .kind(let kind): ShortHash("kind", kind)
        case .kindOfCamera(let kind, let camera): ShortHash("kind", kind, "camera", camera)
        }
    }
}

/// A place in time order: what every list of leaves is sorted by. Ties are broken by the log's
/// order.
package struct Posting: Hashable, Comparable, Sendable {
    package static let byteCount = 16
    package let time: WallTime
    package let leaf: UInt64

    package init(time: WallTime, leaf: UInt64) {
        self.time = time
        self.leaf = leaf
    }

    package init(decoding bytes: Span<UInt8>, at offset: Int) {
        // Offset by 2^63, so that instants before 1970 sort first.
        time = WallTime(
            microseconds: Int64(
                bitPattern: bytes.bigEndian(UInt64.self, at: offset) ^ (1 << 63)))
        leaf = bytes.bigEndian(UInt64.self, at: offset + 8)
    }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(UInt64(bitPattern: time.microseconds) ^ (1 << 63))
        bytes.appendBigEndian(leaf)
    }

    package static func < (a: Posting, b: Posting) -> Bool {
        a.time == b.time ? a.leaf < b.leaf : a.time < b.time
    }

    package static let first = Posting(time: WallTime(microseconds: .min), leaf: 0)
    package static let last = Posting(time: WallTime(microseconds: .max), leaf: .max)
}

extension Array where Element == UInt8 {
    package func adding(_ posting: Posting) -> [UInt8] {
        var bytes = self
        posting.append(to: &bytes)
        return bytes
    }

    package func adding(_ number: UInt64) -> [UInt8] {
        var bytes = self
        bytes.appendBigEndian(number)
        return bytes
    }
}
