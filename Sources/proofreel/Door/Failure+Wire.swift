internal import Base
internal import WireProtocol

extension Failure {
    /// What was told, by the log itself or by a server; nil when `error` is something else.
    init?(told error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as WireError: self.init(Self.kind(of: error.code), error.words)
        default: return nil
        }
    }

    private static func kind(of code: WireError.Code) -> FailureKind {
        switch code {
        case .notFound, .unknownCamera: .notFound
        case .denied, .notAdmitted, .wrongCredentials, .lockedOut: .denied
        case .alreadyExists: .alreadyExists
        case .invalid, .tooLarge: .invalid
        case .busy, .tooMany, .goingAway: .busy
        case .corrupt: .corrupt
        case .full: .full
        case .stopped: .stopped
        case .readOnly: .readOnly
        case .unknownOutcome: .unknownOutcome
        default: .refused
        }
    }
}
