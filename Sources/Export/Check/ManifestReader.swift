internal import Base

/// Reads a manifest: 64 lower-case digits, two spaces, a name, a newline. RFC 8493 allows more
/// spellings; a bundle is written in this one.
struct ManifestReader {
    private(set) var lines: LineReader

    init(_ file: BundleSource.OpenFile) {
        lines = LineReader(file, lineBytesMax: 64 + 2 + BundleName.bytesMax)
    }

    mutating func next() throws(Failure) -> (hash: Digest, name: String)? {
        guard let text = try lines.next() else { return nil }
        let digits = text.prefix(64)
        guard text.count > 66, text.dropFirst(64).prefix(2).elementsEqual([0x20, 0x20]),
            let hash = Digest(hexDigits: digits.span)
        else {
            throw Failure(
                .corrupt, "has a line \(lines.number) that is not a SHA-256 and a name")
        }
        return (hash, try BundleName.checked(text.dropFirst(66)))
    }
}
