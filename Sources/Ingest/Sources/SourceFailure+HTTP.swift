internal import Base
internal import HTTPClient

extension SourceFailure {
    /// - pictures: how many whole ones came before.
    init(http failure: HTTPFailure, after pictures: Int) {
        let words = failure.failure.words
        func make(_ cause: GapCause, _ rung: Rung, _ remedy: String) -> SourceFailure {
            SourceFailure(cause, at: rung, words, remedy: remedy)
        }
        self =
            switch failure.reason {
            case .badURL: make(.configuration, .address, "correct the camera's URL")
            case .resolve:
                make(.network, .address, "check the name, or write the camera's IP address")
            case .unreachable:
                make(
                    .network, .route, "check that the camera is on a network this machine can reach"
                )
            case .refused:
                make(.network, .port, "check the port, and that HTTP is switched on in the camera")
            case .connectTimeout:
                make(.network, .port, "check the address, the cable and the camera's power")
            case .tls, .certificate:
                Self.certificate(failure, words)
            case .closedUnanswered, .answerTimeout:
                make(.camera, .reply, "restart the camera; check how many viewers it allows")
            case .notHTTP:
                make(.configuration, .reply, "check the port: something else listens there")
            case .headerTooLarge:
                make(.camera, .reply, "check the port and path; update the camera's firmware")
            case .redirects: make(.configuration, .path, "give the URL that it redirects to")
            case .authentication:
                make(.auth, .login, "check user and password in the camera's own page")
            case .status(403):
                make(.auth, .login, "give this user the right to view, in the camera's own page")
            case .status(404), .status(410):
                make(.configuration, .path, "look in the camera's manual for the path")
            case .status(400...499):
                make(.configuration, .path, "check the path and its parameters")
            case .status(503):
                make(.camera, .path, "the camera is busy: close other viewers, or restart it")
            case .status: make(.camera, .path, "restart the camera; it has an error of its own")
            case .bodyTooLarge: make(.camera, .codec, "set a smaller picture size in the camera")
            case .partial, .stalled, .totalTimeout:
                make(
                    pictures > 0 ? .network : .camera, .firstFrame,
                    "check the network to the camera; restart the camera")
            case .receiver:
                SourceFailure(storing: failure.failure)
            case .other: make(.network, .port, "check the network to the camera")
            }
    }

    private static func certificate(_ failure: HTTPFailure, _ words: String) -> SourceFailure {
        failure.reason == .tls
            ? SourceFailure(
                .camera, at: .reply, words,
                remedy: "check the port; update the camera's firmware, or use http://")
            : SourceFailure(
                .configuration, at: .reply, words,
                remedy: "pin the camera's own key, or install a certificate in the camera")
    }
}
