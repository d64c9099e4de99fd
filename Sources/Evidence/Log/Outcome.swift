internal import Base
internal import EvidenceFormat
internal import Linux

/// How a group ended; outlives the group, which is used again. Settled once, with the log's monitor
/// held; then opened, which wakes everybody who waits. From there on it does not change, so it is
/// read without a lock: that order is what `@unchecked Sendable` claims.
final class Outcome: @unchecked Sendable {
    private var result: Result<SignedHead, Failure>?
    private let opened = Event()

    /// Whether this call decided it. With the log's monitor held.
    func settle(_ result: Result<SignedHead, Failure>) -> Bool {
        guard self.result == nil else { return false }
        self.result = result
        return true
    }

    func open() { opened.set() }

    /// Blocks until the group ended.
    func head() throws(Failure) -> SignedHead {
        opened.wait()
        guard let result else { preconditionFailure("an outcome is settled before it is opened") }
        return try result.get()
    }
}

/// The newest tree head and its signature.
struct SignedHead: Sendable {
    let checkpoint: Checkpoint
    let note: SignedNote
}
