internal import Base

/// Lines of the text formats. Bytes, not characters: a combining mark must not swallow a newline.
struct Lines {
    private var rest: ArraySlice<ArraySlice<UInt8>>

    /// The text must be UTF-8 and end with a newline; nil otherwise. Checked here for all lines, so
    /// that `next` is nil at the end alone: a bad line must not pass for it.
    init?(_ text: ArraySlice<UInt8>) {
        guard text.last == 0x0A, String(validating: text, as: UTF8.self) != nil else { return nil }
        rest = text.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)[...]
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() -> String? {
        rest.popFirst().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The rest of the next line when it starts with `prefix`; otherwise stays before it.
    mutating func next(after prefix: String) -> String? {
        guard let line = rest.first, line.starts(with: prefix.utf8) else { return nil }
        rest.removeFirst()
        return String(decoding: line.dropFirst(prefix.utf8.count), as: UTF8.self)
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

func digest(base64 text: some StringProtocol) -> Digest? {
    text.utf8.count == 44 ? [UInt8](base64: text).flatMap { Digest($0) } : nil
}
