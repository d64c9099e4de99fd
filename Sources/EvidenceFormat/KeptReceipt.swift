package import Base

/// A receipt as somebody outside keeps it: a tlog-proof, or one of our documents that holds one, or
/// either of them as the text of a field, where line ends and blanks around it may have changed.
package struct KeptReceipt: Hashable, Sendable {
    package static let bytesMax = LogProof.bytesMax * 2

    package let proof: LogProof
    /// The leaf's exact text, where it was kept with the proof.
    package let leaf: [UInt8]?

    package init(parsing bytes: [UInt8]) throws(Failure) {
        guard bytes.count <= Self.bytesMax, let text = String(validating: bytes, as: UTF8.self)
        else {
            throw Failure(.invalid, "a receipt is text of at most \(Self.bytesMax >> 10) KiB")
        }
        // Carriage returns stand in no receipt of ours; fields of databases put them there.
        let clean = Array(text.utf8.filter { $0 != 0x0D }).trimmed
        guard clean.first == 0x7B else {
            proof = try LogProof(parsing: clean + [0x0A])
            leaf = nil
            return
        }
        let json = try JSON(parsing: clean.span, bytesMax: Self.bytesMax)
        let object = json.object?["receipt"]?.object ?? json.object
        guard let proof = object?["proof"]?.string else {
            throw Failure(
                .invalid,
                "this document has no proof; keep the receipt that snap, put and close answer with,"
                    + " or what proofreel prove writes")
        }
        self.proof = try LogProof(parsing: Array(proof.utf8))
        leaf = object?["leaf"]?.string.map { Array($0.utf8) }
        guard let index = object?["index"]?.int, UInt64(exactly: index) != self.proof.index else {
            return
        }
        throw Failure(.corrupt, "the receipt's index is \(index), its proof's \(self.proof.index)")
    }
}

extension [UInt8] {
    /// Without blanks and line ends on either side.
    fileprivate var trimmed: [UInt8] {
        func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A }
        let start = drop(while: isBlank)
        return Array(
            start[..<(start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex)])
    }
}
