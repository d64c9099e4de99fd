internal import Base
internal import Crypto

/// Passes on what comes behind a beginning that the client has already. That it is the same
/// beginning is shown by its hash, before anything is passed on.
struct Remainder: ~Copyable {
    private let offset: Int
    private let expected: Digest?
    private var done = 0
    private var hash: SHA256? = SHA256()

    init(from offset: Int, expecting hash: Digest?) {
        self.offset = offset
        expected = hash
        if offset == 0 { self.hash = nil }
    }

    mutating func take(
        _ bytes: Span<UInt8>, _ pass: (Span<UInt8>) throws(Failure) -> Void
    ) throws(Failure) {
        guard done < offset else { return try pass(bytes) }
        let known = min(bytes.count, offset - done)
        hash?.update(bytes.extracting(0..<known))
        done += known
        guard done == offset else { return }
        guard let hash = hash.take(), hash.finish() == expected else {
            throw Failure(
                .refused,
                "what was exported is not the same any more (a record was removed since, or the"
                    + " file is of another export); begin anew")
        }
        if known < bytes.count { try pass(bytes.extracting(known..<bytes.count)) }
    }

    /// Throws when there was less than the client says it has.
    func requireReached() throws(Failure) {
        guard done >= offset else {
            throw Failure(.refused, "the export has \(done) bytes, not \(offset); begin anew")
        }
    }
}
