package import Base

/// What a peer is told when something cannot be done: a number, a word for programs, a sentence for
/// people, and whether trying again can help.
package struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Numbers once given are never given again.
    package enum Code: UInt16, Sendable, CaseIterable {
        // Of the connection: it ends.
        case protocolViolation = 1
        case unsupportedVersion = 2
        case tooLarge = 3
        case timedOut = 4
        case tooMany = 5
        case goingAway = 6
        // Of identities.
        case notAdmitted = 16
        case wrongCredentials = 17
        case lockedOut = 18
        case denied = 19
        // Of requests.
        case unknownOperation = 32
        case invalid = 33
        case notFound = 34
        case alreadyExists = 35
        case refused = 36
        case busy = 37
        case cancelled = 38
        // Of the store.
        case full = 48
        case stopped = 49
        case readOnly = 50
        case corrupt = 51
        case dataLoss = 52
        case unsupported = 53
        case unknownOutcome = 54
        case io = 55
        case fenced = 56
        // Of pictures.
        case unknownCamera = 64
        case cameraOff = 65
        case offline = 66
        case noFrame = 67
        case expired = 68
        case gap = 69
        case future = 70
        case clockSet = 71

        package var word: String {
            switch self {
            case .protocolViolation: "protocol"
            case .unsupportedVersion: "version"
            case .tooLarge: "too-large"
            case .timedOut: "timed-out"
            case .tooMany: "too-many"
            case .goingAway: "going-away"
            case .notAdmitted: "not-admitted"
            case .wrongCredentials: "wrong-credentials"
            case .lockedOut: "locked-out"
            case .denied: "denied"
            case .unknownOperation: "unknown-operation"
            case .invalid: "invalid"
            case .notFound: "not-found"
            case .alreadyExists: "already-exists"
            case .refused: "refused"
            case .busy: "busy"
            case .cancelled: "cancelled"
            case .full: "full"
            case .stopped: "stopped"
            case .readOnly: "read-only"
            case .corrupt: "corrupt"
            case .dataLoss: "data-loss"
            case .unsupported: "unsupported"
            case .unknownOutcome: "unknown-outcome"
            case .io: "io"
            case .fenced: "fenced"
            case .unknownCamera: "unknown-camera"
            case .cameraOff: "camera-off"
            case .offline: "offline"
            case .noFrame: "no-frame"
            case .expired: "expired"
            case .gap: "gap"
            case .future: "future"
            case .clockSet: "clock-set"
            }
        }

        /// What a client should do that knows nothing else: wait so long and repeat, or nil.
        package var retryMilliseconds: Int64? {
            switch self {
            case .busy, .tooMany: 200
            case .goingAway, .stopped, .fenced: 1000
            case .timedOut, .unknownOutcome: 100
            default: nil
            }
        }
    }

    package let code: Code
    package let words: String
    package var retryMilliseconds: Int64?
    /// JSON for programs: the bounds of a gap, since when a camera is away.
    package var details: String?

    package init(_ code: Code, _ words: String) {
        self.code = code
        self.words = words
        retryMilliseconds = code.retryMilliseconds
    }

    package init(_ failure: Failure) { self.init(Code(failure.kind), failure.words) }

    package var description: String { words }
}

extension WireError.Code {
    package init(_ kind: FailureKind) {
        self =
            switch kind {
            case .invalid: .invalid
            case .notFound: .notFound
            case .alreadyExists: .alreadyExists
            case .refused: .refused
            case .fenced: .fenced
            case .denied: .denied
            case .busy: .busy
            case .corrupt: .corrupt
            case .dataLoss: .dataLoss
            case .full: .full
            case .readOnly: .readOnly
            case .unsupported: .unsupported
            case .unknownOutcome: .unknownOutcome
            case .stopped: .stopped
            case .io: .io
            }
    }
}

extension WireError {
    /// Each of its texts, so that the frame stays within its limit.
    private static let textBytesMax = 4 << 10

    /// The frame that tells it; stream 0 ends the connection.
    package func append(to bytes: inout [UInt8], stream: UInt32) {
        var fields = FieldWriter(capacity: 64 + words.utf8.count)
        fields.add(.word, code.word)
        fields.add(.words, words.cut(toBytes: Self.textBytesMax))
        if let retryMilliseconds { fields.add(.retryMilliseconds, retryMilliseconds) }
        if let details, details.utf8.count <= Self.textBytesMax { fields.add(.details, details) }
        FrameHeader(
            .error, payloadBytes: fields.bytes.count, code: code.rawValue, stream: stream,
            last: true
        ).append(to: &bytes)
        bytes += fields.bytes
    }
}
