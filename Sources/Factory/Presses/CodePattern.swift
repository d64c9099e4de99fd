package import Base
package import EvidenceFormat

/// What a scanned code is: `serial=SN-*`, or `serial=plant7/|############` where the code is a bare
/// number and wants something before it. In a pattern `*` stands for any letters or none, `?` for
/// one, `#` for a digit; all others for themselves.
package struct CodePattern: Hashable, Sendable {
    package static let codeBytesMax = 256

    /// As it was written.
    package let text: String
    package let kind: String
    private let before: String
    private let pattern: [Unicode.Scalar]

    package init(_ text: String) throws(Failure) {
        self.text = text
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw Failure(
                .invalid, "a pattern is written KIND=PATTERN, such as serial=SN-*, not \(text)")
        }
        kind = String(text[..<equals])
        let rest = text[text.index(after: equals)...]
        if let bar = rest.firstIndex(of: "|") {
            before = String(rest[..<bar])
            pattern = Array(rest[rest.index(after: bar)...].unicodeScalars)
        } else {
            before = ""
            pattern = Array(rest.unicodeScalars)
        }
        guard !pattern.isEmpty else {
            throw Failure(.invalid, "the pattern \(text) fits nothing; write what codes look like")
        }
        // The kind is tried out: a code must not fail for it.
        _ = try Link(kind: kind, value: "x")
    }

    /// The link that a code stands for; nil when it looks otherwise.
    package func link(for code: String) -> Link? {
        guard code.utf8.count <= Self.codeBytesMax, fits(Array(code.unicodeScalars)) else {
            return nil
        }
        do throws(Failure) {
            return try Link(kind: kind, value: before + code)
        } catch {
            return nil
        }
    }

    /// Both ends are walked once; only the last `*` is ever come back to.
    private func fits(_ code: [Unicode.Scalar]) -> Bool {
        var (at, i) = (0, 0)
        var star: (at: Int, i: Int)?
        while i < code.count {
            if at < pattern.count, pattern[at] == "*" {
                star = (at, i)
                at += 1
            } else if at < pattern.count, Self.fits(pattern[at], code[i]) {
                at += 1
                i += 1
            } else if let last = star {
                star = (last.at, last.i + 1)
                (at, i) = (last.at + 1, last.i + 1)
            } else {
                return false
            }
        }
        while at < pattern.count, pattern[at] == "*" { at += 1 }
        return at == pattern.count
    }

    private static func fits(_ pattern: Unicode.Scalar, _ scalar: Unicode.Scalar) -> Bool {
        switch pattern {
        case "?": true
        case "#": (0x30...0x39).contains(scalar.value)
        default: pattern == scalar
        }
    }
}

extension [CodePattern] {
    /// Of the first pattern that fits.
    package func link(for code: String) -> Link? {
        for pattern in self {
            if let link = pattern.link(for: code) { return link }
        }
        return nil
    }
}
