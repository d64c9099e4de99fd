internal import CHTTPD
internal import Glibc

/// The functions that the daemon calls, all on the server's thread.
enum HTTPCallbacks {
    @unsafe static func set(_ options: inout proofreel_httpd_options) {
        unsafe options.connection = { context, raw, place, event in
            guard let desk = unsafe HTTPCallbacks.desk(context), let raw = unsafe raw,
                let place = unsafe place
            else { return }
            unsafe HTTPCallbacks.connection(desk, raw, place, event)
        }
        unsafe options.began = { context, target, raw in
            guard let desk = unsafe HTTPCallbacks.desk(context), let target = unsafe target,
                let raw = unsafe raw
            else { return nil }
            return unsafe HTTPCallbacks.began(desk, target, raw)
        }
        unsafe options.asked = { context, _, _, method, _, upload, uploadCount, place in
            guard let desk = unsafe HTTPCallbacks.desk(context), let method = unsafe method,
                let object = unsafe place?.pointee
            else { return proofreel_httpd_go(0) }
            let exchange = unsafe Unmanaged<HTTPExchange>.fromOpaque(object).takeUnretainedValue()
            if let upload = unsafe upload, let count = unsafe uploadCount?.pointee, count > 0 {
                exchange.take(
                    unsafe Array(UnsafeRawBufferPointer(start: upload, count: Int(count))))
                unsafe uploadCount?.pointee = 0
                return proofreel_httpd_go(1)
            }
            return unsafe HTTPCallbacks.asked(desk, exchange, String(cString: method))
        }
        unsafe options.completed = { _, raw, place, _ in
            guard let object = unsafe place?.pointee else { return }
            unsafe place?.pointee = nil
            unsafe Unmanaged<HTTPExchange>.fromOpaque(object).takeRetainedValue().end()
            guard let raw = unsafe raw, let connection = unsafe HTTPCallbacks.known(raw) else {
                return
            }
            connection.exchange = nil
            connection.since = monotonicSeconds()
        }
    }

    private static func desk(_ context: UnsafeMutableRawPointer?) -> HTTPDesk? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<HTTPDesk>.fromOpaque(context).takeUnretainedValue()
    }

    private static func known(_ raw: OpaquePointer) -> HTTPConnection? {
        guard let object = unsafe proofreel_httpd_context(raw) else { return nil }
        return unsafe Unmanaged<HTTPConnection>.fromOpaque(object).takeUnretainedValue()
    }

    private static func connection(
        _ desk: HTTPDesk, _ raw: OpaquePointer,
        _ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
        _ event: MHD_ConnectionNotificationCode
    ) {
        if proofreel_httpd_has_come(event) != 0 {
            var address = [UInt8](repeating: 0, count: 16)
            let count = unsafe proofreel_httpd_peer(raw, &address)
            let connection = HTTPConnection(
                socket: unsafe proofreel_httpd_socket(raw),
                address: Array(address.prefix(Int(count))))
            desk.began(connection)
            unsafe place.pointee = Unmanaged.passRetained(connection).toOpaque()
        } else if let object = unsafe place.pointee {
            unsafe place.pointee = nil
            desk.ended(unsafe Unmanaged<HTTPConnection>.fromOpaque(object).takeRetainedValue())
        }
    }

    /// The first line of a request has come.
    private static func began(
        _ desk: HTTPDesk, _ target: UnsafePointer<CChar>, _ raw: OpaquePointer
    ) -> UnsafeMutableRawPointer? {
        let connection = unsafe known(raw)
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: target, count: strlen(target)))
        let exchange = unsafe HTTPExchange(raw, target: bytes, of: connection, desk.wake)
        connection?.exchange = exchange
        return unsafe Unmanaged.passRetained(exchange).toOpaque()
    }

    /// Called when the head is there, again when the body is, and again when an answer came later.
    private static func asked(
        _ desk: HTTPDesk, _ exchange: HTTPExchange, _ method: String
    ) -> MHD_Result {
        guard exchange.isAsked else {
            exchange.ask(method: method)
            let max = desk.handler.bodyBytesMax(exchange)
            guard exchange.hasBody(beyond: max) else { return proofreel_httpd_go(1) }
            return proofreel_httpd_go(exchange.queue(tooLarge(max)) ? 1 : 0)
        }
        guard let reply = exchange.takeReply(orAsk: desk.handler) else {
            return proofreel_httpd_go(1)
        }
        // Without a response the daemon hangs up, which is all that is left without memory.
        return proofreel_httpd_go(exchange.queue(reply) ? 1 : 0)
    }

    /// Before any of it has come.
    private static func tooLarge(_ max: Int) -> HTTPReply {
        let words =
            max > 0
            ? "a body has at most \(max) bytes here, and a Content-Length\n"
            : "such a request has no body\n"
        return HTTPReply(
            413, [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")],
            .bytes(Array(words.utf8)))
    }
}
