/// Integers in and out of bytes. Big-endian where order on disk must be the order of numbers
/// (keys), little-endian in frame headers.

extension Span where Element == UInt8 {
    /// The caller has checked the bounds; a bug here traps, it never reads past the end.
    @inlinable public func bigEndian<I: FixedWidthInteger>(_: I.Type, at offset: Int) -> I {
        var value: I = 0
        for i in 0..<(I.bitWidth / 8) {
            value = (value << 8) | I(truncatingIfNeeded: self[offset + i])
        }
        return value
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
        var shift = I.bitWidth
        while shift > 0 {
            shift -= 8
            append(UInt8(truncatingIfNeeded: value >> shift))
        }
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
