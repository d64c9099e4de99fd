/// A `Range` header over content of a known length (RFC 9110 §14).
package enum ByteRange: Hashable, Sendable {
    /// Not asked for a part, or in a way that may be ignored: the whole is sent.
    case whole
    case part(Range<Int>)
    /// Nothing of what was asked for is there.
    case unsatisfiable

    package init(_ header: String?, count: Int) {
        guard let header, header.utf8.count <= 128, header.hasPrefix("bytes=") else {
            self = .whole
            return
        }
        let text = header.dropFirst("bytes=".count)
        // Several ranges at once may be ignored, and nobody needs them of a picture.
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, !text.contains(",") else {
            self = .whole
            return
        }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (.some(let first?), .some(nil)):
            self = first < count ? .part(first..<count) : .unsatisfiable
        case (.some(nil), .some(let length?)):
            self = length > 0 && count > 0 ? .part(max(0, count - length)..<count) : .unsatisfiable
        case (.some(let first?), .some(let last?)):
            guard first <= last else {
                self = .whole
                return
            }
            self = first < count ? .part(first..<(min(last, count - 1) + 1)) : .unsatisfiable
        case (.some(nil), .some(nil)), (nil, _), (_, nil): self = .whole
        }
    }

    /// Nothing, or a number; nil for what is neither. Numbers beyond any file count as the largest.
    private static func number(_ text: Substring) -> Int?? {
        guard !text.isEmpty else { return .some(nil) }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return .some(Int(text) ?? Int.max - 1)
    }
}
