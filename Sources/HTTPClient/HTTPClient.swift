package import Base
internal import CCurl
internal import Glibc
internal import Synchronization

/// Asks one server again and again, over a connection that is kept (`curl_easy`, `curl_multi`).
/// Owns the handles; one thread at a time.
///
/// The multi handle, because its wait takes a descriptor of the caller's beside the sockets: an
/// exchange ends at once when it is told to, and not when curl next looks.
@safe package final class HTTPClient {
    private static let turnMilliseconds: Int32 = 250

    private let easy: UnsafeMutableRawPointer
    private let multi: UnsafeMutableRawPointer
    private let target: HTTPTarget
    private let limits: HTTPLimits

    package init(_ target: HTTPTarget, limits: HTTPLimits = HTTPLimits()) throws(Failure) {
        guard Self.isReady, let easy = unsafe curl_easy_init() else {
            throw Failure(.io, "libcurl does not start. Check the memory of this machine")
        }
        guard let multi = unsafe curl_multi_init() else {
            unsafe curl_easy_cleanup(easy)
            throw Failure(.io, "libcurl does not start. Check the memory of this machine")
        }
        unsafe self.easy = easy
        unsafe self.multi = multi
        self.target = target
        self.limits = limits
        setUp()
    }

    deinit {
        unsafe curl_easy_cleanup(easy)
        unsafe curl_multi_cleanup(multi)
    }

    /// Once for the process (`curl_global_init`); nothing ever undoes it.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// Asks, and gives what comes to `receiver`. Returns when the answer is complete.
    @discardableResult
    package func get(_ receiver: any HTTPReceiver) throws(HTTPFailure) -> HTTPHead {
        let transfer = Transfer(receiver, limits)
        let code = run(transfer, wake: receiver.wakeDescriptor)
        if let failure = transfer.failure { throw failure }
        let status = transfer.head.status
        if transfer.hasHeader, !(200...299).contains(status) { throw refusal(status) }
        guard code == CURLE_OK else { throw self.failure(code, transfer) }
        do throws(Failure) {
            try transfer.finish()
        } catch {
            throw HTTPFailure(.receiver, error)
        }
        learnSchemes()
        return transfer.head
    }

    /// Sends `body` and gives back the answer whatever its status: refusals of an interface have
    /// words of their own. Redirects are not followed; a POST must not become a GET on the way.
    package func post(
        _ body: [UInt8], mime: String, accepting: String? = nil,
        until stop: (any HTTPReceiver)? = nil
    ) throws(HTTPFailure) -> HTTPReply {
        try exchange(until: stop) { transfer in
            set(CURLOPT_FOLLOWLOCATION, 0)
            set(CURLOPT_POST, 1)
            unsafe proofreel_curl_post(easy, body, body.count)
            return run(
                transfer, wake: stop?.wakeDescriptor,
                headers: [
                    "Content-Type: \(mime)", "Expect:",
                ] + (accepting.map { ["Accept: \($0)"] } ?? []))
        }
    }

    /// The answer as a whole, whatever its status.
    package func fetch(until stop: (any HTTPReceiver)? = nil) throws(HTTPFailure) -> HTTPReply {
        try exchange(until: stop) { transfer in
            set(CURLOPT_FOLLOWLOCATION, 1)
            set(CURLOPT_HTTPGET, 1)
            return run(transfer, wake: stop?.wakeDescriptor)
        }
    }

    private func exchange(
        until stop: (any HTTPReceiver)?, _ body: (Transfer) -> CURLcode
    ) throws(HTTPFailure) -> HTTPReply {
        let keeper = ReplyKeeper(until: stop)
        let transfer = Transfer(keeper, limits, takesAnyStatus: true)
        let code = body(transfer)
        if let failure = transfer.failure { throw failure }
        guard code == CURLE_OK else { throw self.failure(code, transfer) }
        return HTTPReply(head: transfer.head, body: keeper.bytes)
    }

    // MARK: - Options

    private func set(_ option: CURLoption, _ value: Int) {
        let code = unsafe proofreel_curl_set_long(easy, option, value)
        precondition(code == CURLE_OK, "curl refuses option \(option.rawValue): \(code.rawValue)")
    }

    private func set(_ option: CURLoption, _ value: String) {
        let code = unsafe proofreel_curl_set_text(easy, option, value)
        // The one other reason is that there is no memory.
        precondition(code == CURLE_OK, "curl refuses option \(option.rawValue): \(code.rawValue)")
    }

    private func setUp() {
        set(CURLOPT_NOSIGNAL, 1)
        // A name server that hangs would otherwise hold up the end of the exchange.
        set(CURLOPT_QUICK_EXIT, 1)
        set(CURLOPT_URL, target.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 1)
        set(CURLOPT_MAXREDIRS, limits.redirectsMax)
        // Credentials go to the host that they are for, and to none that it points to.
        set(CURLOPT_UNRESTRICTED_AUTH, 0)
        // Cameras are on this network: a proxy from the environment is for something else.
        if !target.usesProxy { set(CURLOPT_PROXY, "") }
        set(CURLOPT_USERAGENT, "proofreel")
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_CONNECTTIMEOUT_MS, limits.connectMilliseconds)
        set(CURLOPT_TIMEOUT_MS, limits.totalMilliseconds ?? 0)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        if let user = target.user {
            set(CURLOPT_HTTPAUTH, proofreel_curl_auth_basic | proofreel_curl_auth_digest)
            // Not CURLOPT_USERPWD, which would cut the user at a colon.
            set(CURLOPT_USERNAME, user)
            set(CURLOPT_PASSWORD, target.password)
        }
        switch target.trust {
        case .authorities: break
        case .pinned(let sha256):
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
            set(CURLOPT_PINNEDPUBLICKEY, "sha256//\(sha256)")
        case .anybody:
            set(CURLOPT_SSL_VERIFYPEER, 0)
            set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        unsafe setCallbacks()
    }

    @unsafe private func setCallbacks() {
        let onBody: proofreel_curl_bytes = { bytes, size, count, context in
            unsafe lend(bytes, size * count, context) { $0.body($1) }
        }
        let onHeader: proofreel_curl_bytes = { bytes, size, count, context in
            unsafe lend(bytes, size * count, context) { $0.headerLine($1) }
        }
        _ = unsafe proofreel_curl_on_bytes(easy, CURLOPT_WRITEFUNCTION, onBody)
        _ = unsafe proofreel_curl_on_bytes(easy, CURLOPT_HEADERFUNCTION, onHeader)
    }

    /// With both schemes allowed, curl asks without a password first, to see what the camera wants.
    /// A camera that knows only Basic is told at once from then on: one request less each time.
    private func learnSchemes() {
        let offered = unsafe proofreel_curl_long(easy, CURLINFO_HTTPAUTH_AVAIL)
        guard target.user != nil, offered & proofreel_curl_auth_basic != 0,
            offered & proofreel_curl_auth_digest == 0
        else { return }
        set(CURLOPT_HTTPAUTH, proofreel_curl_auth_basic)
    }

    // MARK: - One exchange

    private func run(
        _ transfer: Transfer, wake: Int32?, headers: [String] = []
    ) -> CURLcode {
        var list: UnsafeMutablePointer<curl_slist>?
        for header in headers { unsafe list = curl_slist_append(list, header) }
        _ = unsafe proofreel_curl_set_pointer(easy, CURLOPT_HTTPHEADER, list)
        defer {
            _ = unsafe proofreel_curl_set_pointer(easy, CURLOPT_HTTPHEADER, nil)
            unsafe curl_slist_free_all(list)
        }
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        _ = unsafe proofreel_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
        _ = unsafe proofreel_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
        guard unsafe curl_multi_add_handle(multi, easy) == CURLM_OK else {
            return CURLE_FAILED_INIT
        }
        // Removing it ends the transfer, wherever it stands.
        defer { unsafe curl_multi_remove_handle(multi, easy) }
        return withExtendedLifetime(transfer) {
            let start = monotonicMilliseconds()
            var running: Int32 = 1
            while true {
                let state = unsafe curl_multi_perform(multi, &running)
                guard state == CURLM_OK else { return CURLE_FAILED_INIT }
                let result = unsafe proofreel_curl_result(multi)
                if result >= 0 { return CURLcode(UInt32(result)) }
                guard transfer.turn(), isInTime(transfer, since: start) else {
                    return CURLE_ABORTED_BY_CALLBACK
                }
                unsafe wait(wake)
            }
        }
    }

    @unsafe private func wait(_ wake: Int32?) {
        var ready: Int32 = 0
        var extra = curl_waitfd(fd: wake ?? -1, events: Int16(CURL_WAIT_POLLIN), revents: 0)
        _ = unsafe curl_multi_poll(
            multi, &extra, wake == nil ? 0 : 1, Self.turnMilliseconds, &ready)
    }

    private func isInTime(_ transfer: Transfer, since start: UInt64) -> Bool {
        let now = monotonicMilliseconds()
        if !transfer.hasHeader {
            let max = limits.connectMilliseconds + limits.answerMilliseconds
            let isConnected = unsafe proofreel_curl_offset(easy, CURLINFO_PRETRANSFER_TIME_T) > 0
            guard isConnected, now - start > UInt64(max) else { return true }
            return transfer.fail(unanswered)
        }
        guard now - transfer.lastByte > UInt64(limits.silenceMilliseconds) else { return true }
        return transfer.fail(
            HTTPFailure(
                .stalled,
                Failure(
                    .io, "\(host) has sent nothing for \(limits.silenceMilliseconds / 1000) s")))
    }

    // MARK: - Failures

    /// Host and port, for people.
    private var host: String {
        let rest = target.url.split(separator: "/", omittingEmptySubsequences: true).dropFirst()
        return String(rest.first ?? "the camera")
    }

    private var unanswered: HTTPFailure {
        HTTPFailure(.answerTimeout, Failure(.io, "\(host) accepts the connection and says nothing"))
    }

    private func refusal(_ status: Int) -> HTTPFailure {
        switch status {
        case 401, 407:
            HTTPFailure(
                .authentication,
                Failure(
                    .refused,
                    target.user == nil
                        ? "\(host) asks for a user and a password (status \(status))"
                        : "\(host) refuses this user or password (status \(status))"))
        case 300...399:
            HTTPFailure(.redirects, Failure(.invalid, "\(host) redirects to nowhere (\(status))"))
        case 404:
            HTTPFailure(.status(404), Failure(.notFound, "\(host) has no such path (status 404)"))
        default:
            HTTPFailure(.status(status), Failure(.io, "\(host) answers with status \(status)"))
        }
    }

    private func failure(_ code: CURLcode, _ transfer: Transfer) -> HTTPFailure {
        let said = unsafe String(cString: curl_easy_strerror(code))
        func make(_ reason: HTTPFailure.Reason, _ kind: FailureKind, _ words: String) -> HTTPFailure
        {
            HTTPFailure(reason, Failure(kind, words))
        }
        switch code {
        case CURLE_URL_MALFORMAT: return make(.badURL, .invalid, "\(host) is no host and port")
        case CURLE_COULDNT_RESOLVE_HOST:
            return make(.resolve, .notFound, "the name \(host) has no address")
        case CURLE_COULDNT_CONNECT: return connectFailure()
        case CURLE_OPERATION_TIMEDOUT: return timeout(transfer)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return make(.certificate, .refused, "the certificate of \(host) is not trusted")
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
            return make(.certificate, .refused, "\(host) has another key than the pinned one")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CACERT_BADFILE:
            return make(.tls, .io, "no TLS with \(host): \(said)")
        case CURLE_UNSUPPORTED_PROTOCOL where !transfer.hasHeader, CURLE_WEIRD_SERVER_REPLY:
            return make(.notHTTP, .invalid, "what \(host) says is not HTTP")
        case CURLE_GOT_NOTHING:
            return make(.closedUnanswered, .io, "\(host) closes the connection without an answer")
        case CURLE_TOO_MANY_REDIRECTS:
            return make(
                .redirects, .invalid, "\(host) redirects more than \(limits.redirectsMax) times")
        case CURLE_LOGIN_DENIED: return refusal(401)
        // Its buffer for one header line is full.
        case CURLE_OUT_OF_MEMORY where !transfer.hasHeader: return transfer.tooLargeHeader
        case CURLE_PARTIAL_FILE:
            return make(.partial, .io, "\(host) ended the answer before its length")
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR:
            return transfer.hasHeader
                ? make(.partial, .io, "\(host) broke the connection off")
                : make(.closedUnanswered, .io, "\(host) breaks the connection off unanswered")
        default: return make(.other, .io, "\(host): \(said)")
        }
    }

    private func connectFailure() -> HTTPFailure {
        let code = Int32(unsafe proofreel_curl_long(easy, CURLINFO_OS_ERRNO))
        switch code {
        case ECONNREFUSED:
            return HTTPFailure(.refused, Failure(.io, "nothing listens at \(host)"))
        case ETIMEDOUT:
            return HTTPFailure(.connectTimeout, Failure(.io, "nobody answers at \(host)"))
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN:
            return HTTPFailure(.unreachable, Failure(.io, "\(host) cannot be reached from here"))
        default:
            let text = unsafe String(cString: strerror(code))
            return HTTPFailure(.other, Failure(.io, "no connection to \(host): \(text)"))
        }
    }

    private func timeout(_ transfer: Transfer) -> HTTPFailure {
        if unsafe proofreel_curl_offset(easy, CURLINFO_NAMELOOKUP_TIME_T) <= 0 {
            return HTTPFailure(.resolve, Failure(.io, "no name server answers for \(host)"))
        }
        if unsafe proofreel_curl_offset(easy, CURLINFO_CONNECT_TIME_T) <= 0 {
            return HTTPFailure(.connectTimeout, Failure(.io, "nobody answers at \(host)"))
        }
        if unsafe proofreel_curl_offset(easy, CURLINFO_PRETRANSFER_TIME_T) <= 0 {
            return HTTPFailure(.tls, Failure(.io, "\(host) does not finish the TLS handshake"))
        }
        if !transfer.hasHeader { return unanswered }
        let seconds = (limits.totalMilliseconds ?? 0) / 1000
        return HTTPFailure(
            .totalTimeout, Failure(.io, "\(host) took more than \(seconds) s for one answer"))
    }
}

/// Finds the transfer of a callback and lends it the bytes; anything but their count tells curl to
/// end the exchange.
private func lend(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ body: (Transfer, Span<UInt8>) -> Bool
) -> Int {
    guard let context = unsafe context, let bytes = unsafe bytes else { return count }
    let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let start = unsafe UnsafeRawPointer(bytes).assumingMemoryBound(to: UInt8.self)
    let span = unsafe Span(_unsafeStart: start, count: count)
    return body(transfer, span) ? count : Int(CURL_WRITEFUNC_ERROR)
}
