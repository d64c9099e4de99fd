internal import Base

/// Where a ZIP file's directory stands, from the records at its end. There is one reading: the end
/// record is the last 22 bytes, without a comment, and every byte between directory and end is of
/// the ZIP64 records or there is none.
struct ZipEnd: Hashable {
    let entries: UInt64
    let directory: Range<UInt64>

    private static let bytes: UInt64 = 22
    private static let locatorBytes: UInt64 = 20
    private static let largeBytes: UInt64 = 56

    init(_ source: some ByteSource) throws(Failure) {
        let length = source.byteCount
        guard length >= Self.bytes else { throw zipFailure("is too short to be one") }
        let end = try source.bytes(at: length - Self.bytes, count: Int(Self.bytes))[...]
        guard UInt32(little: end, 0) == 0x0605_4B50, UInt16(little: end, 20) == 0 else {
            throw zipFailure("does not end with its end record; it was cut, or something follows")
        }
        guard UInt32(little: end, 4) == 0, UInt16(little: end, 8) == UInt16(little: end, 10) else {
            throw zipFailure("is in several parts")
        }
        let small = (
            entries: UInt64(UInt16(little: end, 8)), bytes: UInt64(UInt32(little: end, 12)),
            offset: UInt64(UInt32(little: end, 16))
        )
        let large = try Self.large(source, length)
        let entries = large?.entries ?? small.entries
        let bytes = large?.bytes ?? small.bytes
        let offset = large?.offset ?? small.offset
        // The end record says the same, or the most that it can say.
        guard min(entries, 0xFFFF) == small.entries, min(bytes, 0xFFFF_FFFF) == small.bytes,
            min(offset, 0xFFFF_FFFF) == small.offset
        else { throw zipFailure("has two end records that differ") }
        let tail = Self.bytes + (large == nil ? 0 : Self.locatorBytes + Self.largeBytes)
        guard tail <= length, offset <= length - tail, bytes == length - tail - offset else {
            throw zipFailure("has bytes between its directory and its end, or before its directory")
        }
        self.entries = entries
        directory = offset..<offset + bytes
    }

    private static func large(
        _ source: some ByteSource, _ length: UInt64
    ) throws(Failure) -> (entries: UInt64, bytes: UInt64, offset: UInt64)? {
        let tail = bytes + locatorBytes + largeBytes
        guard length >= tail else { return nil }
        let all = try source.bytes(at: length - tail, count: Int(largeBytes + locatorBytes))
        let record = all.prefix(Int(largeBytes))
        let locator = all.dropFirst(Int(largeBytes))
        guard UInt32(little: locator, 0) == 0x0706_4B50 else { return nil }
        guard UInt32(little: locator, 4) == 0, UInt64(little: locator, 8) == length - tail,
            UInt32(little: locator, 16) == 1
        else { throw zipFailure("has a ZIP64 locator that leads elsewhere") }
        guard UInt32(little: record, 0) == 0x0606_4B50,
            UInt64(little: record, 4) == largeBytes - 12,
            UInt16(little: record, 14) <= 45, UInt32(little: record, 16) == 0,
            UInt32(little: record, 20) == 0,
            UInt64(little: record, 24) == UInt64(little: record, 32)
        else { throw zipFailure("has a ZIP64 end record that makes no sense") }
        return (
            UInt64(little: record, 32), UInt64(little: record, 40), UInt64(little: record, 48)
        )
    }
}
