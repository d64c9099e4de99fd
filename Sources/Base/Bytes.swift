/// Integers in and out of bytes. Big-endian where order on disk must be the order of numbers
/// (keys), little-endian in frame headers.

extension Span where Element == UInt8 {
    /// The caller has checked the bounds; a bug here traps, it never reads past the end.
    @inlinable public func bigEndian<I: FixedWidthInteger>(_: I.Type, at offset: Int) -> I {
        precondition(offset >= 0 && offset <= count - I.bitWidth / 8)
        return unsafe withUnsafeBytes { bytes in
            I(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: I.self))
        }
    }

    @inlinable public func littleEndian<I: FixedWidthInteger>(_ type: I.Type, at offset: Int) -> I {
        bigEndian(type, at: offset).byteSwapped
    }

    @inlinable public func array() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(span: self)
        return bytes
    }

    public var isZero: Bool {
        for i in indices where self[i] != 0 { return false }
        return true
    }
}

extension Array where Element == UInt8 {
    @inlinable public mutating func appendBigEndian<I: FixedWidthInteger>(_ value: I) {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }

    @inlinable public mutating func appendLittleEndian<I: FixedWidthInteger>(_ value: I) {
        appendBigEndian(value.byteSwapped)
    }

    @inlinable public mutating func append(span: Span<UInt8>) {
        unsafe span.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }

    @inlinable public init(span: Span<UInt8>) {
        self = []
        append(span: span)
    }
}
