internal import AV
internal import Base

/// What libav's failures mean for a camera, and the one thing to do about each. The same table
/// stands in `docs/cameras.md`.
extension RTSPSource {
    func failure(opening error: AVFailure) -> SourceFailure {
        let log = error.log.joined(separator: "\n")
        switch error.reason {
        case .noAddress:
            return SourceFailure(
                .configuration, at: .address, "the name \(place) has no address",
                remedy: "correct the name, or use the camera's IP address")
        case .unreachable:
            return SourceFailure(
                .network, at: .route, "no network leads to \(place)",
                remedy: "check cable, switch and the address; is the camera in the same network?")
        case .refused:
            return SourceFailure(
                .camera, at: .port, "nothing answers on \(place)",
                remedy: "check the port (RTSP is mostly 554) and that RTSP is switched on")
        case .timedOut:
            return SourceFailure(
                .network, at: connected(log) ? .reply : .port,
                "the camera at \(place) gave no answer in time",
                remedy: "check that it has power and network; restart it if it answers nothing")
        case .unauthorized, .forbidden: return refusal(error)
        case .notFound:
            return SourceFailure(
                .configuration, at: .path, "the camera has no stream at this path",
                remedy: "use the path from the camera's manual; mind capital letters")
        case .closed:
            return SourceFailure(
                .camera, at: .reply, "the camera hung up instead of answering",
                remedy: "check the path; the camera may also have all its connections in use")
        case .serverError:
            return SourceFailure(
                .camera, at: .path, "the camera reports an error of its own\(status(log))",
                remedy: "close other viewers of this camera, then restart it")
        case .badRequest, .otherClientError, .unsupported, .other, .outOfMemory:
            return otherRefusal(error, log)
        case .invalidData, .stopped:
            return SourceFailure(
                .camera, at: .reply, "what answers on \(place) does not speak RTSP as it should",
                remedy: "check the port and the path; is this the camera's RTSP port?")
        }
    }

    private func refusal(_ error: AVFailure) -> SourceFailure {
        if error.reason == .forbidden {
            return SourceFailure(
                .auth, at: .login, "the camera forbids this user to see the stream",
                remedy: "give the user the right to view on the camera, or use another")
        }
        return hasUser
            ? SourceFailure(
                .auth, at: .login, "the camera does not accept this user and password",
                remedy: "correct them; on the camera, set RTSP log-in to Digest or Basic (MD5)")
            : SourceFailure(
                .auth, at: .login, "the camera wants a user and a password",
                remedy: "put them into the URL: \(schemeName)://USER:PASSWORD@\(place)/…")
    }

    private func otherRefusal(_ error: AVFailure, _ log: String) -> SourceFailure {
        if log.contains("461") || error.reason == .unsupported {
            let other = isTCP ? "UDP" : "TCP"
            return SourceFailure(
                .configuration, at: .path, "the camera refuses this transport\(status(log))",
                remedy: "choose \(other) as transport for this camera")
        }
        return SourceFailure(
            .camera, at: .path, "the camera refuses the stream\(status(log))",
            remedy: "check the path, and that the camera is not at its limit of viewers")
    }

    func failure(reading error: AVFailure, _ session: RTSPSession) -> SourceFailure {
        switch error.reason {
        case .timedOut where session.hasFrames:
            return SourceFailure(
                .camera, at: .firstFrame,
                "the camera stopped sending \(stallSeconds) seconds ago, with the connection open",
                remedy: "check its network; restart it if this comes again")
        case .timedOut:
            return SourceFailure(
                .camera, at: .firstFrame,
                "the camera agreed to play and then sent nothing for \(stallSeconds) seconds",
                remedy: isTCP
                    ? "restart the camera; it may be at its limit of viewers"
                    : "let its UDP packets through the firewall, or choose TCP as transport")
        case .closed, .refused, .unreachable, .noAddress:
            return SourceFailure(
                .network, at: .firstFrame, "the connection to the camera broke",
                remedy: "check cable and power; it is tried again by itself")
        case .unauthorized, .forbidden: return refusal(error)
        case .badRequest, .notFound, .otherClientError, .serverError, .stopped, .invalidData,
            .unsupported, .outOfMemory, .other:
            return SourceFailure(
                .camera, at: .firstFrame, "the camera's stream cannot be understood",
                remedy: "restart the camera; if it stays so, update its firmware")
        }
    }

    /// What the sink could not take is not the camera's fault.
    func failure(sink error: Failure) -> SourceFailure {
        let isOurs = error.kind == .busy || error.kind == .stopped
        return SourceFailure(
            isOurs ? .overload : .disk, at: .firstFrame, error.words,
            remedy: "see the server's disk and memory")
    }

    private func connected(_ log: String) -> Bool { log.contains("method ") }

    /// The status line that libav logged, such as "454 Session Not Found".
    private func status(_ log: String) -> String {
        guard let line = log.split(separator: "\n").last(where: { $0.contains(" failed: ") }),
            let colon = line.lastIndex(of: ":")
        else { return "" }
        let words = line[line.index(after: colon)...].filter { $0.isASCII && !$0.isNewline }
        return words.isEmpty ? "" : " (" + words.drop { $0 == " " }.prefix(60) + ")"
    }
}
