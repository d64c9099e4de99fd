package import Base

/// One file's name and where its bytes are.
package struct ZipEntry: Hashable, Sendable {
    package let name: String
    package let offset: UInt64
    package let byteCount: UInt64
}

/// Reads a ZIP file's entries strictly: what two readers could understand in two ways is refused.
/// Entries are stored, in the directory's order, one directly behind the other from the first byte
/// on; both headers and the descriptor of each say the same. CRCs must agree with each other; that
/// the bytes are right is for SHA-256 to say.
package struct ZipReader<Source: ByteSource> {
    package static var nameBytesMax: Int { 512 }

    private struct Central {
        let name: String
        let nameBytes: ArraySlice<UInt8>
        let flags: UInt16
        let time: UInt32
        let crc: UInt32
        let byteCount: UInt64
        let offset: UInt64
        let extra: ZipExtra
    }

    private let end: ZipEnd
    private var directory: ByteWindow<Source>
    private var headers: ByteWindow<Source>
    private var at: UInt64
    private var left: UInt64
    private var expected: UInt64 = 0

    package init(_ source: Source) throws(Failure) {
        end = try ZipEnd(source)
        directory = ByteWindow(source, end.directory, windowBytes: 64 << 10)
        // From a picture's descriptor to the next picture: its leaf and proof stand between.
        headers = ByteWindow(source, 0..<end.directory.lowerBound, windowBytes: 4096)
        at = end.directory.lowerBound
        left = end.entries
    }

    /// How many the file claims to have.
    package var entryCount: UInt64 { end.entries }

    /// Nil after the last one, when every byte of the file has been accounted for.
    package mutating func next() throws(Failure) -> ZipEntry? {
        guard left > 0 else {
            guard at == end.directory.upperBound else {
                throw zipFailure("has something behind the last entry of its directory")
            }
            guard expected == end.directory.lowerBound else {
                throw zipFailure("has bytes before its directory that no entry names")
            }
            return nil
        }
        let central = try readCentral()
        left -= 1
        guard central.offset == expected else {
            throw zipFailure(
                "begins at byte \(central.offset) and not where the one before ends, \(expected)",
                central.name)
        }
        let data = try checkLocal(central)
        return ZipEntry(name: central.name, offset: data, byteCount: central.byteCount)
    }

    private mutating func readCentral() throws(Failure) -> Central {
        let fixed = try directory.bytes(at: at, count: 46)
        guard UInt32(little: fixed, 0) == 0x0201_4B50 else {
            throw zipFailure("has something else than an entry at byte \(at) of its directory")
        }
        let nameCount = Int(UInt16(little: fixed, 28))
        let extraCount = Int(UInt16(little: fixed, 30))
        guard (1...Self.nameBytesMax).contains(nameCount) else {
            throw zipFailure("has an entry without a name, or with one of \(nameCount) bytes")
        }
        let all = try directory.bytes(at: at, count: 46 + nameCount + extraCount)
        let nameBytes = all.dropFirst(46).prefix(nameCount)
        let name = try BundleName.checked(nameBytes)
        let extra = try ZipExtra(all.dropFirst(46 + nameCount), name)
        at += UInt64(all.count)
        guard UInt16(little: fixed, 32) == 0, UInt16(little: fixed, 34) == 0 else {
            throw zipFailure("has a comment or is on another disk", name)
        }
        guard UInt16(little: fixed, 6) <= 45, UInt16(little: fixed, 36) <= 1 else {
            throw zipFailure("needs another kind of reader", name)
        }
        try checkKind(UInt32(little: fixed, 38), name)
        try checkStored(UInt16(little: fixed, 8), UInt16(little: fixed, 10), name)
        var values = (extra.large ?? [])[...]
        let plain = try large(UInt32(little: fixed, 24), &values, name)
        let packed = try large(UInt32(little: fixed, 20), &values, name)
        let offset = try large(UInt32(little: fixed, 42), &values, name)
        guard values.isEmpty else { throw zipFailure("has a ZIP64 field too many", name) }
        guard plain == packed else { throw zipFailure("is packed: its two sizes differ", name) }
        return Central(
            name: name, nameBytes: nameBytes, flags: UInt16(little: fixed, 8),
            time: UInt32(little: fixed, 12), crc: UInt32(little: fixed, 16), byteCount: plain,
            offset: offset, extra: extra)
    }

    /// A size or place of 32 bits, or the one of 64 bits that it refers to.
    private func large(
        _ small: UInt32, _ values: inout ArraySlice<UInt64>, _ name: String
    ) throws(Failure) -> UInt64 {
        guard small == .max, let value = values.popFirst() else { return UInt64(small) }
        guard value <= UInt64(Int64.max) else { throw zipFailure("has a size beyond all", name) }
        return value
    }

    private func checkKind(_ attributes: UInt32, _ name: String) throws(Failure) {
        let mode = attributes >> 16
        guard attributes & 0x18 == 0, mode & 0xF000 == 0x8000 || mode & 0xF000 == 0 else {
            throw zipFailure("is a link, a folder or a device", name)
        }
    }

    private func checkStored(
        _ flags: UInt16, _ method: UInt16, _ name: String
    ) throws(Failure) {
        guard flags & 0x2041 == 0 else { throw zipFailure("is encrypted", name) }
        // Of the rest only: sizes follow the data; the name is UTF-8.
        guard flags & ~0x0808 == 0 else { throw zipFailure("has flags \(flags) set", name) }
        guard method == 0 else { throw zipFailure("is compressed", name) }
    }

    /// The header before the data and the descriptor behind it; where the data begins.
    private mutating func checkLocal(_ central: Central) throws(Failure) -> UInt64 {
        let name = central.name
        let fixed = try headers.bytes(at: central.offset, count: 30)
        guard UInt32(little: fixed, 0) == 0x0403_4B50 else {
            throw zipFailure("does not begin where the directory says", name)
        }
        let nameCount = Int(UInt16(little: fixed, 26))
        let extraCount = Int(UInt16(little: fixed, 28))
        let count = 30 + nameCount + extraCount
        let all = try headers.bytes(at: central.offset, count: count)
        guard all.dropFirst(30).prefix(nameCount) == central.nameBytes else {
            throw zipFailure("has another name before its data than in the directory", name)
        }
        let extra = try ZipExtra(all.dropFirst(30 + nameCount), name)
        guard UInt16(little: fixed, 4) <= 45, UInt16(little: fixed, 6) == central.flags,
            UInt16(little: fixed, 8) == 0, UInt32(little: fixed, 10) == central.time,
            extra.agrees(with: central.extra)
        else { throw zipFailure("has two headers that differ", name) }
        let sizes = (UInt32(little: fixed, 22), UInt32(little: fixed, 18))
        let crc = UInt32(little: fixed, 14)
        let data = central.offset + UInt64(count)
        guard data <= end.directory.lowerBound,
            end.directory.lowerBound - data >= central.byteCount
        else { throw zipFailure("is longer than the file has room for", name) }
        expected = data + central.byteCount
        let isLater = central.flags & 0x08 != 0
        guard agrees(sizes, extra, central.byteCount, mayBeZero: isLater),
            crc == central.crc || (isLater && crc == 0)
        else { throw zipFailure("has another size or CRC before its data", name) }
        if isLater { try checkDescriptor(central, isLarge: extra.large != nil) }
        return data
    }

    private func agrees(
        _ sizes: (UInt32, UInt32), _ extra: ZipExtra, _ byteCount: UInt64, mayBeZero: Bool
    ) -> Bool {
        if let large = extra.large {
            // Plain size, then packed size; a local header has both or none.
            return sizes == (.max, .max)
                && (large == [byteCount, byteCount] || (mayBeZero && large == [0, 0]))
        }
        if mayBeZero && sizes == (0, 0) { return byteCount < UInt64(UInt32.max) }
        return UInt64(sizes.0) == byteCount && UInt64(sizes.1) == byteCount
    }

    private mutating func checkDescriptor(
        _ central: Central, isLarge: Bool
    ) throws(Failure) {
        let count = isLarge ? 24 : 16
        let bytes = try headers.bytes(at: expected, count: count)
        let sizes =
            isLarge
            ? (UInt64(little: bytes, 8), UInt64(little: bytes, 16))
            : (UInt64(UInt32(little: bytes, 8)), UInt64(UInt32(little: bytes, 12)))
        guard UInt32(little: bytes, 0) == 0x0807_4B50, UInt32(little: bytes, 4) == central.crc,
            sizes == (central.byteCount, central.byteCount)
        else { throw zipFailure("has another size or CRC behind its data", central.name) }
        expected += UInt64(count)
    }
}
