internal import Foundation
internal import Linux

/// An HTTP server on the loopback whose answers a test computes from what was asked. One request a
/// connection, one connection at a time.
package final class LoopbackService: Sendable {
    package struct Request: Sendable {
        package let method: String
        package let path: String
        package let body: [UInt8]
    }
    package struct Reply: Sendable {
        package var status = 200
        package var mime = "text/plain"
        package var body: [UInt8] = []
        package init(_ body: [UInt8], status: Int = 200, mime: String = "text/plain") {
            self.status = status
            self.mime = mime
            self.body = body
        }
    }

    package let port: Int
    private let listener: Int32
    private let thread = Monitor<Linux.Thread?>(nil)
    private let count = Monitor(0)

    /// `port` 0: any that is free.
    package init(port: Int = 0, _ answer: @escaping @Sendable (Request) -> Reply) throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isReady = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, length) == 0 && listen(listener, 16) == 0
                    && getsockname(listener, address, &length) == 0
            }
        }
        guard isReady else { throw ChildFailure("no port on the loopback") }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        let thread = Linux.Thread(name: "service") { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                if let request = read(connection) {
                    count.withLock { $0 += 1 }
                    write(connection, answer(request))
                }
                close(connection)
            }
        }
        self.thread.withLock { $0 = thread }
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    /// Requests so far.
    package var requests: Int { count.withLock { $0 } }

    package func end() {
        shutdown(listener, Int32(SHUT_RDWR))
        thread.withLock { $0.take() }?.join()
        close(listener)
    }

    private func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            if let gap = Data(bytes).range(of: Data("\r\n\r\n".utf8)) {
                let head = String(decoding: bytes[..<gap.lowerBound], as: UTF8.self)
                let lines = head.components(separatedBy: "\r\n")
                let words = lines[0].split(separator: " ").map(String.init)
                let length =
                    lines.first { $0.lowercased().hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0
                if bytes.count - gap.upperBound >= length, words.count == 3 {
                    return Request(
                        method: words[0], path: words[1], body: Array(bytes[gap.upperBound...]))
                }
            }
            let got = recv(connection, &buffer, buffer.count, 0)
            guard got > 0 else { return nil }
            bytes += buffer[..<got]
        }
    }

    private func write(_ connection: Int32, _ reply: Reply) {
        let head =
            "HTTP/1.1 \(reply.status) Said\r\nContent-Type: \(reply.mime)\r\n"
            + "Content-Length: \(reply.body.count)\r\nConnection: close\r\n\r\n"
        let bytes = Array(head.utf8) + reply.body
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            sent += count
        }
    }
}
