internal import Base
internal import Foundation
internal import Linux
package import TLS
package import WireProtocol

/// A client as small as can be: blocking, one thread, no wit. Reads every frame that comes.
package final class WireClient {
    package struct Frame {
        package let header: FrameHeader
        package let payload: [UInt8]

        package func text(_ key: FieldKey) throws -> String? { try Fields(payload.span).text(key) }
        package func int(_ key: FieldKey) throws -> Int64? { try Fields(payload.span).int(key) }
        package func bytes(_ key: FieldKey) throws -> [UInt8]? {
            try Fields(payload.span).bytes(key)
        }
        package func has(_ key: FieldKey) throws -> Bool { try Fields(payload.span).has(key) }
        package var type: FrameType? { FrameType(rawValue: header.type) }
        package var error: WireError.Code? {
            type == .error ? WireError.Code(rawValue: header.code) : nil
        }
    }

    package struct Answer {
        package var items: [Frame] = []
        package var reply: Frame?
        package var body: [UInt8] = []
        package var error: WireError.Code?
        package var words = ""
    }

    package struct Ended: Error {}

    private let descriptor: Int32
    package private(set) var tls: TLSSession?
    private var input: [UInt8] = []
    private var stream: UInt32 = 0

    /// At a path.
    package init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size)
            }
        }
        guard code == 0 else { throw Ended() }
        patience()
    }

    /// At a port of this machine.
    package init(port: UInt16, _ context: TLSContext? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, size)
            }
        }
        guard code == 0 else { throw Ended() }
        patience()
        guard let context else { return }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let tls = try TLSSession(context, descriptor: descriptor)
        while true {
            if case .done = try settled(tls.handshake()) { break }
        }
        self.tls = tls
    }

    deinit { hangUp() }

    private var isOpen = true

    package func hangUp() {
        if isOpen { close(descriptor) }
        isOpen = false
    }

    /// A test that hangs says nothing; one that ends does.
    private func patience() {
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    private func settled(_ progress: TLSProgress) throws -> TLSProgress {
        var wait = pollfd(fd: descriptor, events: 0, revents: 0)
        switch progress {
        case .done, .ended: return progress
        case .wantsRead: wait.events = Int16(POLLIN)
        case .wantsWrite: wait.events = Int16(POLLOUT)
        }
        guard poll(&wait, 1, 30_000) > 0 else { throw Ended() }
        return progress
    }

    // MARK: Bytes

    package func send(_ bytes: [UInt8]) throws {
        var done = 0
        while done < bytes.count {
            if let tls {
                let progress = try tls.write(bytes.span.extracting(done..<bytes.count))
                if case .done(let count) = try settled(progress) { done += count }
                if case .ended = progress { throw Ended() }
            } else {
                let count = bytes.withUnsafeBufferPointer {
                    Glibc.send(
                        descriptor, $0.baseAddress! + done, bytes.count - done,
                        Int32(MSG_NOSIGNAL))
                }
                guard count > 0 else { throw Ended() }
                done += count
            }
        }
    }

    private func fill() throws {
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        guard let tls else {
            let count = recv(descriptor, &piece, piece.count, 0)
            guard count > 0 else { throw Ended() }
            input += piece.prefix(count)
            return
        }
        while true {
            var room = piece.mutableSpan
            let progress = try tls.read(into: &room)
            switch try settled(progress) {
            case .done(let count):
                input += piece.prefix(count)
                return
            case .ended: throw Ended()
            case .wantsRead, .wantsWrite: continue
            }
        }
    }

    // MARK: Frames

    package func send(
        _ type: FrameType, _ fields: [UInt8] = [], code: UInt16 = 0, stream: UInt32 = 0,
        last: Bool = false
    ) throws {
        var bytes: [UInt8] = []
        FrameHeader(type, payloadBytes: fields.count, code: code, stream: stream, last: last)
            .append(to: &bytes)
        try send(bytes + fields)
    }

    package func receive() throws -> Frame {
        while true {
            if input.count >= FrameHeader.byteCount {
                let header = FrameHeader(decoding: input.span, at: 0)
                let whole = FrameHeader.byteCount + header.payloadBytes
                if input.count >= whole {
                    let payload = Array(input[FrameHeader.byteCount..<whole])
                    input.removeFirst(whole)
                    return Frame(header: header, payload: payload)
                }
            }
            try fill()
        }
    }

    package func greet(window: Int64 = 1 << 20, versions: [Int64] = [1]) throws -> Frame {
        var fields = FieldWriter()
        for version in versions { fields.add(.version, version) }
        fields.add(.window, window)
        try send(
            .hello, fields.bytes, code: WireLimits.helloCode, stream: WireLimits.helloStream)
        return try receive()
    }

    @discardableResult
    package func logIn(_ method: String, window: Int64 = 1 << 20, secret: String? = nil) throws
        -> Frame
    {
        _ = try greet(window: window)
        var fields = FieldWriter()
        fields.add(.method, method)
        if let secret { fields.add(.secret, secret) }
        try send(.auth, fields.bytes)
        return try receive()
    }

    // MARK: Requests

    @discardableResult
    package func ask(_ operation: WireProtocol.Operation, _ fields: FieldWriter, last: Bool = true)
        throws
        -> UInt32
    {
        stream += 1
        try send(
            .request, fields.bytes, code: operation.rawValue, stream: stream, last: last)
        return stream
    }

    package func answer(of stream: UInt32) throws -> Answer {
        var answer = Answer()
        while true {
            let frame = try receive()
            if frame.header.stream == 0, frame.type == .error {
                answer.error = frame.error
                answer.words = try frame.text(.words) ?? ""
                return answer
            }
            guard frame.header.stream == stream else { continue }
            switch frame.type {
            case .item: answer.items.append(frame)
            case .reply: answer.reply = frame
            case .data: answer.body += frame.payload
            case .error:
                answer.error = frame.error
                answer.words = try frame.text(.words) ?? ""
            default: continue
            }
            if frame.header.isLast { return answer }
        }
    }

    package func request(_ operation: WireProtocol.Operation, _ build: (inout FieldWriter) -> Void)
        throws
        -> Answer
    {
        var fields = FieldWriter()
        build(&fields)
        return try answer(of: ask(operation, fields))
    }

    package func put(_ picture: [UInt8], check: String, piece: Int = 50_000) throws -> Answer {
        var fields = FieldWriter()
        fields.add(.link, "check=\(check)")
        fields.add(.name, "weld.jpg")
        let stream = try ask(.put, fields, last: false)
        var sent = 0
        while sent < picture.count {
            let count = min(piece, picture.count - sent)
            try send(
                .data, Array(picture[sent..<sent + count]), stream: stream,
                last: sent + count == picture.count)
            sent += count
        }
        return try answer(of: stream)
    }
}
