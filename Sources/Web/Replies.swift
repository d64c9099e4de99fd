internal import Base
internal import EvidenceFormat
internal import HTTPD
internal import Server
internal import WireProtocol

/// The forms that answers have.
enum Replies {
    /// On every answer: what came from a camera or from an upload is shown and never run.
    static let guards: [(name: String, value: String)] = [
        ("X-Content-Type-Options", "nosniff"),
        (
            "Content-Security-Policy",
            "sandbox; default-src 'none'; img-src 'self'; media-src 'self'"
        ), ("Referrer-Policy", "no-referrer"),
    ]
    static let fresh = (name: "Cache-Control", value: "no-store")

    static func json(_ json: JSON, _ status: Int = 200) -> HTTPReply {
        HTTPReply(
            status, [("Content-Type", "application/json"), fresh], .bytes(json.encode() + [0x0A]))
    }

    static func text(_ text: String, _ status: Int = 200) -> HTTPReply {
        HTTPReply(
            status, [("Content-Type", "text/plain; charset=utf-8"), fresh],
            .bytes(Array("\(text)\n".utf8)))
    }

    /// For programs as JSON when they ask for it, else one sentence for people.
    static func refusal(
        _ error: WireError, _ headers: Visit.Headers, status: Int? = nil
    ) -> HTTPReply {
        let status = status ?? self.status(of: error.code)
        var reply: HTTPReply
        if headers.wantsJSON {
            var fields: [(String, JSON)] = [
                ("error", .string(error.code.word)), ("words", .string(error.words)),
            ]
            if let details = error.details, let more = json(details)?.object {
                for member in more.members { fields.append((member.key, member.value)) }
            }
            reply = json(.object(JSONObject(fields)), status)
        } else {
            reply = text(error.words, status)
        }
        reply.headers.append(("Proofreel-Error", error.code.word))
        if status == 401 {
            reply.headers.append(
                ("WWW-Authenticate", "Basic realm=\"Proofreel\", charset=\"UTF-8\""))
        }
        if let milliseconds = error.retryMilliseconds ?? (status == 503 ? 1000 : nil) {
            reply.headers.append(("Retry-After", "\(max(1, milliseconds / 1000))"))
        }
        return reply
    }

    private static func json(_ text: String) -> JSON? {
        do throws(Failure) { return try JSON(parsing: Array(text.utf8).span) } catch { return nil }
    }

    /// The table of `docs/http.md`.
    static func status(of code: WireError.Code) -> Int {
        switch code {
        case .invalid, .protocolViolation, .unsupportedVersion, .future: 400
        case .notAdmitted, .wrongCredentials: 401
        case .denied: 403
        case .notFound, .unknownOperation, .unknownCamera, .gap, .clockSet: 404
        case .alreadyExists, .refused, .cameraOff: 409
        case .expired: 410
        case .tooLarge: 413
        case .unsupported: 422
        case .lockedOut: 429
        case .corrupt, .dataLoss, .io: 500
        case .tooMany, .goingAway, .busy, .cancelled, .stopped, .readOnly, .fenced, .offline,
            .noFrame:
            503
        case .timedOut, .unknownOutcome: 504
        case .full: 507
        }
    }
}
