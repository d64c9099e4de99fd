package import Base
internal import CHTTPD
internal import Glibc

/// An HTTP/1.1 server at one socket (libmicrohttpd). Has no thread of its own: whoever owns it
/// calls `run` again and again from one thread, on which everything happens but
/// `HTTPExchange.reply` and `wake`.
///
/// The process must ignore SIGPIPE (`Process.ignoreBrokenPipes`), which sending a file to a client
/// that has gone would raise.
///
/// What a client can cost is bounded: connections, the bytes of a request's head, the time for
/// sending it, the time without taking any of an answer.
@safe package final class HTTPServer: @unchecked Sendable {
    package struct Options: Sendable {
        package var connectionsMax = 512
        /// Memory of one connection: the head of a request must fit, and pieces of answers do.
        package var connectionBytes = 32 << 10
        /// How long a connection may do nothing at all, in either direction.
        package var idleSeconds: UInt64 = 30
        /// How long a client may take to ask, also byte by byte.
        package var askSeconds: UInt64 = 30
        /// How long a client may take for an answer that has an end.
        package var answerSeconds: UInt64 = 600
        /// TLS 1.3 with this certificate and key (PEM); nil for plain HTTP.
        package var certificate: (certificate: [UInt8], key: [UInt8])?
        package init() {}
    }

    private let daemon: OpaquePointer
    /// Readable when the daemon has something to do.
    private let waiting: Int32
    /// The daemon's callbacks refer to it.
    private let desk: HTTPDesk

    /// The daemon listens at a copy of the descriptor.
    package init(
        listening descriptor: Int32, _ options: Options, _ handler: any HTTPHandler
    ) throws(Failure) {
        let copy = proofreel_httpd_copy(descriptor)
        guard copy >= 0 else {
            throw Failure(.io, "no descriptor is left for the HTTP server (errno \(errno))")
        }
        guard let wake = HTTPWake() else {
            close(copy)
            throw Failure(.io, "no descriptor is left for the HTTP server (errno \(errno))")
        }
        let desk = HTTPDesk(handler, options, wake)
        self.desk = desk
        guard let daemon = unsafe Self.start(copy, options, desk) else {
            close(copy)
            throw Failure(
                .io,
                options.certificate == nil
                    ? "the HTTP server does not start; check this machine's memory and descriptors"
                    : "the HTTPS server does not start; is its certificate in PEM, and the key to"
                        + " it?")
        }
        unsafe self.daemon = daemon
        waiting = unsafe proofreel_httpd_waiting(daemon)
    }

    /// Ends what `end` has not.
    deinit { unsafe MHD_stop_daemon(daemon) }

    private static func start(
        _ descriptor: Int32, _ options: Options, _ desk: HTTPDesk
    ) -> OpaquePointer? {
        var raw = unsafe proofreel_httpd_options()
        unsafe raw.descriptor = descriptor
        unsafe raw.connections_max = UInt32(options.connectionsMax)
        unsafe raw.idle_seconds = UInt32(options.idleSeconds)
        unsafe raw.connection_bytes = options.connectionBytes
        unsafe raw.context = Unmanaged.passUnretained(desk).toOpaque()
        unsafe HTTPCallbacks.set(&raw)
        guard let pair = options.certificate else { return unsafe proofreel_httpd_start(&raw) }
        // Copied by the daemon, which reads them as C texts.
        let texts = [pair.certificate, pair.key, Array(Self.priorities.utf8)].map { text in
            text.map { CChar(bitPattern: $0) } + [0]
        }
        return unsafe texts[0].withUnsafeBufferPointer { certificate in
            unsafe texts[1].withUnsafeBufferPointer { key in
                unsafe texts[2].withUnsafeBufferPointer { priorities in
                    unsafe raw.certificate = certificate.baseAddress
                    unsafe raw.key = key.baseAddress
                    unsafe raw.priorities = priorities.baseAddress
                    return unsafe proofreel_httpd_start(&raw)
                }
            }
        }
    }

    /// As everywhere in this project: nothing older than TLS 1.3.
    private static let priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3"

    /// Waits so long for something to happen, and does it (`MHD_run`).
    package func run(milliseconds: Int32) {
        // What is left to do from the last turn is not waited for.
        let least = unsafe min(milliseconds, proofreel_httpd_patience(daemon, milliseconds))
        if least > 0 { desk.wake.wait(or: waiting, milliseconds: least) }
        _ = unsafe MHD_run(daemon)
        desk.look()
    }

    /// Ends all streams and answers nobody any more who has not been answered; then `run` a few
    /// times more, so that clients get what is on its way.
    package func beginToEnd() { desk.beginToEnd() }

    /// Connections that are open.
    package var connectionCount: Int { desk.connectionCount }
}

/// What answers requests. Called on the server's thread.
package protocol HTTPHandler: AnyObject, Sendable {
    /// The answer, or nil when `HTTPExchange.reply` gives it later, from any thread.
    func answer(_ exchange: HTTPExchange) -> HTTPReply?
    /// How long a body of this request may be, by its head; 0 for none.
    func bodyBytesMax(_ exchange: HTTPExchange) -> Int
}

extension HTTPHandler {
    package func bodyBytesMax(_: HTTPExchange) -> Int { 0 }
}
