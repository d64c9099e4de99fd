/// A SHA-256 value. Four words rather than an array: no allocation, and hashable as it is.
@frozen public struct Digest: Hashable, Sendable {
    @usableFromInline let words: (UInt64, UInt64, UInt64, UInt64)

    public static let byteCount = 32
    public static let zero = Digest(words: (0, 0, 0, 0))

    @inlinable init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// Reads 32 bytes at `offset`; the caller has checked that they are there.
    @inlinable public init(_ bytes: Span<UInt8>, at offset: Int = 0) {
        words = (
            bytes.bigEndian(UInt64.self, at: offset), bytes.bigEndian(UInt64.self, at: offset + 8),
            bytes.bigEndian(UInt64.self, at: offset + 16),
            bytes.bigEndian(UInt64.self, at: offset + 24)
        )
    }

    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(bytes.span)
    }

    /// Reads 64 lower-case hexadecimal digits.
    public init?(hex: some StringProtocol) { self.init(hex: String(hex)) }

    /// The same, as fast as it goes: every leaf that is shown has such a text.
    public init?(hex: String) { self.init(hexDigits: hex.utf8Span.span) }

    public init?(hexDigits digits: Span<UInt8>) {
        guard digits.count == 64, let a = hexWord(digits, at: 0), let b = hexWord(digits, at: 16),
            let c = hexWord(digits, at: 32), let d = hexWord(digits, at: 48)
        else { return nil }
        words = (a, b, c, d)
    }

    @inlinable public func append(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(words.0)
        bytes.appendBigEndian(words.1)
        bytes.appendBigEndian(words.2)
        bytes.appendBigEndian(words.3)
    }

    /// Writes the 32 bytes at `offset`; the caller has made room.
    @inlinable public func write(to span: inout MutableSpan<UInt8>, at offset: Int) {
        func put(_ word: UInt64, _ at: Int) {
            for i in 0..<8 {
                span[at + i] = UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * i))
            }
        }
        put(words.0, offset)
        put(words.1, offset + 8)
        put(words.2, offset + 16)
        put(words.3, offset + 24)
    }

    @inlinable public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.byteCount)
        append(to: &bytes)
        return bytes
    }

    public var hex: String {
        unsafe String(unsafeUninitializedCapacity: 64) { text in
            var at = 0
            for word in [words.0, words.1, words.2, words.3] {
                unsafe writeHex(word, to: text, at: at)
                at += 16
            }
            return 64
        }
    }

    /// The first half: where sixteen bytes are enough.
    public var firstWords: (UInt64, UInt64) { (words.0, words.1) }

    @inlinable public static func == (a: Digest, b: Digest) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2
            && a.words.3 == b.words.3
    }

    @inlinable public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}

extension Digest: CustomStringConvertible {
    public var description: String { hex }
}
