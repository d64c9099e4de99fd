internal import CHTTPD

/// One request and its answer. The server's thread owns it, but for `reply` and `wake`, which any
/// thread may call at any time, also when the client is gone.
@safe package final class HTTPExchange: @unchecked Sendable {
    private struct State {
        /// An answer that came later and is not taken yet.
        var reply: HTTPReply?
        /// The daemon has put the connection aside until it is told to go on.
        var isSuspended = false
        /// Something was new since the stream was last asked.
        var isWoken = false
        /// The daemon knows the connection no more.
        var isOver = false
    }

    private let connection: OpaquePointer
    private let wakeServer: HTTPWake
    private let state = HTTPLock(State())
    /// As the client sent it: path and query, still encoded.
    package let target: [UInt8]
    /// Four or sixteen bytes of the client's IP address.
    package let address: [UInt8]
    package private(set) var method = ""
    /// What came with the request; whole when the handler is asked.
    package private(set) var body: [UInt8] = []
    private(set) var isAsked = false
    private(set) var isHandled = false
    private(set) var isStreaming = false
    private var hasLeft = false
    /// Lets go of this exchange when that is over.
    private let client: HTTPConnection?

    init(
        _ connection: OpaquePointer, target: [UInt8], of client: HTTPConnection?, _ wake: HTTPWake
    ) {
        unsafe self.connection = connection
        wakeServer = wake
        self.target = target
        self.client = client
        address = client?.address ?? []
    }

    /// The first header of this name; only while the request is being handled.
    package func header(_ name: String) -> String? {
        guard let value = unsafe proofreel_httpd_header(connection, name)
        else { return nil }
        return unsafe String(cString: value)
    }

    /// SHA-256 of the public key of the certificate that the client has shown, and proven to have
    /// the private key of; who signed it says nothing. Nil without one. Only while the request is
    /// being handled.
    package var peerKey: [UInt8]? {
        guard let client else { return nil }
        if !client.isKeyKnown {
            client.isKeyKnown = true
            var hash = [UInt8](repeating: 0, count: 32)
            if unsafe proofreel_httpd_peer_key(connection, &hash) != 0 { client.key = hash }
        }
        return client.key
    }

    /// The answer to a request whose handler had none at once. The first one counts.
    package func reply(_ reply: HTTPReply) {
        state.withLock { state in
            guard state.reply == nil, !state.isOver else { return }
            state.reply = reply
            resume(&state)
        }
    }

    /// Its stream has something new.
    package func wake() {
        state.withLock { state in
            state.isWoken = true
            resume(&state)
        }
    }

    private func resume(_ state: inout State) {
        guard state.isSuspended, !state.isOver else { return }
        state.isSuspended = false
        unsafe MHD_resume_connection(connection)
        wakeServer.signal()
    }

    // MARK: On the server's thread

    /// The head has come: what is asked for. A body has as much time again.
    func ask(method: String) {
        self.method = method
        isAsked = true
        client?.since = monotonicSeconds()
    }

    /// A body that is longer, or does not say how long it is, is not waited for.
    func hasBody(beyond max: Int) -> Bool {
        if header("Transfer-Encoding") != nil { return true }
        guard let length = header("Content-Length") else { return false }
        return Int(length).map { $0 > max } ?? true
    }

    /// The next part of the body, which is no longer than was said.
    func take(_ part: [UInt8]) { body += part }

    /// The answer, or nil when it has not come, and the connection is put aside. The handler is
    /// asked once, though the daemon may go on without an answer: a stream that is about to be the
    /// answer may wake it.
    func takeReply(orAsk handler: any HTTPHandler) -> HTTPReply? {
        if let late = takeLate() { return late }
        if !isHandled {
            isHandled = true
            // From here on it is the answer that takes its time.
            client?.since = monotonicSeconds()
            if let reply = handler.answer(self) { return reply }
        }
        return state.withLock { state in
            if let reply = state.reply { return reply }
            suspend(&state)
            return nil
        }
    }

    private func takeLate() -> HTTPReply? { state.withLock { $0.reply } }

    private func suspend(_ state: inout State) {
        state.isSuspended = true
        unsafe MHD_suspend_connection(connection)
    }

    /// The next part of a stream; nil when the connection is put aside until there is one.
    func next(_ stream: any HTTPStream) -> HTTPPiece? {
        isStreaming = true
        while true {
            guard !hasLeft else { return .end }
            state.withLock { $0.isWoken = false }
            switch stream.next() {
            case .parts(let parts): return .parts(parts)
            case .end: return .end
            case .wait:
                let isAside = state.withLock { state in
                    guard !state.isWoken else { return false }
                    suspend(&state)
                    return true
                }
                if isAside { return nil }
            }
        }
    }

    /// The client has gone; its stream ends when it is next asked.
    func leave() { hasLeft = true }

    /// The server ends: streams as well, and who waits is told so.
    func abandon() {
        hasLeft = true
        reply(
            HTTPReply(
                503, [("Content-Type", "text/plain; charset=utf-8"), ("Retry-After", "1")],
                .bytes(Array("the server ends; ask again in a moment\n".utf8))))
        wake()
    }

    func end() {
        state.withLock { state in
            state.isOver = true
            state.reply = nil
        }
    }

    func queue(_ reply: HTTPReply) -> Bool {
        guard let response = unsafe HTTPResponse.make(reply, self) else { return false }
        // The daemon counts its own references.
        defer { unsafe MHD_destroy_response(response) }
        return unsafe proofreel_httpd_queue(connection, UInt32(reply.status), response) != 0
    }
}
