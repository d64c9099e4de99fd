package import Base

/// Why an exchange did not end well. The words name the host, never a user or a password.
package struct HTTPFailure: Error, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case badURL
        case resolve
        case refused
        case unreachable
        case connectTimeout
        /// TLS could not be agreed upon.
        case tls
        /// The certificate is not one that the target trusts.
        case certificate
        case closedUnanswered
        case answerTimeout
        case notHTTP
        case headerTooLarge
        case redirects
        /// 401 or 407, after whatever could be tried.
        case authentication
        case status(Int)
        case bodyTooLarge
        /// Ended before its Content-Length, or was reset.
        case partial
        case stalled
        case totalTimeout
        /// The receiver had enough; `failure` is what it threw.
        case receiver
        case other
    }

    package let reason: Reason
    package let failure: Failure

    package init(_ reason: Reason, _ failure: Failure) {
        self.reason = reason
        self.failure = failure
    }

    package var description: String { failure.words }
}
