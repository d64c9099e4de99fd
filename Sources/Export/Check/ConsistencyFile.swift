internal import Base
internal import EvidenceFormat

/// `proof/consistency/SIZE.consistency`: that one tree is the beginning of another.
struct ConsistencyFile {
    static let bytesMax = 8 << 10

    let old: UInt64
    let new: UInt64
    let hashes: [Digest]

    init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.last == 0x0A else { throw Self.refused }
        let lines = bytes.dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard lines.count >= 3, lines[0] == BundleNames.consistencyText,
            let old = Self.number(lines[1], after: "old "),
            let new = Self.number(lines[2], after: "new "),
            lines.count - 3 <= Merkle.proofCountMax
        else { throw Self.refused }
        var hashes: [Digest] = []
        for line in lines.dropFirst(3) {
            guard let raw = [UInt8](base64: line), let hash = Digest(raw) else {
                throw Self.refused
            }
            hashes.append(hash)
        }
        self.old = old
        self.new = new
        self.hashes = hashes
    }

    private static let refused = Failure(
        .corrupt, "should have the first line, old and new size, and a hash a line")

    private static func number(_ line: String, after prefix: String) -> UInt64? {
        guard line.hasPrefix(prefix) else { return nil }
        let digits = String(line.dropFirst(prefix.count))
        guard let value = UInt64(digits), String(value) == digits, value <= Merkle.sizeMax else {
            return nil
        }
        return value
    }
}
