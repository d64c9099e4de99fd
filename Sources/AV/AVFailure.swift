package import Base
internal import CAV
internal import Glibc

/// What a function of libav returned instead of success, and what libav's log said around it.
package struct AVFailure: Error, Hashable, Sendable {
    /// The causes that callers tell apart.
    package enum Reason: Hashable, Sendable {
        /// RTSP and HTTP: the server's status.
        case badRequest, unauthorized, forbidden, notFound, otherClientError, serverError
        /// The network.
        case noAddress, refused, unreachable, timedOut, closed
        /// Somebody raised the flag that the `Interrupt` looks at.
        case stopped
        case invalidData, unsupported, outOfMemory, other
    }

    package let operation: String
    package let code: Int32
    package let reason: Reason
    /// The last lines of libav's log, oldest first, without credentials.
    package let log: [String]

    init(_ operation: String, _ code: Int32, log: [String] = []) {
        self.operation = operation
        self.code = code
        self.log = log
        let isName = log.contains { $0.contains("Failed to resolve hostname") }
        reason = isName ? .noAddress : Self.reason(of: code)
    }

    init(_ operation: String, timedOut log: [String]) {
        self.operation = operation
        code = -ETIMEDOUT
        reason = .timedOut
        self.log = log
    }

    /// The one place where numbers of libav get a meaning.
    private static func reason(of code: Int32) -> Reason {
        switch code {
        case proofreel_averror_bad_request: .badRequest
        case proofreel_averror_unauthorized: .unauthorized
        case proofreel_averror_forbidden: .forbidden
        case proofreel_averror_not_found: .notFound
        case proofreel_averror_other_4xx: .otherClientError
        case proofreel_averror_server: .serverError
        case proofreel_averror_exit: .stopped
        case proofreel_averror_eof, -ECONNRESET, -EPIPE, -ENOTCONN, -EIO: .closed
        case -ECONNREFUSED: .refused
        case -EHOSTUNREACH, -ENETUNREACH, -ENETDOWN, -EADDRNOTAVAIL: .unreachable
        case -ETIMEDOUT: .timedOut
        case -ENOMEM: .outOfMemory
        case proofreel_averror_invalid: .invalidData
        case proofreel_averror_no_protocol, proofreel_averror_no_demuxer,
            proofreel_averror_no_decoder, proofreel_averror_no_encoder,
            proofreel_averror_patch_welcome, -ENOSYS, -EPROTONOSUPPORT:
            .unsupported
        default: .other
        }
    }

    /// libav's own words for the code.
    package var words: String {
        var text = [CChar](repeating: 0, count: 128)
        let found = unsafe text.withUnsafeMutableBufferPointer { buffer in
            unsafe av_strerror(code, buffer.baseAddress, buffer.count)
        }
        guard found >= 0 else { return "error \(code)" }
        let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// For callers that have no use for libav's reasons.
    package var failure: Failure {
        let last = log.last.map { " (\($0))" } ?? ""
        let what = "\(operation): \(words)\(last)"
        switch reason {
        case .stopped: return Failure(.stopped, "\(what). It was told to stop")
        case .invalidData:
            return Failure(.corrupt, "\(what). The bytes are damaged, or of another kind")
        case .unsupported:
            return Failure(.unsupported, "\(what). Install libav with support for it")
        case .notFound: return Failure(.notFound, "\(what). Check the address")
        case .unauthorized, .forbidden:
            return Failure(.refused, "\(what). Check user and password")
        case .outOfMemory: return Failure(.full, "\(what). Make room in memory, then try again")
        case .badRequest, .otherClientError, .serverError, .noAddress, .refused, .unreachable,
            .timedOut, .closed, .other:
            return Failure(.io, "\(what). Check the device and the network")
        }
    }
}

/// Turns what libav returns into a value or a failure.
@discardableResult
func checked(
    _ operation: String, _ code: Int32, log: LogLines? = nil
) throws(AVFailure) -> Int32 {
    guard code >= 0 else { throw AVFailure(operation, code, log: log?.lines ?? []) }
    return code
}
