package import Base

/// Value of `ids`.
package struct IDEntry: Hashable, Sendable {
    package let leaf: UInt64
    package let time: WallTime
    package let kind: UInt8

    package init(leaf: UInt64, time: WallTime, kind: UInt8) {
        self.leaf = leaf
        self.time = time
        self.kind = kind
    }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(leaf)
        bytes.appendBigEndian(UInt64(bitPattern: time.microseconds))
        bytes.append(kind)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(Failure) {
        try checkLength(bytes, 17, "ids")
        leaf = bytes.span.bigEndian(UInt64.self, at: 0)
        time = WallTime(microseconds: bytes.span.bigEndian(Int64.self, at: 8))
        kind = bytes[16]
    }
}

/// Value of `chains`: where the next leaf of a check ties in.
package struct ChainHead: Hashable, Sendable {
    package let count: UInt64
    package let previous: Digest
    package let closed: Bool

    package static let empty = ChainHead(count: 0, previous: .zero, closed: false)

    package init(count: UInt64, previous: Digest, closed: Bool) {
        self.count = count
        self.previous = previous
        self.closed = closed
    }

    package func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(count)
        previous.append(to: &bytes)
        bytes.append(closed ? 1 : 0)
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(Failure) {
        try checkLength(bytes, 41, "chains")
        count = bytes.span.bigEndian(UInt64.self, at: 0)
        previous = Digest(bytes.span, at: 8)
        closed = bytes[40] == 1
    }
}

/// Value of `meta/watermark`: the first leaf the index has not seen, and where it will stand.
package struct Watermark: Hashable, Sendable {
    package let leaf: UInt64
    package let segment: UInt32
    package let offset: UInt64

    package init(leaf: UInt64, segment: UInt32, offset: UInt64) {
        self.leaf = leaf
        self.segment = segment
        self.offset = offset
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(leaf)
        bytes.appendBigEndian(segment)
        bytes.appendBigEndian(offset)
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(Failure) {
        try checkLength(bytes, 20, "meta")
        leaf = bytes.span.bigEndian(UInt64.self, at: 0)
        segment = bytes.span.bigEndian(UInt32.self, at: 8)
        offset = bytes.span.bigEndian(UInt64.self, at: 12)
    }
}

/// Value of `removed`.
package struct Removal: Hashable, Sendable {
    package let deleteLeaf: UInt64
    /// Nil until the bytes are gone.
    package let deletedLeaf: UInt64?

    package init(deleteLeaf: UInt64, deletedLeaf: UInt64?) {
        self.deleteLeaf = deleteLeaf
        self.deletedLeaf = deletedLeaf
    }

    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendBigEndian(deleteLeaf)
        bytes.appendBigEndian(deletedLeaf ?? .max)
        return bytes
    }

    package init(decoding bytes: [UInt8]) throws(Failure) {
        try checkLength(bytes, 16, "removed")
        deleteLeaf = bytes.span.bigEndian(UInt64.self, at: 0)
        let deleted = bytes.span.bigEndian(UInt64.self, at: 8)
        deletedLeaf = deleted == .max ? nil : deleted
    }
}

private func checkLength(_ bytes: [UInt8], _ count: Int, _ table: String) throws(Failure) {
    guard bytes.count == count else {
        throw Failure(
            .corrupt,
            "an entry of the index table \(table) is damaged; run proofreel admin rebuild-index")
    }
}
