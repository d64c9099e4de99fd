internal import Base

/// Lines of the text formats. Bytes, not characters: a combining mark must not swallow a newline.
struct Lines {
    private var rest: ArraySlice<UInt8>

    /// The text must be UTF-8 and end with a newline; nil otherwise. Checked here for all lines, so
    /// that `next` is nil at the end alone: a bad line must not pass for it.
    init?(_ text: ArraySlice<UInt8>) {
        guard text.last == 0x0A, String(validating: text, as: UTF8.self) != nil else { return nil }
        rest = text
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() -> String? {
        nextBytes().map { String(decoding: $0, as: UTF8.self) }
    }

    mutating func nextBytes() -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// The rest of the next line when it starts with `prefix`; otherwise stays before it.
    mutating func next(after prefix: String) -> String? {
        guard rest.starts(with: prefix.utf8) else { return nil }
        return nextBytes().map {
            String(decoding: $0.dropFirst(prefix.utf8.count), as: UTF8.self)
        }
    }
}

/// A decimal without sign or leading zeros, within `Merkle.sizeMax`: one text for one number.
func decimal(_ text: some StringProtocol) -> UInt64? {
    let digits = Array(text.utf8)
    guard (1...16).contains(digits.count), digits.count == 1 || digits[0] != 0x30 else {
        return nil
    }
    var value: UInt64 = 0
    for digit in digits {
        guard (0x30...0x39).contains(digit) else { return nil }
        value = value * 10 + UInt64(digit - 0x30)
    }
    return value <= Merkle.sizeMax ? value : nil
}

extension Digest {
    init?(base64 text: ArraySlice<UInt8>) {
        guard text.count == 44, let bytes = [UInt8](base64: text) else { return nil }
        self.init(bytes)
    }
}
