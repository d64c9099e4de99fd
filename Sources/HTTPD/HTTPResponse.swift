internal import CHTTPD
internal import Glibc

/// Makes the daemon's responses of ours.
enum HTTPResponse {
    /// Pieces of a stream that are asked for at a time.
    private static let blockBytes = 64 << 10

    static func make(_ reply: HTTPReply, _ exchange: HTTPExchange) -> OpaquePointer? {
        let response: OpaquePointer?
        switch reply.body {
        case .bytes(let bytes):
            unsafe response = bytes.withUnsafeBytes { bytes in
                unsafe proofreel_httpd_bytes(bytes.baseAddress, bytes.count)
            }
        case .file(let part): unsafe response = file(part)
        case .stream(let stream): unsafe response = self.stream(stream, exchange)
        }
        guard let response = unsafe response else { return nil }
        for (name, value) in reply.headers {
            // A value that is no header's is left out rather than sent.
            _ = unsafe MHD_add_response_header(response, name, value)
        }
        return unsafe response
    }

    private static func file(_ part: HTTPFilePart) -> OpaquePointer? {
        let descriptor = proofreel_httpd_copy(part.descriptor)
        guard descriptor >= 0 else { return nil }
        // Closes the descriptor when it has been sent.
        let response = unsafe MHD_create_response_from_fd_at_offset64(
            UInt64(part.count), descriptor, part.offset)
        if unsafe response == nil { close(descriptor) }
        return unsafe response
    }

    private static func stream(
        _ stream: any HTTPStream, _ exchange: HTTPExchange
    ) -> OpaquePointer? {
        let body = unsafe Unmanaged.passRetained(HTTPStreamBody(stream, exchange)).toOpaque()
        let response = unsafe MHD_create_response_from_callback(
            UInt64.max, blockBytes,
            { context, _, memory, room in
                guard let context = unsafe context, let memory = unsafe memory else { return -2 }
                let body = unsafe Unmanaged<HTTPStreamBody>.fromOpaque(context)
                    .takeUnretainedValue()
                return unsafe body.fill(memory, room)
            }, body,
            { context in
                guard let context = unsafe context else { return }
                unsafe Unmanaged<HTTPStreamBody>.fromOpaque(context).release()
            })
        if unsafe response == nil {
            unsafe Unmanaged<HTTPStreamBody>.fromOpaque(body).release()
        }
        return unsafe response
    }
}

/// A stream on its way to one client: what it gave and the client has not taken yet.
final class HTTPStreamBody {
    private static let ended = -1

    private let stream: any HTTPStream
    private let exchange: HTTPExchange
    private var parts: ArraySlice<ArraySlice<UInt8>> = []

    init(_ stream: any HTTPStream, _ exchange: HTTPExchange) {
        self.stream = stream
        self.exchange = exchange
    }

    /// How many bytes it put there; 0 when the connection was put aside.
    @unsafe func fill(_ memory: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
        while parts.isEmpty {
            switch exchange.next(stream) {
            case nil: return 0
            case .end, .wait: return Self.ended
            case .parts(let new): parts = new.filter { !$0.isEmpty }[...]
            }
        }
        var filled = 0
        while filled < room, let part = parts.popFirst() {
            let count = min(part.count, room - filled)
            unsafe part.withUnsafeBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                _ = unsafe memcpy(memory + filled, start, count)
            }
            filled += count
            if count < part.count { parts = [part.dropFirst(count)] + parts }
        }
        return filled
    }
}
