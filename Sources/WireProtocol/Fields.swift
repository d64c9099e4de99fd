internal import Base

/// The fields of a message: each is a key, three bytes of length, and the value. Read in place, in
/// the order they came; what is not known is passed over.
package struct Fields: ~Escapable {
    private let bytes: Span<UInt8>

    /// Checks once that every field ends within the message and that known keys have values of
    /// their shape; after that, reading cannot fail.
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) throws(WireError) {
        self.bytes = bytes
        var at = 0
        var count = 0
        while at < bytes.count {
            count += 1
            guard count <= WireLimits.fieldsMax else {
                throw WireError(.invalid, "more than \(WireLimits.fieldsMax) fields")
            }
            guard bytes.count - at >= 4 else { throw Self.cut }
            let head = bytes.bigEndian(UInt32.self, at: at)
            let (key, length) = (UInt8(head >> 24), Int(head & 0xFF_FFFF))
            guard length <= bytes.count - at - 4 else { throw Self.cut }
            switch FieldShape(key: key) {
            case .integer where length != 8:
                throw WireError(.invalid, "field \(key) is an integer and wants eight bytes")
            case .flag where length != 0:
                throw WireError(.invalid, "field \(key) is a flag and has no value")
            case .text where !isText(bytes.extracting(at + 4..<at + 4 + length)),
                .json where !isText(bytes.extracting(at + 4..<at + 4 + length)):
                throw WireError(.invalid, "field \(key) is not UTF-8")
            default: break
            }
            at += 4 + length
        }
    }

    private static var cut: WireError { WireError(.invalid, "a field ends beyond its message") }

    /// Where the first value of a key stands from `position` on, which moves behind it.
    private func next(_ key: FieldKey, _ position: inout Int) -> Range<Int>? {
        while position < bytes.count {
            let head = bytes.bigEndian(UInt32.self, at: position)
            let start = position + 4
            position = start + Int(head & 0xFF_FFFF)
            if UInt8(head >> 24) == key.rawValue { return start..<position }
        }
        return nil
    }

    package func text(_ key: FieldKey) -> String? {
        bytes(key).map { String(decoding: $0, as: UTF8.self) }
    }

    package func texts(_ key: FieldKey) -> [String] {
        var position = 0
        var found: [String] = []
        while let range = next(key, &position) {
            found.append(text(range))
        }
        return found
    }

    /// The values of a key, each cut at its first `separator`; nil for one that has none.
    package func pairs(_ key: FieldKey, at separator: UInt8) -> [(String, String)?] {
        var position = 0
        var found: [(String, String)?] = []
        while let range = next(key, &position) {
            var cut = range.lowerBound
            while cut < range.upperBound, bytes[cut] != separator { cut += 1 }
            guard cut < range.upperBound else {
                found.append(nil)
                continue
            }
            found.append((text(range.lowerBound..<cut), text(cut + 1..<range.upperBound)))
        }
        return found
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes.extracting(range).array(), as: UTF8.self)
    }

    package func int(_ key: FieldKey) -> Int64? {
        var position = 0
        guard let range = next(key, &position) else { return nil }
        return bytes.bigEndian(Int64.self, at: range.lowerBound)
    }

    package func ints(_ key: FieldKey) -> [Int64] {
        var position = 0
        var found: [Int64] = []
        while let range = next(key, &position) {
            found.append(bytes.bigEndian(Int64.self, at: range.lowerBound))
        }
        return found
    }

    package func bytes(_ key: FieldKey) -> [UInt8]? {
        var position = 0
        return next(key, &position).map { bytes.extracting($0).array() }
    }

    package func count(of key: FieldKey) -> Int {
        var position = 0
        var count = 0
        while next(key, &position) != nil { count += 1 }
        return count
    }

    package func has(_ key: FieldKey) -> Bool {
        var position = 0
        return next(key, &position) != nil
    }
}

/// UTF-8 without NUL: what the index, the log and people can read back.
private func isText(_ bytes: Span<UInt8>) -> Bool {
    var isASCII = true
    for i in bytes.indices {
        if bytes[i] == 0 { return false }
        if bytes[i] >= 0x80 { isASCII = false }
    }
    return isASCII || String(validating: bytes.array(), as: UTF8.self) != nil
}

/// Appends fields to a message.
package struct FieldWriter: Sendable {
    package private(set) var bytes: [UInt8]

    package init(capacity: Int = 128) {
        bytes = []
        bytes.reserveCapacity(capacity)
    }

    private mutating func head(_ key: FieldKey, _ length: Int) {
        precondition(length <= 0xFF_FFFF)
        bytes.appendBigEndian(UInt32(key.rawValue) << 24 | UInt32(length))
    }

    package mutating func add(_ key: FieldKey, _ text: String) {
        head(key, text.utf8.count)
        bytes.append(contentsOf: text.utf8)
    }
    package mutating func add(_ key: FieldKey, _ value: Int64) {
        head(key, 8)
        bytes.appendBigEndian(value)
    }
    package mutating func add(_ key: FieldKey, _ value: [UInt8]) {
        head(key, value.count)
        bytes.append(contentsOf: value)
    }
    package mutating func add(_ key: FieldKey) { head(key, 0) }
}
