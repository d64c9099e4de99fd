/// The kinds of failure that programs tell apart. Each maps to one exit code, one status on the
/// wire and one metric label; the sentence for people travels beside it.
public enum FailureKind: String, Sendable, CaseIterable {
    /// The caller asked for something that makes no sense.
    case invalid
    case notFound = "not-found"
    case alreadyExists = "already-exists"
    /// The state of things forbids it: closed check, held record, shorter retention.
    case refused
    /// The caller's identity forbids it: unknown, expired, locked out, or without the right.
    case denied
    /// Another process or a newer owner has taken over.
    case fenced
    case busy
    /// Stored bytes are not what was written.
    case corrupt
    /// Something acknowledged is gone, or a write may not have reached the disk.
    case dataLoss = "data-loss"
    case full
    case readOnly = "read-only"
    /// A newer version wrote it.
    case unsupported
    /// The operation may or may not have happened; repeating it is safe.
    case unknownOutcome = "unknown-outcome"
    case stopped
    case io
}

/// A failure with words for people: what is wrong, then what to do about it.
public struct Failure: Error, Sendable, CustomStringConvertible {
    public let kind: FailureKind
    public let words: String

    public init(_ kind: FailureKind, _ words: String) {
        self.kind = kind
        self.words = words
    }

    public var description: String { words }
}
